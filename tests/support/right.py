"""What must hold of one customer's rows, at every moment and at last. `Line.heard` is the truth that they must tell."""

from collections import Counter

from issues.models import Action, Issue, Message, Response
from issues.models.issue import Status
from issues.models.response import IN_FLIGHT, State
from issues.reading import thanks

from .line import Line

UNFINISHED = [State.WAITING, *IN_FLIGHT, State.UNSURE]
MAY_HAVE_BEEN_HEARD = {State.SPEAKING, State.UNSURE, State.SENT, State.HANDED_OVER}
ENDED = {Status.RESOLVED, Status.CLOSED}
ONWARD = {"": 0, "sending": 1, "sent": 2, "failed": 3, "delivered": 4, "read": 5}
OPTED_OUT = "mensagens automáticas"  # what the notice of an opt-out says
Kind, Purpose = Response.Kind, Response.Purpose


class Before:
    """What was true at the last look, of what may only move on."""

    def __init__(self):
        self.delivery: dict = {}
        self.first: dict = {}


def to_speak_now(response: Response) -> None:
    """Automation speaks only while nobody is in charge; people always may."""
    if response.kind == Kind.HUMAN:
        return
    issue = Issue.objects.get(pk=response.issue_id)
    if issue.status == Status.ESCALATED:
        assert response.purpose == Purpose.HANDOVER, "automation spoke on an escalated issue"
    if issue.status in ENDED:
        assert response.purpose == Purpose.SURVEY, "automation spoke on an issue that has ended"
    asked = max(m.received_at for m in issue.messages.all())
    people = issue.responses.filter(kind=Kind.HUMAN, created_at__gte=asked).exclude(state=State.CANCELLED)
    assert response.purpose == Purpose.SURVEY or not people.exists(), "automation spoke after a person"
    if issue.customer.opted_out_at:
        assert response.purpose == Purpose.HANDOVER, "automation spoke to who wants to hear none"
    _speaks_alone(response)


def _speaks_alone(response: Response) -> None:
    """Of all automation, one answers a turn; a follow-up comes after a template, and a notice once."""
    asked = max(m.turn for m in response.issue.messages.all())
    others = response.issue.responses.exclude(pk=response.pk).exclude(kind=Kind.HUMAN)
    said = others.filter(state__in=[State.SPEAKING, State.UNSURE, State.SENT])
    if response.purpose == Purpose.HANDOVER:
        told = said.filter(purpose=Purpose.HANDOVER).exclude(text__contains=OPTED_OUT)
        assert OPTED_OUT in response.text or not told.exists(), "told of a person twice"
    elif response.purpose != Purpose.SURVEY:
        said = said.filter(turn__gte=asked, purpose=response.purpose)
        assert not said.exists(), "automation answered twice"


def asked() -> tuple[int, int]:
    """How much the customer has said and is owed."""
    return Message.objects.count(), Response.objects.count()


def humans() -> int:
    return Response.objects.filter(kind=Kind.HUMAN).count()


def always(line: Line, before: Before) -> None:
    responses = list(Response.objects.all())
    actions = list(Action.objects.order_by("id"))
    _heard_once(line, responses)
    for response in responses:
        _said_as_it_was(response, line, [a for a in actions if a.response_id == response.pk])
        _delivery_moves_on(response, before)
    for issue in Issue.objects.all():
        _first_response(issue, [r for r in responses if r.issue_id == issue.pk], before)
        _ends(issue, [a for a in actions if a.issue_id == issue.pk])
        _silence(issue, [r for r in responses if r.issue_id == issue.pk])
        _rating(issue, [a for a in actions if a.issue_id == issue.pk])


def _heard_once(line: Line, responses: list[Response]) -> None:
    times = Counter(heard.response_id for heard in line.heard)
    assert all(count == 1 for count in times.values()), "a customer was told twice"
    for response in responses:
        if times[response.pk]:
            assert response.state in MAY_HAVE_BEEN_HEARD, f"heard, but {response.state}"


def _said_as_it_was(response: Response, line: Line, actions: list[Action]) -> None:
    sent = response.state == State.SENT
    kinds = Counter(a.kind for a in actions if a.success)
    said = "surveyed" if response.purpose == Purpose.SURVEY else "replied"
    assert kinds["replied"] + kinds["surveyed"] == kinds[said] == int(sent), f"{response.state}: {kinds}"
    if not sent:
        return
    assert response.sent_at
    assert response.text
    assert response.kind
    ours = [heard for heard in line.heard if heard.response_id == response.pk]
    assert response.spoken_at is None or [h.channel_id for h in ours] == [response.channel_id]


def _delivery_moves_on(response: Response, before: Before) -> None:
    had, has = before.delivery.get(response.pk, ""), response.delivery
    assert ONWARD[has] >= ONWARD[had], f"delivery went from {had} to {has}"
    assert bool(response.delivered_at) == (has in ("delivered", "read"))
    assert bool(response.read_at) == (has == "read")
    before.delivery[response.pk] = has


def _first_response(issue: Issue, responses: list[Response], before: Before) -> None:
    sent = [r.sent_at for r in responses if r.state == State.SENT and r.purpose != Purpose.SURVEY]
    assert issue.first_response_at == min(sent, default=None)
    assert issue.first_response_at or issue.pk not in before.first, "a first response was forgotten"
    if issue.first_response_at:
        before.first[issue.pk] = True


def _ends(issue: Issue, actions: list[Action]) -> None:
    assert bool(issue.resolved_at) == (issue.status == Status.RESOLVED)
    assert bool(issue.resolved_by) == bool(issue.resolution_basis) == (issue.status == Status.RESOLVED)
    told = "open"
    for action in actions:
        told = _after(told, action)
    shown = "open" if issue.status in (Status.OPEN, Status.IN_PROGRESS) else str(issue.status)
    assert told == shown, f"the actions say {told}, the issue {shown}"


def _silence(issue: Issue, responses: list[Response]) -> None:
    """Silence runs only while the customer has been answered and nobody is in charge."""
    if issue.silent_since is None:
        return
    assert issue.status in (Status.OPEN, Status.IN_PROGRESS), f"silent and {issue.status}"
    assert any(r.is_substantive and r.state == State.SENT for r in responses), "silent before it was answered"


def _rating(issue: Issue, actions: list[Action]) -> None:
    """A customer is asked once, and what they answer first counts."""
    kinds = Counter(a.kind for a in actions)
    assert kinds["surveyed"] <= 1, "asked for a rating twice"
    assert kinds["rated"] == int(issue.customer_satisfaction is not None)
    asked = issue.responses.filter(purpose=Purpose.SURVEY, state__in=MAY_HAVE_BEEN_HEARD)
    assert not kinds["rated"] or asked.exists(), "rated what nobody had asked for"


def _after(told: str, action: Action) -> str:
    """How an issue stands after one more action, by the actions alone."""
    if action.kind == Action.Kind.REVIEWED and action.detail["problem"] is False and told not in ENDED:
        return "closed"
    moves = {Action.Kind.RESOLVED: "resolved", Action.Kind.REOPENED: "open", Action.Kind.ESCALATED: "escalated"}
    return moves.get(action.kind, told)


def at_last() -> None:
    """When nothing is left to happen: each turn is answered, or only thanked, or a person has it, or it ended."""
    left = Response.objects.filter(state__in=UNFINISHED)
    assert not left.exists(), [(r.state, r.kind, r.turn) for r in left]
    for issue in Issue.objects.exclude(status__in=[*ENDED, Status.ESCALATED]):
        last = max(issue.messages.all(), key=lambda m: m.received_at)
        answers = issue.responses.filter(state=State.SENT, turn__gte=last.turn)
        answered = answers.exclude(purpose=Purpose.SURVEY).exists()
        assert answered or thanks(last.text), f"nobody answers turn {last.turn} of an issue that is {issue.status}"


def nothing_is_owed() -> bool:
    return not Response.objects.filter(state__in=UNFINISHED).exists()


def nothing_is_silent() -> bool:
    """Whether every silent issue has ended, or has a person."""
    return nothing_is_owed() and not Issue.objects.filter(silent_since__isnull=False).exists()
