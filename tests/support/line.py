"""A WhatsApp line and a model that do as they are told, and remember what really happened."""

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

from django.utils import timezone

from issues.ai import base as ai
from issues.ai import forms
from issues.channels import base as channels
from issues.models import Response
from issues.models.response import State


class Wrong(BaseException):
    """Something that must never happen has happened in the middle of a step; nothing of ours may catch it."""


class Died(BaseException):
    """The worker was killed where this is raised: nothing after it happens, not even tidying up."""


@dataclass
class Heard:
    """One message that the customer's phone showed."""

    phone: str
    text: str
    channel_id: str
    at: datetime
    response_id: object = None


def nothing() -> None:
    pass


def surely(step: Callable[[], None]) -> None:
    """`step`, whose errors pass through whatever would outlive them."""
    try:
        step()
    except Exception as error:
        raise Wrong(repr(error)) from error


FAILURES = {
    "refuses": channels.Refused("The number is not on WhatsApp", "not_on_whatsapp"),
    "cannot": channels.TryLater("WhatsApp is not connected", "connection_closed"),
    "misconfigured": channels.Misconfigured("The key is wrong", "unauthorized"),
}
UNSURE = channels.Unsure("The line went quiet", "timeout")


class Line:
    """A channel. `heard` is the truth, whatever was answered to the sender.

    `then` is what comes of the next sending; afterwards it is "accepts" again. `meanwhile` happens while the
    message is under way. With `blind` nobody can look what went out.
    """

    OUTCOMES = ["accepts", *FAILURES, "unsure, heard", "unsure, not heard", "dies before", "dies after"]

    def __init__(self):
        self.heard: list[Heard] = []
        self.then, self.meanwhile, self.blind = "accepts", nothing, False
        self.stands: channels.State = "open"
        self.speaking: list[object] = []
        self.on_speaking: Callable[[Response], None] = lambda response: None
        self.numbers, self.lock = count(1), threading.Lock()

    def send_text(self, phone: str, text: str) -> channels.Sent:
        outcome, self.then = self.then, "accepts"
        meanwhile, self.meanwhile = self.meanwhile, nothing
        response = self._said_now(phone, text)
        try:
            surely(lambda: self.on_speaking(response))
            return self._outcome(outcome, meanwhile, response)
        finally:
            with self.lock:
                self.speaking.remove(response.pk)

    def _outcome(self, outcome: str, meanwhile: Callable[[], None], response: Response) -> channels.Sent:
        heard = None
        if outcome in ("accepts", "unsure, heard", "dies after"):
            heard = self._hear(response)
        surely(meanwhile)
        if outcome in FAILURES:
            raise FAILURES[outcome]
        if outcome.startswith("unsure"):
            raise UNSURE
        if heard is None or outcome == "dies after":
            raise Died
        return channels.Sent(heard.channel_id)

    def _said_now(self, phone: str, text: str) -> Response:
        """The row that these words are of: only one that is SPEAKING may be said, and the latest is meant."""
        with self.lock:
            said = Response.objects.filter(state=State.SPEAKING, spoken_to=phone, text=text)
            response = said.exclude(pk__in=self.speaking).order_by("-spoken_at").select_related("issue").first()
            if response is None:
                raise Wrong("said without being claimed to be said")
            self.speaking.append(response.pk)
        return response

    def _hear(self, response: Response) -> Heard:
        with self.lock:
            number = f"3EB0{next(self.numbers):016X}"
            self.heard.append(Heard(response.spoken_to, response.text, number, timezone.now(), response.pk))
            return self.heard[-1]

    def find_sent(self, phone, text, since: datetime, *, except_ids: Collection[str] = ()) -> channels.Sent | None:
        if self.blind:
            raise channels.Unsure("Cannot look", "find_failed")
        found = (h for h in self.heard if (h.phone, h.text) == (phone, text) and h.at >= since)
        return next((channels.Sent(h.channel_id) for h in found if h.channel_id not in except_ids), None)

    def state(self) -> channels.State:
        return self.stands

    def unfamiliar(self) -> str:
        return ""

    def age(self, by: timedelta) -> None:
        for heard in self.heard:
            heard.at -= by


USAGE = ai.Usage(100, 20, 0, 0)


class Mind:
    """A thinker. No two of its replies are the same. `then` and `meanwhile` are as for the line."""

    OUTCOMES = ["answers", "wants a person", "fails", "blocks", "dies"]

    def __init__(self):
        self.then, self.meanwhile, self.numbers = "answers", nothing, count(1)
        self.lock = threading.Lock()

    def think(self, prompt: ai.Prompt, *, model: str, timeout_s: float) -> ai.Answer:
        outcome, meanwhile = self.then, self.meanwhile
        if outcome != "fails":
            self.then = "answers"
        self.meanwhile = nothing
        surely(meanwhile)
        if outcome == "dies":
            raise Died
        if outcome == "fails":
            raise ai.Unavailable("HTTP 503")
        if outcome == "blocks":
            raise ai.Blocked("answer refused: SAFETY")
        if prompt.form is forms.TRIAGE:
            judgement = forms.Judgement(resolved=outcome == "answers", reason="O cliente ainda espera.")
            return ai.Answer(judgement, USAGE, model, 0.01)
        return ai.Answer(self._verdict(outcome), USAGE, model, 0.01)

    def _verdict(self, outcome: str) -> ai.Verdict:
        with self.lock:
            number = next(self.numbers)
        return ai.Verdict(
            is_issue=True,
            issue_type="access_problem",
            priority="medium",
            sentiment="neutral",
            needs_human=outcome == "wants a person",
            human_reason="",
            reply=f"Abra a página de acesso e toque em Entrar ({number}).",
        )
