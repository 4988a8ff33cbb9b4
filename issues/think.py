"""Think: ask the models in turn, as long as there is time, budget, and one that is worth asking."""

import logging
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.utils import timezone

from mis_dashboard.lib import rows

from . import actions, ai, breaker, budget, queries
from .ai.base import AIError, Answer, Blocked, Misconfigured, ModelGone, Prompt, Usage
from .models import Action, AICall, Issue, Policy, PromptVersion, Response

log = logging.getLogger("mis.think")

ONE_CALL_S = 8.0
SHORTEST_CALL_S = 0.5
PAUSE_S = 0.25

# What went wrong before or instead of a call, beside the outcomes of calls.
NOT_CONFIGURED, NO_TIME, OVER_BUDGET, LEFT_ALONE = "not_configured", "no_time", "over_budget", "left_alone"
# After these no further question makes sense: the next one would be refused for the same reason.
FINAL = {Blocked.outcome, Misconfigured.outcome, OVER_BUDGET, NOT_CONFIGURED}

chance = random.SystemRandom()


@dataclass
class Thinking:
    """One question to the AI: until when it may be thought about, and what went wrong so far.

    `unsaved` is the call that brought the answer, to be stored with what comes of it; failed ones are stored at once.
    """

    issue: Issue
    prompt: Prompt
    version: PromptVersion
    until: datetime
    policy: Policy
    response: Response | None = None
    failures: list[str] = field(default_factory=list)
    unsaved: list[AICall] = field(default_factory=list)
    recovered: bool = False

    def left_s(self) -> float:
        return (self.until - timezone.now()).total_seconds()


def models() -> list[str]:
    """The models to ask, the chosen one first."""
    second = settings.GEMINI_FALLBACK_MODEL
    return [settings.GEMINI_MODEL, *([second] if second and second != settings.GEMINI_MODEL else [])]


def available() -> bool:
    """Whether any model would be asked now, for what can also wait. Budgets are another matter."""
    return ai.configured() and any(breaker.is_closed(model) or breaker.may_probe(model) for model in models())


def think(thinking: Thinking) -> Answer | None:
    """The AI's answer, after up to `policy.attempts` calls; None when another kind of answer is needed.

    `thinking.failures` then says why. `thinking.recovered`: a model that was left alone has answered again.
    """
    if not ai.configured():
        thinking.failures.append(NOT_CONFIGURED)
        return None
    for model in _rungs(thinking):
        if not _affordable(thinking):
            break
        if model != settings.GEMINI_MODEL and thinking.failures:
            _say_that_the_second_is_asked(thinking)
        if answer := _call(thinking, model):
            return answer
        if thinking.failures[-1] in FINAL:
            break
    return None


def _say_that_the_second_is_asked(thinking: Thinking) -> None:
    why = list(thinking.failures)
    actions.record(
        thinking.issue, Action.Kind.FELL_BACK, response=thinking.response, success=False, why=why, to="second_model"
    )


def _rungs(thinking: Thinking) -> Iterator[str]:
    """The model for each call: the chosen one, and for the last call the second. One that is of no use costs no call."""
    wanted, asked = models(), list[str]()
    while wanted and len(asked) < thinking.policy.attempts:
        last = len(asked) == thinking.policy.attempts - 1
        model = wanted[-1] if last and asked else wanted[0]
        if len(wanted) == 1:
            _wait_until_free(thinking, model)
        if why := _useless(thinking, model):
            if model not in asked and why not in thinking.failures:
                thinking.failures.append(why)
            wanted.remove(model)
            continue
        if asked:
            time.sleep(min(PAUSE_S * 2 ** (len(asked) - 1) * chance.uniform(0.5, 1.5), max(thinking.left_s(), 0)))
        yield model
        if thinking.failures[-1:] == [ModelGone.outcome]:
            wanted.remove(model)
        else:
            asked.append(model)


def _wait_until_free(thinking: Thinking, model: str) -> None:
    """A model that has asked for a short pause gets it, when there is no other and there is time."""
    wait_s = breaker.busy_for_s(model)
    if 0 < wait_s <= thinking.left_s() - breaker.usual_s(model):
        time.sleep(wait_s)


def _useless(thinking: Thinking, model: str) -> str:
    """Why this model cannot help any more: it would not finish in time, or it is left alone. Empty when it can."""
    if thinking.left_s() < max(breaker.usual_s(model), SHORTEST_CALL_S):
        return NO_TIME
    return "" if breaker.may_ask(model) else LEFT_ALONE


def _affordable(thinking: Thinking) -> bool:
    critical = thinking.issue.priority == "critical"
    if budget.spend(thinking.policy, critical=critical):
        return True
    thinking.failures.append(OVER_BUDGET)
    return False


def _call(thinking: Thinking, model: str) -> Answer | None:
    """One question to one model, written down whatever comes of it."""
    started_at, clock = timezone.now(), time.perf_counter()
    try:
        answer = ai.thinker().think(thinking.prompt, model=model, timeout_s=min(ONE_CALL_S, thinking.left_s()))
    except AIError as error:
        latency_s = time.perf_counter() - clock
        rows.insert(_call_row(thinking, model, started_at, latency_s, error.outcome, error.usage))
        _went_wrong(thinking, model, error)
        return None
    thinking.recovered = breaker.worked(model)
    thinking.unsaved.append(_call_row(thinking, model, started_at, answer.latency_s, "answered", answer.usage))
    return answer


def _went_wrong(thinking: Thinking, model: str, error: AIError) -> None:
    """Notes it, for this answer and for the model."""
    log.warning("no answer", extra={"issue": thinking.issue.pk, "model": model, "outcome": error.outcome})
    thinking.failures.append(error.outcome)
    breaker.failed(model, error)


def _call_row(
    thinking: Thinking, model: str, started_at: datetime, latency_s: float, outcome: str, usage: Usage | None
) -> AICall:
    usage = usage or Usage()
    return AICall(
        response=thinking.response,
        issue=None if thinking.response else thinking.issue,
        prompt=thinking.version,
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
