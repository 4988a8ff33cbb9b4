"""What the screen says about a snapshot. `static/js/words.js` says the same when the figures change.

`texts()` holds every sentence, in the language of the reader; the page carries it to the script.
`tests/js/words.json` holds examples that both must give.
"""

import re

from issues import wording
from mis_dashboard.lib.timed import OTHER as OTHER_ROUTES

from . import format, standing
from .sentences import (
    BEFORE,
    BESIDE,
    CHANGED,
    COUNTED,
    COUNTED_BY,
    EXPLAINED,
    FEW,
    FILTERS,
    HAPPENED,
    KPI_STATES,
    LISTED,
    NAMES,
    NOTABLE,
    PHASES,
    POINTS,
    PRIORITIES,
    PROMISES,
    SENTENCES,
    SHORT_S,
    TOLD_NEXT_TO,
    VERDICTS,
    WAYS,
)


def texts() -> dict:
    """Every sentence of the screen, for its script."""
    return {
        "states": KPI_STATES,
        "filters": FILTERS,
        "priorities": PRIORITIES,
        "types": wording.TYPES,
        "promises": PROMISES,
        "counted": COUNTED,
        "counted_by": COUNTED_BY,
        "few_below": FEW,
        "other_routes": OTHER_ROUTES,
        "short_below": SHORT_S,
        "beside": {key: {"format": how, "text": text} for key, (how, text) in BESIDE.items()},
        "explained": {key: {"format": how, "text": text} for key, (how, text) in EXPLAINED.items()},
        "told_next_to": TOLD_NEXT_TO,
        "listed": LISTED,
        "names": NAMES,
        "before": BEFORE,
        "ways": WAYS,
        "changed": CHANGED,
        "notable": NOTABLE,
        "points": POINTS,
        "verdicts": VERDICTS,
        "happened": HAPPENED,
        "phases": PHASES,
        **SENTENCES,
        **standing.texts(),
    }


def say(sentence: str, **values: str) -> str:
    """A sentence of this module with its blanks filled."""
    return str(SENTENCES[sentence]).format(**values)


def card(kpi: dict, name: str, window: str) -> dict:
    """The figure `name` in words: figure, state, word, change (`changed`), beside, and the lines that explain it.

    Without a target there is nothing to be good at: the state is then "none", and says why.
    """
    judged = kpi["target"] is not None or kpi["value"] is None
    beside = {key: said for key, said in BESIDE.items() if key not in TOLD_NEXT_TO.get(name, [])}
    return {
        "figure": figure(kpi),
        "state": kpi["state"] if judged else "none",
        "word": say("failed")
        if kpi.get("failed")
        else str(KPI_STATES[kpi["state"]] if judged else SENTENCES["no_target"]),
        "change": changed(kpi, window),
        "beside": "" if kpi.get("failed") else " · ".join([*cases(kpi, name), *told(kpi["extra"], beside)]),
        "explained": [*was(kpi, window), *told(kpi["extra"], EXPLAINED), *listed(kpi["extra"])],
    }


def cases(kpi: dict, name: str) -> list[str]:
    """On how many cases the figure rests, "164 issues", and whether they are too few for a share to say much."""
    if kpi["unit"] == "count":
        return []  # the figure says it
    counted = COUNTED_BY.get(name, "cases")
    number = format.duration(kpi["n"]) if counted == "time" else format.count(kpi["n"])
    said = str(COUNTED[counted]["one" if kpi["n"] == 1 else "many"]).format(n=number)
    if kpi["unit"] != "rate" or kpi["value"] is None:
        return [said]
    if counted == "time":
        return [said, say("short")] if kpi["n"] < SHORT_S else [said]
    return [said, say("few")] if kpi["n"] < FEW else [said]


def changed(kpi: dict, window: str) -> dict:
    """How it differs from the time before: way ("▲", "▼", "="; "" where that cannot be told), short, text, state and verdict.

    Of a figure that may still grow nothing is known but that it has grown. Without a target no way is better, and a little
    (`NOTABLE`) is neither.
    """
    change, bound = kpi["change"], kpi["lower_bound"]
    if change is None or (bound and change <= 0):
        return {"way": "", "short": "", "text": "", "state": "none", "verdict": ""}
    tenths = format.rounded(abs(change) * 1000)
    way = "same" if tenths == 0 else "up" if change > 0 else "down"
    better = "up" if kpi["better"] == "higher" else "down"
    is_little = abs(change) < NOTABLE["rate" if kpi["unit"] == "rate" else "other"]
    state = "none" if is_little or kpi["target"] is None else "good" if way == better else "bad"
    amount = (points if kpi["unit"] == "rate" else percent)(tenths)
    amount = f"≥{format.SPACE}{amount}" if bound else amount
    return {
        "way": WAYS[way],
        "short": amount if tenths else say("unchanged"),
        "text": str(CHANGED[way]).format(amount=amount, before=BEFORE[window]),
        "state": state,
        "verdict": str(VERDICTS[state]),
    }


def points(tenths: int) -> str:
    """Tenths of a percentage point as "2.3 points"."""
    return str(POINTS["one" if tenths == 10 else "many"]).format(n=format.decimal(tenths, 1))


def percent(tenths: int) -> str:
    """Tenths of a percent: "12%", and "2.3%" below ten."""
    return (format.decimal(tenths, 1) if tenths < 100 else format.count(tenths / 10)) + "%"


def was(kpi: dict, window: str) -> list[str]:
    """What the figure was in the time before."""
    if kpi["before"] is None:
        return []
    said = say("was", before=str(BEFORE[window]), value=format.measure(kpi["before"], kpi["unit"]))
    return [said[0].upper() + said[1:]]


def listed(extra: dict) -> list[str]:
    """Each name of the lists in `extra` with its number."""
    return [
        f"{name}: {format.measure(number, how)}"
        for key, how in LISTED.items()
        for name, number in numbered(extra.get(key) or {})
    ]


def numbered(found: dict | list) -> list[tuple]:
    """The names of a list, in words, and the number that counts of each."""
    if isinstance(found, list):
        return [(address(row["route"]), row["p95"]) for row in found]
    return [
        (str(NAMES.get(name) or name.replace("_", " ")), each["value"] if isinstance(each, dict) else each)
        for name, each in found.items()
    ]


def address(route: str) -> str:
    """A route as people read it: "GET /admin/issues/issue/…/change/"."""
    return say("other_addresses") if route == OTHER_ROUTES else re.sub(r"<[^>]*>", "…", route)


def figure(kpi: dict) -> str:
    """The value in its unit; "≥" stands before one that can only grow."""
    value = format.measure(kpi["value"], kpi["unit"])
    return f"≥{format.SPACE}{value}" if kpi["lower_bound"] and kpi["value"] is not None else value


def goal(value: float | None, kpi: dict) -> str:
    """What the figure should reach, "≤ 30 s"; empty without a goal."""
    if value is None:
        return ""
    return f"{'≥' if kpi['better'] == 'higher' else '≤'}{format.SPACE}{round_figure(value, kpi['unit'])}"


def round_figure(value: float, unit: str) -> str:
    """A value that people chose, such as a target: a whole percentage has no decimals."""
    percent = value * 100
    if unit == "rate" and abs(percent - round(percent)) < 1e-9:
        return format.rate(1).replace("100", format.count(percent))
    return format.measure(value, unit)


def told(extra: dict, sentences: dict) -> list[str]:
    """Those of `sentences` for which there is a value; nothing of what is absent, or an amount of none."""
    known = ((key, how, text) for key, (how, text) in sentences.items() if tells(extra.get(key), how))
    return [str(text).format(value=written(extra[key], how)) for key, how, text in known]


def tells(value, how: str) -> bool:
    return bool(value) if how in AMOUNTS else value is not None


AMOUNTS = ("count", "usd", "minutes")


def written(value, how: str) -> str:
    if how == "interval":
        return f"{format.rate(value[0])} – {format.rate(value[1])}"
    if how == "minutes":
        return ("−" if value < 0 else "") + format.duration(abs(value) * 60)
    return format.measure(value, how)


def now_cells(snapshot: dict) -> dict[str, dict]:
    """How it stands at this moment: per cell its value, state, what is said below, and a time that runs from `since`."""
    now, sla = snapshot["now"], snapshot["sla"]
    waits, spoke = now["waiting_since"], now["last_reply_at"]
    return {
        "waiting": cell(now["waiting"], "none", say("oldest" if waits else "nobody_waits"), waits),
        "answering": cell(now["thinking"] + now["speaking"], "none", say("last_reply" if spoke else "no_reply"), spoke),
        "at_risk": cell(now["at_risk"], "warn", of_each(sla, "at_risk")),
        "breached": cell(now["breached"], "bad", of_each(sla, "breached")),
        "escalated": cell(now["escalated_unassigned"], "warn", say("of_open", n=format.count(now["open"]))),
        "unsure": cell(now["unsure"], "warn", say("looked_up" if now["unsure"] else "nothing_unsure")),
    }


def cell(value: int, state: str, below: str, since: str | None = None) -> dict:
    """`state` is what any number above none means."""
    return {"value": format.count(value), "state": state if value else "none", "below": below, "since": since or ""}


def of_each(sla: dict, state: str) -> str:
    sums = {promise: sum(kinds[promise][state] for kinds in sla.values()) for promise in PROMISES}
    return say("of_each", **{promise: format.count(n) for promise, n in sums.items()})


def deadlines(sla: dict, most: int = 6) -> list[dict]:
    """The deadlines of open issues that matter most: issue, risk_at, due_at, priority and promise in words.

    The latest that have passed, as far as half of the list, then the nearest to come.
    """
    missed = sorted(_due(sla, "last_breaches"), key=lambda due: (due["due_at"], due["issue"]), reverse=True)
    nearest = sorted(_due(sla, "next_deadlines"), key=lambda due: (due["due_at"], due["issue"]))
    missed = missed[: max(most // 2, most - len(nearest))]
    return missed + nearest[: most - len(missed)]


def _due(sla: dict, which: str) -> list[dict]:
    return [
        due | {"priority": str(PRIORITIES[due["priority"]]), "promise": str(PROMISES[promise])}
        for kinds in sla.values()
        for promise in PROMISES
        for due in kinds[promise][which]
    ]


def narrowed(filters: dict[str, str]) -> str:
    """What is narrowed down to: "Location: São Paulo · Priority: high"; "" where nothing is."""
    return " · ".join(f"{FILTERS[name]}: {named(name, value)}" for name, value in filters.items())


def named(name: str, value: str) -> str:
    """A value of a filter in words."""
    if name == "priority":
        return str(PRIORITIES[value])
    return wording.issue_type(value) if name == "type" else value


def promised(promise: dict) -> str:
    """What is promised, "2 h"; and whether only business hours count."""
    time = format.duration(promise["target_s"])
    return say("business", time=time) if promise.get("hours") == "business" else time


def event(line: dict) -> dict:
    """One line of the feed in words: at, kind, text, priority, type, took."""
    ways = HAPPENED[line["kind"]]
    return {
        "at": line["at"],
        "kind": line["kind"],
        "text": str(ways.get(line["how"], ways["system"])),
        "priority": str(PRIORITIES[line["priority"]]),
        "type": wording.issue_type(line["type"]),
        "took": "" if line["took_s"] is None else say("took", time=format.duration(line["took_s"])),
    }
