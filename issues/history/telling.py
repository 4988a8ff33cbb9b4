"""From what is known of one issue to what is stored of it. Pure.

The newest version says how the issue is; the events say how it came to that, and tell whatever the versions have no
column for. Where they contradict each other:

- A reopened issue is unresolved until it is resolved again. What was resolved before is kept as an action.
- A version that has a column for the resolution and nothing in it knows of none, though an event may say Resolved:
  closed without resolution. The event is noted, and is no resolution.
- What a version tells later than the last event counts more than that event: logs end early.
- Times are kept, also a first response before the detection. The figures leave out what they cannot time, and count it.

Who did it is told as far as the other system says. If it does not, it was a person of that system.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import groupby
from typing import Any

from .. import actions
from ..models import Action
from ..models.issue import Basis, Priority, Status
from .records import Event, Version, as_json
from .values import Stage, plain

UNKNOWN_PERSON = "person"
AFTER = timedelta(microseconds=1)
PROGRAMS = {"ai", "ia", "bot", "chatbot", "robo", "n8n", "system", "sistema", "automation", "automacao", "automatico"}
PROGRAMS |= {"automatic", "automated", "auto"}

Kind = Action.Kind


@dataclass(frozen=True)
class Act:
    """An action to be stored."""

    kind: str
    at: datetime
    by: str
    automated: bool
    success: bool = True
    detail: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Told:
    """What is stored of one issue: the `values` of its row, its actions in order, and who its customer is.

    `age` compares as newer tellings with older ones. `digest` is equal for what is the same.
    """

    id: str
    age: list
    values: dict[str, Any]
    acts: list[Act]
    kept: dict[str, Any]
    customer: dict[str, str]

    @property
    def digest(self) -> str:
        said = [self.age, self.values, self.kept, self.customer, [vars(act) for act in self.acts]]
        return sha256(as_json(said).encode()).hexdigest()[:16]


def tell(versions: Sequence[Version], events: Sequence[Event], location: str = "") -> Told:
    """The issue of which these are all versions, in any order, and all events. `location` is for one that names none."""
    versions = sorted(versions, key=lambda version: (version.age, version.line))
    events = in_order(events) or implied(versions)
    newest = versions[-1]
    course = follow(events)
    end = decide(newest, course)
    acts = [*beginning(newest, end), *course.acts(end), *rated(newest, end)]
    return told(newest, end, acts, len(events), location)


# --- Events -----------------------------------------------------------------------------------------


def in_order(events: Sequence[Event]) -> list[Event]:
    """The events as the log numbers them, else by time. What was delivered twice is there once, as it was told last."""
    once = {(event.seq, event.at, event.state) if event.seq is None else event.seq: event for event in events}
    return sorted(once.values(), key=lambda event: (event.seq is None, event.seq or 0, event.at, event.line))


def implied(versions: Sequence[Version]) -> list[Event]:
    """A table with a line for each change is a log: its versions are events, where they have a state and a time."""
    dated = [version for version in versions if version.get("updated_at") and "status" in version.values]
    if len(dated) < 2:
        return []
    return [Event(v.id, v.line, v.get("updated_at"), v.get("status")) for v in dated]


@dataclass
class Course:
    """The way an issue went, by its events. `runs` are the stretches in which it was resolved: first and last event."""

    stage: Stage | None = None
    last_at: datetime | None = None
    answered_at: datetime | None = None
    escalated: Event | None = None
    closed: Event | None = None
    runs: list[tuple[Event, Event]] = field(default_factory=list)
    reopenings: list[tuple[int, Event]] = field(default_factory=list)  # after how many runs

    @property
    def reopened_at(self) -> datetime | None:
        """When it was opened again for the last time: not before it had been resolved."""
        if not self.reopenings:
            return None
        runs, event = self.reopenings[-1]
        return max(event.at, self.runs[runs - 1][0].at) if runs else event.at

    @property
    def last_run(self) -> tuple[Event, Event] | None:
        """The stretch in which it is resolved still."""
        undone = self.reopenings[-1][0] if self.reopenings else 0
        return self.runs[-1] if len(self.runs) > undone else None

    def acts(self, end: "End") -> list[Act]:
        """What the events tell besides the beginning: escalation, each resolution that was undone, each reopening."""
        found = []
        undone = self.reopenings[-1][0] if self.reopenings else 0
        for number, (first, _last) in enumerate(self.runs[:undone], 1):
            found.append(act(Kind.RESOLVED, first.at, first.by, resolution=True))
            found += [act(Kind.REOPENED, max(e.at, first.at), e.by) for n, e in self.reopenings if n == number]
        found += [act(Kind.REOPENED, event.at, event.by) for runs, event in self.reopenings if not runs]
        return found + end.acts(self)


def follow(events: Sequence[Event]) -> Course:
    course = Course()
    known = [event for event in events if event.state]
    for stage, run in groupby(known, key=lambda event: event.state):
        first, *_, last = [*(same := list(run)), same[-1]]
        _enter(course, stage, first, last)
    if known:
        course.last_at = max(event.at for event in known)
        course.answered_at = min((event.at for event in known if event.state != Stage.NEW), default=None)
    return course


def _enter(course: Course, stage: Stage, first: Event, last: Event) -> None:
    if course.stage and course.stage.is_end and not stage.is_end:
        course.reopenings.append((len(course.runs), first))
        course.closed = None
    if stage == Stage.RESOLVED:
        course.runs.append((first, last))
    elif stage == Stage.CLOSED:
        course.closed = first
    elif stage == Stage.ESCALATED:
        course.escalated = course.escalated or first
    course.stage = stage


# --- The end ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class End:
    """How the issue stands in the end. `undone_at` is a resolution that the version itself says was undone."""

    stage: Stage
    first_response_at: datetime | None
    escalated_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    undone_at: datetime | None
    resolved_by: str
    reopened_at: datetime | None

    def acts(self, course: Course) -> list[Act]:
        """The escalation, and the last resolution or why it is none."""
        found = []
        if self.escalated_at:
            by = course.escalated.by if course.escalated else ""
            found.append(act(Kind.ESCALATED, self.escalated_at, by))
        if self.undone_at:
            found.append(act(Kind.RESOLVED, self.undone_at, self.resolved_by, resolution=True))
            found.append(act(Kind.REOPENED, max(self.reopened_at or self.undone_at, self.undone_at), ""))
        if self.resolved_at:
            found.append(act(Kind.RESOLVED, self._resolution(course), self.resolved_by, resolution=True))
        elif course.last_run and not self.undone_at:
            found.append(note(course.last_run[0].at, state=str(Stage.RESOLVED)))
        if self.closed_at and self.stage == Stage.CLOSED:
            found.append(note(self.closed_at, state=str(Stage.CLOSED)))
        return found

    def _resolution(self, course: Course) -> datetime:
        """When the last resolution counts from: after whatever was undone, also within the same minute."""
        assert self.resolved_at
        again = course.reopened_at
        if again is None or self.resolved_at > again:
            return self.resolved_at
        event = course.last_run[1].at if course.last_run and self.resolved_at < again else self.resolved_at
        return max(event, again + AFTER)


def decide(newest: Version, course: Course) -> End:
    resolved_at = _resolved_at(newest, course)
    stage = _stage(newest, course, resolved_at)
    undone_at = None
    if not stage.is_end:
        undone_at, resolved_at = _undone_at(course, resolved_at), None
    if stage == Stage.RESOLVED and resolved_at is None:
        stage = Stage.CLOSED  # when it was solved, if it was, is not known
    closed_at = newest.get("closed_at") or (course.closed.at if course.closed else None)
    run_by = course.last_run[1].by if course.last_run else ""
    return End(
        stage=stage,
        first_response_at=newest.get("first_response_at")
        if "first_response_at" in newest.values
        else course.answered_at,
        escalated_at=_escalated_at(newest, course, stage),
        resolved_at=resolved_at,
        closed_at=closed_at,
        undone_at=undone_at,
        resolved_by=newest.get("resolved_by") or run_by,
        reopened_at=newest.get("updated_at"),
    )


def _undone_at(course: Course, resolved_at: datetime | None) -> datetime | None:
    """When an issue that is unresolved now was solved, unless the events tell of that, and of its end, themselves."""
    if course.last_run:
        return course.last_run[1].at
    return None if course.runs else resolved_at


def _resolved_at(newest: Version, course: Course) -> datetime | None:
    """When it was solved, as long as nothing says that it was opened again afterwards."""
    if "resolved_at" not in newest.values:
        return course.last_run[1].at if course.last_run else None
    resolved_at = newest.get("resolved_at")
    again = course.reopened_at
    undone = resolved_at and again and not course.last_run and resolved_at <= again
    return None if undone else resolved_at


def _stage(newest: Version, course: Course, resolved_at: datetime | None) -> Stage:
    """Where it stands: as the version says, else as the last event says, unless the version tells of something later."""
    if newest.get("status"):
        return newest.get("status")
    ended = [at for at in (resolved_at, newest.get("closed_at")) if at]
    if course.stage and course.last_at and not any(at >= course.last_at for at in ended):
        return course.stage
    if ended:
        return Stage.CLOSED if newest.get("closed_at") or course.stage == Stage.CLOSED else Stage.RESOLVED
    if newest.get("escalated_at"):
        return Stage.ESCALATED
    return Stage.WORKING if newest.get("first_response_at") else Stage.NEW


def _escalated_at(newest: Version, course: Course, stage: Stage) -> datetime | None:
    """An issue that is escalated has been at some time: the last one it tells of, if nothing says which."""
    known = newest.get("escalated_at") or (course.escalated.at if course.escalated else None)
    if known or stage != Stage.ESCALATED:
        return known
    return max(at for name, at in newest.values.items() if at and name in BEFORE_ESCALATION)


BEFORE_ESCALATION = {"detected_at", "first_response_at", "assigned_at", "updated_at"}


# --- The actions ------------------------------------------------------------------------------------


def signed(name: str) -> tuple[str, bool]:
    """Who did it, and whether that is a machine. "system" is MIS itself, and nobody else signs so."""
    word = plain(name)
    if word in PROGRAMS:
        return f"{actions.PROGRAM}{word.upper()}", True
    if not word or name.lower() in actions.OURS:
        return UNKNOWN_PERSON, False
    return name, actions.is_automation(name)


def act(kind: str, at: datetime, name: str, *, resolution: bool = False, **detail) -> Act:
    by, automated = signed(name)
    if resolution:
        detail["basis"] = str(Basis.PROGRAM if automated else Basis.HUMAN)
    return Act(kind, at, by, automated, detail=detail)


def note(at: datetime, **detail) -> Act:
    """What the other system's log says, and nobody did to the customer. It is the import that notes it."""
    return Act(Kind.NOTED, at, actions.SYSTEM, True, detail=detail)


def reply(at: datetime, name: str, *, success: bool = True) -> Act:
    by, automated = signed(name)
    return Act(Kind.REPLIED, at, by, automated, success, {"how": "program" if automated else "human"})


def beginning(newest: Version, end: End) -> list[Act]:
    found = [Act(Kind.RECEIVED, newest.get("detected_at"), actions.CUSTOMER, False)]
    if at := newest.get("assigned_at"):
        found.append(act(Kind.ASSIGNED, at, ""))
    if end.first_response_at:
        found.append(reply(end.first_response_at, newest.get("answered_by") or ""))
    return found


def rated(newest: Version, end: End) -> list[Act]:
    stars = newest.get("rating")
    if not stars:
        return []
    detail = {"stars": stars, "of": resolver(end)}
    return [Act(Kind.RATED, rated_at(newest, end), actions.CUSTOMER, False, detail=detail)]


def rated_at(newest: Version, end: End) -> datetime:
    """When the customer rated; where nobody says it, with the last thing that is known of the issue."""
    known = (newest.get("rated_at"), end.resolved_at, end.closed_at, newest.get("updated_at"), end.first_response_at)
    return next((at for at in known if at), newest.get("detected_at"))


def resolver(end: End) -> str:
    return signed(end.resolved_by)[0]


# --- The row ----------------------------------------------------------------------------------------

STATUS = {
    Stage.NEW: Status.OPEN,
    Stage.WORKING: Status.IN_PROGRESS,
    Stage.ESCALATED: Status.ESCALATED,
    Stage.RESOLVED: Status.RESOLVED,
    Stage.CLOSED: Status.CLOSED,
}


def told(newest: Version, end: End, acts: Sequence[Act], events: int, location: str) -> Told:
    stars = newest.get("rating")
    values = {
        "location": newest.get("location") or location,
        "type": newest.get("type") or "other",
        "priority": newest.get("priority") or Priority.MEDIUM.value,
        "status": STATUS[end.stage].value,
        "text": newest.get("text") or "",
        "sentiment": newest.get("sentiment") or "",
        "detected_at": newest.get("detected_at"),
        "response_due_at": newest.get("response_due_at"),
        "resolution_due_at": newest.get("resolution_due_at"),
        "first_response_at": end.first_response_at,
        "answered_by": _answered_by(acts, end),
        "resolved_at": end.resolved_at,
        "resolved_by": resolver(end) if end.resolved_at else "",
        "resolution_basis": _basis(end),
        "resolution_notes": newest.get("notes") or "",
        "escalated_at": end.escalated_at,
        "escalation_reason": newest.get("escalation_reason") or "",
        "customer_satisfaction": stars or None,
        "rated_at": rated_at(newest, end) if stars else None,
        "rated_resolver": resolver(end) if stars else "",
        "false_positive": newest.get("false_positive"),
    }
    kept = {"sla_met": newest.get("sla_met")} if newest.get("sla_met") is not None else {}
    customer = {name: newest.get(name) or "" for name in ("phone", "contact_id", "name")}
    return Told(newest.id, [*newest.age, events], values, _sorted(acts), kept, customer)


def _answered_by(acts: Sequence[Act], end: End) -> str:
    """ "human" or "program", by the action that is the first response."""
    first = (act for act in acts if act.kind == Kind.REPLIED and act.success and act.at == end.first_response_at)
    return next((act.detail["how"] for act in first), "")


def _basis(end: End) -> str:
    if not end.resolved_at:
        return ""
    return str(Basis.PROGRAM if signed(end.resolved_by)[1] else Basis.HUMAN)


def _sorted(acts: Sequence[Act]) -> list[Act]:
    """By time; those of one instant in the order in which they are told here."""
    return sorted(acts, key=lambda act: act.at)
