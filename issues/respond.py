"""Respond: pick what to say — the AI's answer, else a template, else a person — while there is time to say it."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import takewhile

from django.db import DatabaseError
from django.db.models import F
from django.db.models.functions import Greatest, Now
from django.utils import timezone, translation

from mis_dashboard.lib import jobs, rows

from . import actions, channels, deliver, escalate, queries, silence, survey, think, wording
from .ai import guard, prompts
from .ai.base import Blocked, Prompt, Turn
from .claim import Claimed, current_pace
from .models import Action, Policy, PromptVersion, Response
from .models.issue import Status
from .models.response import State
from .think import Thinking

log = logging.getLogger("mis.respond")

MANIPULATION = "manipulation"  # the customer gives the AI orders
THINKING_TAKES_AT_MOST = timedelta(seconds=20)
FOLLOW_UP_PAUSE = timedelta(seconds=20)


def respond(claimed: Claimed, *, thought: Callable[[], None] = lambda: None) -> None:
    """Answers one claimed response, whatever happens outside. Safe to run again after a crash.

    Words that are there already (a person's, or ones the channel could not take a moment ago) are
    said as they are, unless the automation has been silenced since. `thought` is called when thinking is over and
    speaking begins: then there is a place for another one.
    """
    response = claimed.response
    if reason := _silenced(response):
        deliver.drop(response, reason)
    elif silence.confirmed(claimed):
        log.info("no answer is needed", extra={"response": response.pk})
    elif not channels.configured():
        deliver.hand_over(response, escalate.NO_CHANNEL)
    elif deliver.reachable(response):
        _answer(claimed, thought)


def _silenced(response: Response) -> str:
    """Why the automation has nothing more to say in this turn; empty when it may speak. A person's words always may."""
    if response.kind == Response.Kind.HUMAN:
        return ""
    if response.purpose == Response.Purpose.SURVEY:
        return survey.outdated(response)
    if Policy.current().muted:
        return escalate.MUTED
    customer, notice = response.issue.customer, response.purpose == Response.Purpose.HANDOVER
    if customer and customer.opted_out_at and not notice:
        return escalate.OPTED_OUT
    if (response.issue.status == Status.ESCALATED and not notice) or not response.issue.is_unresolved:
        return "a person is in charge"
    put_off = bool(response.text)
    return "somebody was faster" if put_off and queries.answered_after(response) else ""


def _answer(claimed: Claimed, thought: Callable[[], None]) -> None:
    response, failures = claimed.response, list[str]()
    if response.text:
        draft = deliver.Draft(response.text, Response.Kind(response.kind), response.verdict)
    else:
        draft = compose(claimed, failures)
    thought()
    if draft:
        deliver.deliver(response, draft)
    elif response.purpose == Response.Purpose.FOLLOW_UP:
        _follow_up_later(response, failures)
    else:
        deliver.hand_over(response, escalate.NO_ANSWER)


def compose(claimed: Claimed, failures: list[str]) -> deliver.Draft | None:
    """The best answer that can still be had in time. None when there is not even a template, or it was given before.

    `failures` is told what kept the AI from answering.
    """
    draft = _from_ai(claimed, failures)
    if draft or claimed.response.purpose == Response.Purpose.FOLLOW_UP:
        return draft
    return _from_template(claimed.response, failures)


def _from_ai(claimed: Claimed, failures: list[str]) -> deliver.Draft | None:
    """The AI's answer, if there is time to ask. Whatever is wrong with our own thinking, the customer is answered."""
    if claimed.response.state == State.WRITING:
        failures.append(think.NO_TIME)
        return None
    if guard.manipulates(_latest_words(claimed)):
        failures.append(MANIPULATION)
        return None
    try:
        return _thought(claimed, failures)
    except DatabaseError:
        raise
    except Exception:
        log.exception("thinking failed", extra={"response": claimed.response.pk})
        failures.append("error")
        return None


def _latest_words(claimed: Claimed) -> str:
    """All that the customer has said since our last word: an order may be split over several messages."""
    words = takewhile(lambda said: said[0] == "customer", reversed(claimed.conversation))
    return "\n".join(reversed([text for _who, text in words]))


def _thought(claimed: Claimed, failures: list[str]) -> deliver.Draft | None:
    thinking = _thinking(claimed, failures)
    answer = think.think(thinking)
    if thinking.recovered:
        call_follow_ups()
    if answer is None:
        return None
    if problem := _problem(claimed, answer.verdict.reply, thinking.prompt):
        rows.insert(*thinking.unsaved)
        failures.append(problem)
        return None
    return deliver.Draft(
        answer.verdict.reply, Response.Kind.AI, answer.verdict.model_dump(exclude={"reply"}), thinking.unsaved
    )


def _thinking(claimed: Claimed, failures: list[str]) -> Thinking:
    response, version = claimed.response, queries.active_prompt()
    return Thinking(
        issue=response.issue,
        prompt=_prompt(claimed, version),
        version=version,
        until=_thinking_ends(response),
        policy=Policy.current(),
        response=response,
        failures=failures,
    )


def _problem(claimed: Claimed, reply: str, prompt: Prompt) -> str:
    """Why the AI's words must not be sent, one of `guard.PROBLEMS`; empty when they may."""
    issue = claimed.response.issue
    return guard.check(
        reply,
        customer=[text for who, text in claimed.conversation if who == "customer"],
        ours=[text for who, text in claimed.conversation if who == "us"],
        knowledge=queries.knowledge(issue.location),
        language=issue.language,
        instructions=prompt.system,
    )


def call_follow_ups() -> None:
    """A model is there again: whoever has heard only a template, and not just now, is answered in substance."""
    waiting = Response.objects.filter(state=State.WAITING, purpose=Response.Purpose.FOLLOW_UP)
    if waiting.update(due_at=Greatest(F("created_at") + deliver.FOLLOW_UP_AFTER, Now())):
        jobs.wake("respond")


def _thinking_ends(response: Response) -> datetime:
    """Thinking stops early enough to speak within the target; a target of minutes is no reason to think for minutes."""
    speaking = timedelta(seconds=1 + 2 * current_pace().speaking_s)
    latest = response.claimed_at + THINKING_TAKES_AT_MOST
    if response.purpose == Response.Purpose.FOLLOW_UP:
        return latest
    return min(response.deadline_at - speaking, latest)


def _follow_up_later(response: Response, failures: list[str]) -> None:
    """The AI is still not there. When it must not answer, or stays away too long, a person has to answer in substance."""
    reason = _why_a_person(failures)
    if reason or timezone.now() >= response.deadline_at:
        deliver.hand_over(response, reason or escalate.ONLY_A_TEMPLATE)
    else:
        deliver.postpone(response, FOLLOW_UP_PAUSE * think.chance.uniform(0.5, 1.5))  # not all at once again


def _prompt(claimed: Claimed, version: PromptVersion) -> Prompt:
    issue = claimed.response.issue
    return prompts.build(
        prompts.compile(version.pk, version.text),
        conversation=[Turn(who, text) for who, text in claimed.conversation],
        customer_name=issue.customer.first_name if issue.customer else "",
        company=issue.company,
        language=issue.language,
        knowledge=queries.knowledge(issue.location),
    )


def _from_template(response: Response, failures: list[str]) -> deliver.Draft | None:
    issue = response.issue
    actions.record(issue, Action.Kind.FELL_BACK, response=response, success=False, why=failures, to="template")
    template = queries.template_for(issue.type, issue.language)
    if template is None:
        return None
    with translation.override(template.language.lower()):
        kind = wording.issue_type(issue.type).lower()
    text = wording.fill(template.text, name=issue.customer.first_name, type=kind)
    return deliver.Draft(text, Response.Kind.TEMPLATE, _after_template(failures))


def _after_template(failures: list[str]) -> dict:
    """What has to follow a template: a person, where the AI must not or cannot answer at all; else the AI, once it can."""
    reason = _why_a_person(failures)
    return {"needs_human": True, "why": reason} if reason else {"follow_up": True}


PERSONS_MATTERS = {
    Blocked.outcome: escalate.REFUSED_BY_AI,
    think.NOT_CONFIGURED: escalate.ONLY_A_TEMPLATE,
    MANIPULATION: escalate.GIVES_ORDERS,
} | dict.fromkeys(guard.PROBLEMS, escalate.NOT_CHECKED)


def _why_a_person(failures: list[str]) -> str:
    """The reason for which no AI is to be asked again; empty when one may be, later."""
    return next((PERSONS_MATTERS[failure] for failure in failures if failure in PERSONS_MATTERS), "")
