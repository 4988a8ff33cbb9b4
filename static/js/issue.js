// The page of one issue in the administration: its deadlines run.
import { ServerClock, tick } from "./clocks.js";

const root = document.querySelector("[data-due-in]");
const texts = { due_in: root.dataset.dueIn, overdue: root.dataset.overdue };
const clock = new ServerClock();
clock.heard(root.dataset.asOf);
setInterval(() => {
  if (!document.hidden) tick(root, clock.now(), texts);
}, 1000);
