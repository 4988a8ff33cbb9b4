"""Survey: after a resolution the customer is asked once how it was, and the answer is read from the next message."""

from datetime import datetime, timedelta

from django.utils import timezone

from mis_dashboard.lib import jobs, rows

from . import actions, escalate, queries, wording
from .models import Action, Issue, Policy, ReplyTemplate, Response
from .models.issue import Status

# Long enough for a second thought of whoever resolved it, or of the customer.
ASK_AFTER = timedelta(seconds=60)
ASK_WITHIN = timedelta(hours=1)
ONE_EACH = timedelta(hours=24)
RANK = 3
CONTENT_FROM = 3


def plan(issue: Issue) -> None:
    """Queues the question for a rating, in the transaction that resolves `issue`; not where nobody is to be asked."""
    now = timezone.now()
    if _unwanted(issue) or queries.asked_for_rating(issue, since=now - ONE_EACH):
        return
    template = queries.notice_for(ReplyTemplate.Occasion.SURVEY, issue.language)
    if template is None:
        return
    due_at = now + ASK_AFTER
    question = Response(
        issue=issue,
        turn=queries.next_turn(issue),
        purpose=Response.Purpose.SURVEY,
        location=issue.location,
        rank=RANK,
        kind=Response.Kind.TEMPLATE,
        text=wording.fill(template.text, name=issue.customer.first_name, type=""),
        created_at=now,
        due_at=due_at,
        deadline_at=now + ASK_WITHIN,
    )
    rows.insert(question, calls=jobs.call("respond", due_at))


def _unwanted(issue: Issue) -> bool:
    """Whether nobody is to be asked about `issue`: there is no answer of ours to rate, or nobody to ask."""
    policy, customer = Policy.current(), issue.customer
    asks = policy.ask_csat and not policy.muted
    hears = customer is not None and customer.phone and customer.opted_out_at is None
    rateable = issue.first_response_at and issue.customer_satisfaction is None and not issue.false_positive
    return not (asks and hears and rateable) or issue.source == Issue.Source.IMPORT


def outdated(question: Response) -> str:
    """Why a question that was planned is not asked any more; empty when it is. Whatever changed since counts."""
    issue = question.issue
    if issue.status != Status.RESOLVED or _unwanted(issue):
        return "nothing to rate any more"
    if timezone.now() > question.deadline_at:
        return "too late to ask"
    return "asked before" if queries.asked_before(question, since=question.created_at - ONE_EACH) else ""


def awaits_rating(issue: Issue) -> bool:
    """Whether the customer was asked about a resolved `issue` and has not answered. It may have been heard: that counts."""
    return issue.customer_satisfaction is None and queries.was_asked(issue)


def rate(issue: Issue, stars: int, now: datetime) -> None:
    """The customer's own answer, to the credit of whoever had resolved `issue`. Who is not content gets a person.

    Call it within a transaction that holds the issue, and once: `awaits_rating`.
    """
    issue.customer_satisfaction, issue.rated_at, issue.rated_resolver = stars, now, issue.resolved_by
    issue.save(update_fields=["customer_satisfaction", "rated_at", "rated_resolver", "updated_at"])
    actions.record(issue, Action.Kind.RATED, by=actions.CUSTOMER, at=now, stars=stars, of=issue.rated_resolver)
    if stars < CONTENT_FROM:
        escalate.escalate(issue, escalate.NOT_CONTENT, ended_too=True)
