"""What every thinker shares: its errors, what it is asked, what it answers, and how an answer is judged."""

import logging
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from pydantic import ValidationError

from .deadline import Full, within
from .forms import REPLY, Form, Judgement, Verdict

logger = logging.getLogger("mis.ai")


# --- What can go wrong, named by what the caller should do ------------------------------------


class AIError(Exception):
    """No answer that can be used. `outcome` is what `AICall` records; the message holds no customer text.

    `usage` is what was billed all the same, where the service said so.
    """

    outcome = "failed"

    def __init__(self, message: str, *, usage: "Usage | None" = None):
        super().__init__(message)
        self.usage = usage


class Blocked(AIError):
    """The question or the answer was refused. Never ask the same again: a person answers."""

    outcome = "blocked"


class Unusable(AIError):
    """An answer came, and it is "empty", "cut" or "malformed". Asking again may work."""

    def __init__(self, outcome: Literal["empty", "cut", "malformed"], message: str, *, usage: "Usage | None" = None):
        super().__init__(message, usage=usage)
        self.outcome = outcome


class Late(AIError):
    """No answer in time. It may still be thought and billed; asking again is safe."""

    outcome = "late"


class Busy(AIError):
    """A quota is used up. Ask again after `retry_after_s` seconds, where the service said how long."""

    outcome = "busy"

    def __init__(self, message: str, *, retry_after_s: float | None = None):
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Unavailable(AIError):
    """The service is down, overloaded or out of reach. Asking again, or another model, may work."""

    outcome = "unavailable"


class Misconfigured(AIError):
    """The key, the address or the request is wrong. Every question fails until a person repairs it."""

    outcome = "misconfigured"


class ModelGone(Misconfigured):
    """The service does not know this model any more. Use the next one, and tell a person."""

    outcome = "model_gone"


# --- The question -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Turn:
    """One message of a conversation. A customer's text is already fenced as data (`prompts.build`)."""

    role: Literal["customer", "us"]
    text: str


@dataclass(frozen=True)
class Prompt:
    """`system` is our rules and nothing else; the last of `turns` is not ours. `form` is how to answer."""

    system: str
    turns: tuple[Turn, ...]
    form: Form = REPLY


# --- The answer -------------------------------------------------------------------------------

# A reply needs about 500. The rest is for models that think, which pay from the same purse.
MAX_OUTPUT_TOKENS = 2048

HARMS = (
    "HARM_CATEGORY_HARASSMENT",
    "HARM_CATEGORY_HATE_SPEECH",
    "HARM_CATEGORY_SEXUALLY_EXPLICIT",
    "HARM_CATEGORY_DANGEROUS_CONTENT",
)
# An angry customer is an ordinary customer.
HARM_THRESHOLD = "BLOCK_ONLY_HIGH"


@dataclass(frozen=True)
class Usage:
    """Tokens of one call; None where the service did not say. `tokens_in` includes `tokens_cached`.

    Billed output is `tokens_out + tokens_thought`.
    """

    tokens_in: int | None = None
    tokens_out: int | None = None
    tokens_thought: int | None = None
    tokens_cached: int | None = None

    @classmethod
    def counted(cls, *, prompt: int | None, answer: int | None, cached: int | None, total: int | None) -> "Usage":
        """From the service's own counts. Thinking is what the total holds beyond question and answer."""
        if not total:
            return cls()
        prompt, answer = prompt or 0, answer or 0
        return cls(prompt, answer, max(total - prompt - answer, 0), cached or 0)


@dataclass(frozen=True)
class Answer:
    """An answer in the form that was asked for, what it cost, and how long it took in all. `model` is what answered."""

    verdict: Verdict | Judgement
    usage: Usage
    model: str
    latency_s: float


class Thinker(Protocol):
    def think(self, prompt: Prompt, *, model: str, timeout_s: float) -> Answer:
        """The answer of `model`, asked once, within `timeout_s` seconds in all. Raises AIError and nothing else."""
        ...


# --- Between a client library and the above ---------------------------------------------------


@dataclass(frozen=True)
class Raw:
    """An answer as it came. Reasons are the service's names, upper case; "" where it gave none."""

    text: str
    finish_reason: str
    block_reason: str
    usage: Usage
    model: str


class Asker:
    """A `Thinker` over a client library. A subclass says how to ask, and what the library's errors mean."""

    def think(self, prompt: Prompt, *, model: str, timeout_s: float) -> Answer:
        if timeout_s <= 0:
            raise Late("no time was left to ask")
        started = time.perf_counter()
        try:
            raw = within(timeout_s, lambda: self._heard(prompt, model, timeout_s))
        except TimeoutError:
            raise Late(f"no answer within {timeout_s:g} s") from None
        except Full:
            raise Unavailable("too many calls were given up and have not ended") from None
        verdict = judge(raw.finish_reason, raw.block_reason, raw.text, raw.usage, prompt.form)
        return Answer(verdict, raw.usage, raw.model or model, time.perf_counter() - started)

    def _heard(self, prompt: Prompt, model: str, timeout_s: float) -> Raw:
        try:
            return self._ask(prompt, model, timeout_s)
        except Exception as error:
            named = self._named(error)
            if named is None:
                logger.warning("The client library failed in a way we do not know: %s", type(error).__qualname__)
                named = Unavailable(f"the client library failed: {type(error).__qualname__}")
        # Raised here, outside the handler: the library's error may quote the conversation and must not tag along.
        raise named

    def _ask(self, prompt: Prompt, model: str, timeout_s: float) -> Raw:
        raise NotImplementedError

    def _named(self, error: Exception) -> AIError | None:
        """`error` as ours, or None when it is not known."""
        raise NotImplementedError


def usable_key(api_key: str) -> str:
    """The key, if it can be sent at all. Raises Misconfigured: without one, a library would look for others' keys."""
    if not api_key:
        raise Misconfigured("GEMINI_API_KEY is not set")
    if not (api_key.isascii() and api_key.isprintable()):
        raise Misconfigured("GEMINI_API_KEY holds characters that no key has")
    return api_key


_REFUSALS = {
    "SAFETY",
    "RECITATION",
    "LANGUAGE",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "SPII",
    "IMAGE_SAFETY",
    "MODEL_ARMOR",
    "JAILBREAK",
}
_NO_REASONS = {"", "FINISH_REASON_UNSPECIFIED", "BLOCK_REASON_UNSPECIFIED", "BLOCKED_REASON_UNSPECIFIED"}
# The older library shows a reason that it does not know as unspecified; the text then decides.
_FINISHED = {"STOP"} | _NO_REASONS


def judge(finish_reason: str, block_reason: str, text: str, usage: Usage, form: Form = REPLY) -> Verdict | Judgement:
    """What an answer says, as `form` reads it. Raises Blocked or Unusable, with the usage that was billed."""
    if block_reason not in _NO_REASONS:
        raise Blocked(f"question refused: {block_reason}", usage=usage)
    if finish_reason in _REFUSALS:
        raise Blocked(f"answer refused: {finish_reason}", usage=usage)
    if finish_reason == "MAX_TOKENS":
        raise Unusable("cut", "the answer did not fit", usage=usage)
    if not text.strip():
        raise Unusable("empty", f"no text: {finish_reason or 'no reason given'}", usage=usage)
    verdict = _read(text, form) if finish_reason in _FINISHED else None
    if verdict is None:
        raise Unusable("malformed", f"not the form we asked for: {finish_reason or 'no reason given'}", usage=usage)
    return verdict


def _read(text: str, form: Form) -> Verdict | Judgement | None:
    """The answer that `text` spells, with or without a code fence around it; None if it does not."""
    unfenced = re.sub(r"^\s*```(?:json)?\s*|\s*```\s*$", "", text, flags=re.IGNORECASE)
    try:
        return form.answer.model_validate_json(unfenced)
    except ValidationError:
        return None


def from_status(status: int, details: Sequence[Any] | None) -> AIError:
    """The error that an HTTP status means. `details` are those of the body, as the service sent them."""
    notes = [note for note in details or () if isinstance(note, Mapping)]
    message = f"HTTP {status}{_reason(notes)}"
    if status == 404:
        return ModelGone(message)
    if status == 429:
        return Busy(message, retry_after_s=_retry_after_s(notes))
    if status in (408, 499, 504):
        return Late(message)
    if 400 <= status < 500:
        return Misconfigured(message)
    return Unavailable(message)


def _reason(notes: Sequence[Mapping[str, Any]]) -> str:
    """ " API_KEY_INVALID": a constant of the service's, the one part of its message that never quotes a request."""
    reason = next((note["reason"] for note in notes if isinstance(note.get("reason"), str)), "")
    return f" {reason}" if re.fullmatch(r"[A-Z0-9_]{1,63}", reason) else ""


def _retry_after_s(notes: Sequence[Mapping[str, Any]]) -> float | None:
    delays = (re.fullmatch(r"(\d+(?:\.\d+)?)s", str(note.get("retryDelay", ""))) for note in notes)
    return next((float(delay[1]) for delay in delays if delay), None)
