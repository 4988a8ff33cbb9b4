"""Respond: pick what to say — the AI's answer, else a template, else a person — while there is time to say it."""

import logging
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone, translation

from mis_dashboard.lib import rows

from . import actions, ai, budget, channels, deliver, escalate, queries, wording
from .ai import prompts
from .ai.base import AIError, Answer, Blocked, Busy, Misconfigured, ModelGone, Turn, Usage
from .models import Action, AICall, Issue, Policy, PromptVersion, Response
from .models.issue import Status

log = logging.getLogger("mis.respond")

SPEAKING_TAKES = timedelta(seconds=6)
THINKING_TAKES_AT_MOST = timedelta(seconds=20)
ONE_CALL_S = 8.0
SHORTEST_CALL_S = 0.5
PAUSE_S = 0.25

chance = random.SystemRandom()


def respond(response: Response) -> None:
    """Answers one claimed (THINKING) response, whatever happens outside. Safe to run again after a crash.

    Words that are there already (a person's, or ones the channel could not take a moment ago) are
    said as they are, unless the AI has been silenced since.
    """
    if reason := _silenced(response):
        deliver.drop(response, reason)
    elif not channels.configured():
        deliver.hand_over(response, escalate.NO_CHANNEL)
    elif deliver.reachable(response):
        _answer(response)


def _silenced(response: Response) -> str:
    """Why the automation has nothing more to say in this turn; empty when it may speak. A person's words always may."""
    if response.kind == Response.Kind.HUMAN:
        return ""
    if Policy.current().muted:
        return escalate.MUTED
    if response.issue.status == Status.ESCALATED or not response.issue.is_unresolved:
        return "a person is in charge"
    put_off = bool(response.text)
    return "a person was faster" if put_off and queries.person_answered_after(response) else ""


def _answer(response: Response) -> None:
    if response.text:
        draft = deliver.Draft(response.text, Response.Kind(response.kind), response.verdict)
    else:
        draft = compose(response)
    if draft:
        deliver.deliver(response, draft)
    else:
        deliver.hand_over(response, escalate.NO_ANSWER)


@dataclass
class Thinking:
    """The AI's part in one response: how long it may still take, and what went wrong so far."""

    response: Response
    policy: Policy
    until: datetime
    failures: list[str] = field(default_factory=list)

    def left_s(self) -> float:
        return (self.until - timezone.now()).total_seconds()


def compose(response: Response) -> deliver.Draft | None:
    """The best answer that can still be had in time. None when there is not even a template."""
    thinking = Thinking(response, Policy.current(), _thinking_ends(response))
    try:
        answer = _ask(thinking)
    except DatabaseError:
        raise
    except Exception:
        # Whatever is wrong with our own thinking, the customer is answered.
        log.exception("thinking failed", extra={"response": response.pk})
        thinking.failures.append("error")
        answer = None
    if answer:
        return deliver.Draft(answer.verdict.reply, Response.Kind.AI, answer.verdict.model_dump(exclude={"reply"}))
    return _from_template(thinking)


def _thinking_ends(response: Response) -> datetime:
    """Thinking stops early enough to speak within the target; a target of minutes is no reason to think for minutes."""
    return min(response.deadline_at - SPEAKING_TAKES, response.claimed_at + THINKING_TAKES_AT_MOST)


def _ask(thinking: Thinking) -> Answer | None:
    """The AI's answer, after up to `policy.attempts` tries; None says that another kind of answer is needed."""
    if not ai.configured():
        thinking.failures.append("not_configured")
        return None
    if thinking.left_s() < SHORTEST_CALL_S:
        thinking.failures.append("no_time")
        return None
    if not budget.spend(thinking.policy, critical=thinking.response.rank == 0):
        thinking.failures.append("over_budget")
        return None
    version = queries.active_prompt()
    prompt = _prompt(thinking.response, version)
    for model in _models(thinking):
        answer = _call(thinking, version, prompt, model)
        if answer:
            return answer
        if thinking.left_s() < SHORTEST_CALL_S or thinking.failures[-1] in FINAL:
            break
    return None


FINAL = {Blocked.outcome, Misconfigured.outcome}


def _models(thinking: Thinking) -> Iterator[str]:
    """The model for each attempt: the chosen one, for the last attempt the second one. A retired model costs none."""
    first, second = settings.GEMINI_MODEL, settings.GEMINI_FALLBACK_MODEL or settings.GEMINI_MODEL
    for attempt in range(1, thinking.policy.attempts + 1):
        if attempt > 1:
            time.sleep(min(PAUSE_S * 2 ** (attempt - 2) * chance.uniform(0.5, 1.5), max(thinking.left_s(), 0)))
        last = attempt == thinking.policy.attempts > 1
        yield second if last or ModelGone.outcome in thinking.failures else first


def _prompt(response: Response, version: PromptVersion):
    issue = response.issue
    turns = [Turn(who, text) for who, text in queries.conversation(issue)]
    compiled = prompts.compile(version.pk, version.text)
    return prompts.build(
        compiled,
        conversation=turns,
        customer_name=issue.customer.first_name if issue.customer else "",
        company=issue.metadata.get("company", ""),
        language=_language(issue),
    )


def _language(issue: Issue) -> str:
    """The one the customer is known to speak, else the one the words look like."""
    return (issue.customer and issue.customer.language) or wording.language_of(issue.text)


def _call(thinking: Thinking, version: PromptVersion, prompt, model: str) -> Answer | None:
    """One question to one model, written down whatever comes of it."""
    started_at, clock = timezone.now(), time.perf_counter()
    try:
        answer = ai.thinker().think(prompt, model=model, timeout_s=min(ONE_CALL_S, thinking.left_s()))
    except AIError as error:
        outcome, usage, answer = error.outcome, error.usage, None
        thinking.failures.append(outcome)
        log.warning("no answer", extra={"response": thinking.response.pk, "model": model, "outcome": outcome})
        _wait_if_asked(thinking, error)
    else:
        outcome, usage = "answered", answer.usage
    latency_s = answer.latency_s if answer else time.perf_counter() - clock
    _write_down(thinking.response, version, model, started_at, latency_s, outcome, usage)
    return answer


def _wait_if_asked(thinking: Thinking, error: AIError) -> None:
    """A model that is too busy says for how long; a wait longer than the time left ends the asking."""
    if isinstance(error, Busy) and error.retry_after_s:
        if error.retry_after_s > thinking.left_s() - SHORTEST_CALL_S:
            thinking.until = timezone.now()
        else:
            time.sleep(error.retry_after_s)


def _write_down(
    response: Response,
    version: PromptVersion,
    model: str,
    started_at: datetime,
    latency_s: float,
    outcome: str,
    usage: Usage | None,
) -> None:
    usage = usage or Usage(None, None, None, None)
    call = AICall(
        response=response,
        prompt=version,
        model=model,
        started_at=started_at,
        latency_s=latency_s,
        outcome=outcome,
        tokens_in=usage.tokens_in,
        tokens_out=usage.tokens_out,
        tokens_thought=usage.tokens_thought,
        tokens_cached=usage.tokens_cached,
        cost_usd=cost_usd(model, usage, started_at),
    )
    rows.insert(call)


def cost_usd(model: str, usage: Usage, at: datetime) -> Decimal | None:
    """What a call cost by the prices of its day. None when the tokens or the price are not known.

    Cached tokens are part of `tokens_in` and cheaper; thought tokens are billed as output.
    """
    price = queries.price_of(model, at.date())
    if price is None or usage.tokens_in is None:
        return None
    cached = usage.tokens_cached or 0
    output = (usage.tokens_out or 0) + (usage.tokens_thought or 0)
    millionths = (usage.tokens_in - cached) * price.usd_in + cached * price.usd_cached + output * price.usd_out
    return Decimal(millionths) / 1_000_000


def _from_template(thinking: Thinking) -> deliver.Draft | None:
    response, issue = thinking.response, thinking.response.issue
    actions.record(issue, Action.Kind.FELL_BACK, response=response, success=False, why=thinking.failures)
    template = queries.template_for(issue.type, _language(issue))
    if template is None:
        return None
    with translation.override(template.language.lower()):
        kind = wording.issue_type(issue.type).lower()
    text = wording.fill(template.text, name=issue.customer.first_name, type=kind)
    refused = Blocked.outcome in thinking.failures
    verdict = {"needs_human": True, "why": escalate.REFUSED_BY_AI} if refused else None
    return deliver.Draft(text, Response.Kind.TEMPLATE, verdict)
