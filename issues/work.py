"""What a person may do to an issue. Each work calls the stage that does it, which writes down who it was."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

from django import forms as django_forms
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import transaction
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from . import assess, deliver, escalate, forms, queries, resolve
from .models import Issue, Response
from .models.issue import Status
from .models.response import PENDING

MOST_AT_ONCE = 500


class NotPossible(Exception):
    """The work cannot be done as things stand. The text is fit for the person who asked."""


@dataclass(frozen=True)
class Work:
    """One kind of work: what it is called, who may do it, when it is offered, and what does it.

    `act` gets the issue, locked, the person and what the form holds; it may raise NotPossible.
    `initial` is what the form begins with, and is renewed when the work was refused. `done_to` says
    to how many issues it was done; only works that may be done to many have it.
    """

    name: str
    label: str
    done: str
    permission: str
    offered: Callable[[Issue], bool]
    act: Callable[[Issue, AbstractBaseUser, dict], None]
    form: type[django_forms.Form] = forms.Confirm
    explained: str = ""
    initial: Callable[[Issue], dict] = lambda issue: {}
    done_to: Callable[[int], str] | None = None


def may(user: AbstractBaseUser | AnonymousUser, wanted: Work) -> bool:
    """Whether this person works here and may do this work, on whatever issue."""
    return user.is_staff and user.has_perms(["issues.view_issue", f"issues.{wanted.permission}"])


def do(work: Work, issue_id: UUID, user: AbstractBaseUser, data: dict) -> None:
    """Does `work` once. Raises NotPossible, with nothing changed, when the issue is no longer in a state for it."""
    with transaction.atomic():
        issue = Issue.objects.select_for_update(no_key=True).get(pk=issue_id)
        if not work.offered(issue):
            raise NotPossible(gettext("The issue has changed meanwhile: this is no longer possible."))
        work.act(issue, user, data)


def do_to_all(work: Work, issue_ids: Iterable[UUID], user: AbstractBaseUser, data: dict) -> tuple[int, int]:
    """Does `work` to each issue by itself: how many it was done to, and how many were left as they were."""
    done = left = 0
    for issue_id in issue_ids:
        try:
            do(work, issue_id, user, data)
            done += 1
        except NotPossible:
            left += 1
    return done, left


def outcome(work: Work, done: int, left: int) -> str:
    """What became of the many issues to which `work` was to be done, in words."""
    said = [work.done_to(done)] if done else []
    if left:
        untouched = ngettext(
            "%(n)d was left as it was: this is not possible in its state.",
            "%(n)d were left as they were: this is not possible in their state.",
            left,
        )
        said.append(untouched % {"n": left})
    return " ".join(said)


# --- What does it ---------------------------------------------------------------------------


def _reply(issue: Issue, user: AbstractBaseUser, data: dict) -> None:
    if data["turn"] != queries.next_turn(issue):
        raise NotPossible(
            gettext("Something was said since you opened this page. Read it, then send if it still fits.")
        )
    try:
        deliver.reply_by_hand(issue, data["text"], user=user)
    except ValueError as error:
        raise NotPossible(gettext(str(error))) from error


def _escalate(issue: Issue, user: AbstractBaseUser, data: dict) -> None:
    _let_people_finish(issue)
    escalate.escalate(issue, data["reason"], user=user, to=data["to"])


def _assign(issue: Issue, user: AbstractBaseUser, data: dict) -> None:
    escalate.assign(issue, data["to"], user=user)


def _take(issue: Issue, user: AbstractBaseUser, data: dict) -> None:
    """Taken from whom the person saw as the owner; of many, whose list says nothing of that, from whoever it is."""
    now = _owner(issue)
    if "owner" in data and now not in ("", user.get_username(), data["owner"]):
        raise NotPossible(gettext("%(name)s has taken it already.") % {"name": now})
    escalate.assign(issue, user, user=user)


def _resolve(issue: Issue, user: AbstractBaseUser, data: dict) -> None:
    _let_people_finish(issue)
    resolve.resolve(issue, user=user, notes=data.get("notes", ""))


def _reopen(issue: Issue, user: AbstractBaseUser, data: dict) -> None:
    resolve.reopen(issue, user=user)


def _assess(issue: Issue, user: AbstractBaseUser, data: dict) -> None:
    response = assess.judged(issue).filter(pk=data["response"]).first()
    if response is None:
        raise NotPossible(gettext("There is no such reply of ours."))
    assess.assess(issue, response, user=user, good=data["good"], reason=data["reason"])


def _no_problem(issue: Issue, user: AbstractBaseUser, data: dict) -> None:
    _let_people_finish(issue)
    resolve.review(issue, user=user, false_positive=True)


def _problem(issue: Issue, user: AbstractBaseUser, data: dict) -> None:
    """An issue that was closed as no problem is worked on again."""
    if issue.false_positive and issue.status == Status.CLOSED:
        resolve.reopen(issue, user=user)
    resolve.review(issue, user=user, false_positive=False)


def _let_people_finish(issue: Issue) -> None:
    """Ending an issue drops what waits to be said, and a person's words must not be dropped in silence."""
    if issue.responses.filter(kind=Response.Kind.HUMAN, state__in=PENDING).exists():
        raise NotPossible(gettext("A reply written by hand is just being sent. Try again in a moment."))


# --- What was done, to how many -------------------------------------------------------------


def _escalated(n: int) -> str:
    return ngettext("%(n)d issue was escalated.", "%(n)d issues were escalated.", n) % {"n": n}


def _taken(n: int) -> str:
    return ngettext("%(n)d issue was assigned to you.", "%(n)d issues were assigned to you.", n) % {"n": n}


def _resolved(n: int) -> str:
    return ngettext("%(n)d issue was resolved.", "%(n)d issues were resolved.", n) % {"n": n}


def _no_problems(n: int) -> str:
    return (
        ngettext("%(n)d issue was marked as not a problem.", "%(n)d issues were marked as not a problem.", n) % {"n": n}
    )  # fmt: skip


# --- What there is --------------------------------------------------------------------------


def _unresolved(issue: Issue) -> bool:
    return issue.is_unresolved


def _owner(issue: Issue) -> str:
    return issue.assignee.get_username() if issue.assignee else ""


REPLY = Work(
    "reply", _("Reply"), _("Your reply is on its way."), "reply_issue", _unresolved, _reply, forms.Reply,
    initial=lambda issue: {"turn": queries.next_turn(issue)},
)  # fmt: skip
ESCALATE = Work(
    "escalate", _("Escalate"), _("The issue was escalated."), "escalate_issue", _unresolved, _escalate, forms.Escalate,
    _("A person takes over. Automation says nothing more on this issue."), done_to=_escalated,
)  # fmt: skip
ASSIGN = Work(
    "assign", _("Assign"), _("The issue has a new owner."), "escalate_issue", _unresolved, _assign, forms.Assign,
)  # fmt: skip
TAKE = Work(
    "take", _("Assign to me"), _("The issue is yours."), "escalate_issue", _unresolved, _take, forms.Take,
    initial=lambda issue: {"owner": _owner(issue)}, done_to=_taken,
)  # fmt: skip
RESOLVE = Work(
    "resolve", _("Resolve"), _("The issue is resolved."), "resolve_issue", _unresolved, _resolve, forms.Resolve,
    _("Automatic answers that have not gone out yet are dropped."), done_to=_resolved,
)  # fmt: skip
NO_PROBLEM = Work(
    "no-problem", _("Not a problem"), _("Marked as not a problem."), "review_issue",
    lambda issue: issue.false_positive is not True, _no_problem,
    explained=_("It was made an issue by mistake. It is closed, and does not count as resolved."), done_to=_no_problems,
)  # fmt: skip
PROBLEM = Work(
    "problem", _("It is a problem"), _("Marked as a problem."), "review_issue",
    lambda issue: issue.false_positive is not False, _problem,
    explained=_("It was rightly made an issue. If it was closed as no problem, it is open again."),
)  # fmt: skip
REOPEN = Work(
    "reopen", _("Reopen"), _("The issue is open again."), "resolve_issue",
    lambda issue: not issue.is_unresolved, _reopen,
)  # fmt: skip

ASSESS = Work(
    "assess", _("Judge the reply"), _("Your judgement is kept."), "review_issue", lambda issue: True, _assess, forms.Assess,
    _("It is ours, and counts for no customer: satisfaction is what customers say themselves."),
    initial=lambda issue: {"response": assess.judged(issue).order_by("-sent_at").values_list("pk", flat=True).first()},
)  # fmt: skip

# What is offered for an issue as a whole.
WORKS = [REPLY, ESCALATE, TAKE, ASSIGN, RESOLVE, NO_PROBLEM, PROBLEM, REOPEN]
