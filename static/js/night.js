// Dims the screen while nobody is there.

/** Whether `time` lies between `from` and `until`, all "HH:MM"; over midnight where `from` is the later one. */
export function isNight(time, from, until) {
  if (!from || !until || from === until) return false;
  return from < until ? from <= time && time < until : from <= time || time < until;
}
