"""A sandbox in a thread of its own, for tests and for programs that are not asynchronous."""

import asyncio
import threading
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from .app import Sandbox, Settings
from .customers import Person
from .modes import change

START_S = 10
CALL_S = 60


@dataclass(frozen=True)
class Sent:
    """A WhatsApp message that the product sent. `phone` is digits, `at` is in unix seconds."""

    phone: str
    text: str
    at: float
    id: str


class SandboxThread:
    """`with SandboxThread(target=…) as box:` a sandbox on a free port; the arguments are those of `Settings`.

    Nothing comes from it unless asked for. Every method may be called from any thread.
    """

    def __init__(self, port: int = 0, **settings):
        self._box = Sandbox(Settings(**settings), port)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sandbox", daemon=True)

    def __enter__(self) -> "SandboxThread":
        self._thread.start()
        try:
            self._await(self._box.__aenter__())
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *error) -> None:
        try:
            self._await(self._box.__aexit__())
        finally:
            self._stop()

    def _stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(START_S)
        self._loop.close()

    def _await(self, coroutine: Coroutine) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(CALL_S)

    # --- What there is ---

    @property
    def url(self) -> str:
        return self._box.url

    @property
    def settings(self) -> Settings:
        return self._box.settings

    @property
    def people(self) -> list[Person]:
        return self._box.people

    @property
    def ghl_public_key(self) -> str:
        return self._box.ghl.public_key

    def environment(self) -> dict[str, str]:
        """The product's environment, or the settings of a test, that make it use this sandbox."""
        return self.settings.environment(self.url)

    # --- What happened ---

    @property
    def sent(self) -> list[Sent]:
        """What the product sent by WhatsApp, oldest first."""

        async def copied() -> list[Sent]:
            return [Sent(m.phone, m.text, m.at, m.id) for m in self._box.evolution.memory.sent()]

        return self._await(copied())

    @property
    def gemini_calls(self) -> int:
        return self._box.gemini.calls

    @property
    def embed_calls(self) -> int:
        return self._box.gemini.embed_calls

    @property
    def slack_posts(self) -> list[dict]:
        return list(self._box.slack.posts)

    @property
    def webhook_statuses(self) -> dict[int, int]:
        """What the product answered to all our webhooks: how many of each status; 0 is "not reached"."""
        return dict(self._box.hooks.statuses)

    # --- What shall happen ---

    def set_gemini(self, **changes) -> None:
        """Changes modes of Gemini (`GeminiModes`), such as latency_ms=50 or fail={"503": 1}. Raises BadMode."""
        self._await(self._changed(self._box.gemini.modes, changes))

    def set_evolution(self, **changes) -> None:
        """Changes modes of Evolution (`EvolutionModes`), such as accept_then_hang=1. Raises BadMode."""
        self._await(self._changed(self._box.evolution.modes, changes))
        self._await(self._box.evolution.announce())

    def set_slack(self, **changes) -> None:
        self._await(self._changed(self._box.slack.modes, changes))

    def set_traffic(self, **changes) -> None:
        """Changes the traffic (`TrafficModes`), such as on=True, per_minute=600. Raises BadMode."""
        self._await(self._changed(self._box.traffic.modes, changes))
        self._await(self._box.traffic.switched())

    async def _changed(self, modes: Any, changes: dict[str, Any]) -> None:
        change(modes, changes)

    def point_webhooks_to(self, url: str) -> None:
        """Where Evolution's webhooks go, when not to the target."""
        self._box.point_webhooks_to(url)

    def post_workflow(
        self,
        text: str,
        *,
        person: Person | None = None,
        issue_type="customer_complaint",
        priority="medium",
        event_id="",
    ) -> int:
        """The product's status for a CRM workflow webhook about `person` (the first of the population by default)."""
        body = self._box.ghl.workflow(person or self.people[0], text, issue_type, priority, event_id)
        return self._await(self._box.ghl.post_workflow(body))

    def post_app(self, text: str, *, person: Person | None = None, with_contact: bool = True) -> int:
        """The product's status for a signed InboundMessage, after a signed ContactCreate unless told otherwise."""
        person = person or self.people[0]
        if with_contact:
            self._await(self._box.ghl.post_app(self._box.ghl.contact_created(person)))
        return self._await(self._box.ghl.post_app(self._box.ghl.inbound_message(person, text)))

    def customer_writes(self, text: str, *, person: Person | None = None) -> str:
        """The WhatsApp id of a message from `person`, told to the product as messages.upsert."""
        person = person or self.people[0]
        return self._await(self._box.evolution.customer_writes(person.digits, text, person.first_name)).id
