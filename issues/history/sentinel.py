"""What the system before MIS left behind: its tables `issues` and `issue_actions`, which do not mean all that they say.

Any action set the first response there, also failed ones, so it is told anew by the replies that worked. Satisfaction
was 5 by default when somebody resolved an issue and 3 when automation did: such a rating is the system's own. Who
resolved an issue stands in the action alone.
"""

from collections.abc import Sequence

from ..models import Action
from .records import Event, Version
from .telling import Act, Course, Told, act, beginning, decide, note, rated, reply, signed, told
from .values import Stage

COLUMNS = {"issue_type", "customer_satisfaction", "resolution_notes"}
REPLIES = {"automated_response", "message_sent", "manual_action"}
ESCALATIONS = {"escalation_needed", "escalated"}
DEFAULT_NOTE = "Issue resolvido"
DEFAULTS = {3, 5}


def tell(versions: Sequence[Version], events: Sequence[Event], location: str = "", *, has_actions: bool = True) -> Told:
    """The issue, by the newest of `versions` and by the old system's actions; `has_actions`: these are all of them."""
    newest = max(versions, key=lambda version: (version.age, version.line))
    done = sorted(events, key=lambda event: (event.at, event.line))
    newest = Version(newest.line, newest.values | _corrected(newest, done, has_actions))
    escalations = [event for event in done if event.kind in ESCALATIONS]
    course = Course(escalated=escalations[0] if escalations else None)
    end = decide(newest, course)
    first = [act for act in beginning(newest, end) if act.kind != Action.Kind.REPLIED or not has_actions]
    last = [act for act in end.acts(course) if act.kind != Action.Kind.ESCALATED or not escalations]
    acts = [*first, *_acts(done, escalations), *last, *rated(newest, end)]
    return told(newest, end, acts, len(events), location)


def _corrected(newest: Version, done: Sequence[Event], has_actions: bool) -> dict:
    """The values that do not mean what they say."""
    resolutions = [event for event in done if event.kind == "resolved" and event.success]
    resolved_by = newest.get("resolved_by") or (resolutions[-1].by if resolutions else "")
    found = {"resolved_by": resolved_by, "rating": real_rating(newest, resolved_by), **_from_metadata(newest)}
    if has_actions:
        replies = [event.at for event in done if event.kind in REPLIES and event.success]
        found["first_response_at"] = min(replies, default=None)
    ended = newest.get("status") in (Stage.RESOLVED, Stage.CLOSED)
    if ended and resolutions and not newest.get("resolved_at"):
        found["resolved_at"] = resolutions[-1].at
    return found


def real_rating(newest: Version, resolved_by: str) -> int | None:
    """The rating, unless the system may have set it: a default with its own note, by automation, or by nobody known."""
    stars, notes = newest.get("rating"), newest.get("notes") or DEFAULT_NOTE
    if stars not in DEFAULTS:
        return stars
    by_customer = resolved_by and not signed(resolved_by)[1] and not (stars == 5 and notes == DEFAULT_NOTE)
    return stars if by_customer else None


def _from_metadata(newest: Version) -> dict:
    """The words and the mood, which stood in the metadata."""
    metadata = newest.get("metadata") or {}
    words = {"text": metadata.get("message_preview", ""), "sentiment": metadata.get("sentiment", "")[:16]}
    return {name: value for name, value in words.items() if value and not newest.get(name)}


def _acts(done: Sequence[Event], escalations: Sequence[Event]) -> list[Act]:
    """The actions as ours. What asks for a person once more while one is asked for is noted only."""
    found = []
    for event in done:
        if event.kind in REPLIES:
            found.append(reply(event.at, event.by, success=event.success))
        elif event is (escalations[0] if escalations else None):
            found.append(act(Action.Kind.ESCALATED, event.at, event.by))
        elif event.kind == "assigned":
            found.append(act(Action.Kind.ASSIGNED, event.at, event.by))
        elif event.kind != "resolved":
            found.append(note(event.at, type=event.kind))
    return found
