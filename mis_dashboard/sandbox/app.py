"""The whole sandbox on one port of 127.0.0.1."""

import asyncio
import base64
import contextlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from aiohttp import web

from . import slack
from .customers import population
from .evolution import Evolution
from .gemini import Gemini
from .ghl import Ghl, is_local
from .hooks import Hooks
from .slack import Slack
from .traffic import Traffic

EVOLUTION_WEBHOOK_PATH = "/api/webhooks/evolution"
MAX_BODY = 8 * 1024 * 1024


@dataclass(frozen=True)
class Settings:
    """What the sandbox and the product must agree on. The names in the environment are the product's own.

    `target` is the product's address, "" for none. `seed` fixes people, texts and chance; `run` is mixed
    into every id, so that a second run with the same seed does not look like repeats of the first. `pace`
    multiplies the waits of receipts and customers.
    """

    seed: int = 7
    run: str = ""
    target: str = ""
    pace: float = 1.0
    gemini_key: str = "sandbox-gemini-key"
    evolution_key: str = "sandbox-evolution-key"
    evolution_instance: str = "mis-demo"
    evolution_secret: str = "sandbox-evolution-secret"  # noqa: S105 (of a stand-in)
    ghl_secret: str = "sandbox-ghl-secret"  # noqa: S105
    ghl_token: str = "sandbox-ghl-token"  # noqa: S105
    ghl_private_key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], **others) -> "Settings":
        """Keys and secrets from `environment`; a missing one keeps its default. Raises ValueError for a key that is none."""
        found = {name: environment[variable] for name, variable in VARIABLES.items() if environment.get(variable)}
        if "ghl_secret" in found:  # the product takes several
            found["ghl_secret"] = found["ghl_secret"].split(",")[0].strip()
        if text := environment.get(PRIVATE_KEY_VARIABLE):
            found["ghl_private_key"] = _private_key(text)
        return cls(**{**found, **others})

    def environment(self, url: str) -> dict[str, str]:
        """The product's environment for a sandbox at `url`; with it, `from_environment` gives these settings again."""
        return {
            **{variable: getattr(self, name) for name, variable in VARIABLES.items()},
            "GEMINI_BASE_URL": url,
            "EVOLUTION_BASE_URL": url,
            "GHL_BASE_URL": url,
            "GHL_PUBLIC_KEY": Ghl("", [], Hooks(""), "", "", "", self.ghl_private_key).public_key,
            "SLACK_WEBHOOK_URL": url + slack.PATH,
            PRIVATE_KEY_VARIABLE: base64.b64encode(self.ghl_private_key).decode(),
        }


VARIABLES = {
    "gemini_key": "GEMINI_API_KEY",
    "evolution_key": "EVOLUTION_API_KEY",
    "evolution_instance": "EVOLUTION_INSTANCE",
    "evolution_secret": "EVOLUTION_WEBHOOK_SECRET",
    "ghl_secret": "GHL_WEBHOOK_SECRET",
    "ghl_token": "GHL_API_TOKEN",
}
# Base64 of 32 bytes. The product does not read it: it knows the public half.
PRIVATE_KEY_VARIABLE = "SANDBOX_GHL_PRIVATE_KEY"


def _private_key(text: str) -> bytes:
    with contextlib.suppress(ValueError):
        if len(raw := base64.b64decode(text, validate=True)) == 32:
            return raw
    raise ValueError(f"{PRIVATE_KEY_VARIABLE}: write the base64 of 32 bytes.")


class Sandbox:
    """The outside world: `async with Sandbox(Settings(...)) as box`. `url` is known once it runs.

    No traffic comes and no customer answers until `traffic.modes.on` and
    `evolution.modes.customers_answer` say so. Raises ValueError when the target is not on this machine.
    """

    def __init__(self, settings: Settings | None = None, port: int = 0):
        self.settings = settings = settings or Settings()
        if settings.target and not is_local(settings.target):
            raise ValueError(f"The target is {settings.target!r}: write http://127.0.0.1:PORT.")
        self._port = port
        seed = f"{settings.seed} {settings.run}"
        self.people = population(settings.seed)
        self.hooks = Hooks(seed, settings.pace)
        self.gemini = Gemini(seed, settings.gemini_key)
        self.slack = Slack(seed)
        self.evolution = Evolution(seed, settings.evolution_key, settings.evolution_instance, self.hooks, self.people)
        self.ghl = Ghl(
            seed,
            self.people,
            self.hooks,
            settings.target,
            settings.ghl_secret,
            settings.ghl_token,
            settings.ghl_private_key,
        )
        self.traffic = Traffic(seed, self.people, self.ghl, self.evolution, self.hooks)
        self.url = ""
        if settings.target:
            self.point_webhooks_to(settings.target.rstrip("/") + EVOLUTION_WEBHOOK_PATH)

    def point_webhooks_to(self, url: str) -> None:
        """Where Evolution's webhooks go, with the secret header."""
        self.evolution.point_to(url, {"X-MIS-Webhook-Secret": self.settings.evolution_secret})

    async def __aenter__(self) -> "Sandbox":
        await self.hooks.open()
        self._runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, "127.0.0.1", self._port, backlog=1024).start()
        except OSError:
            await self.__aexit__()
            raise
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self.hooks.start(self.traffic.run())
        return self

    async def __aexit__(self, *error) -> None:
        await self.hooks.close()
        await self._runner.cleanup()

    def _application(self) -> web.Application:
        application = web.Application(client_max_size=MAX_BODY, middlewares=[callers_may_go])
        for part in (self.gemini, self.evolution, self.ghl, self.slack, self.traffic):
            part.routes(application.router)
        return application


@web.middleware
async def callers_may_go(request: web.Request, handler: Callable) -> web.StreamResponse:
    """A caller that is killed while it speaks is no error of ours."""
    try:
        return await handler(request)
    except ConnectionResetError:
        return web.Response()


async def serve(settings: Settings, port: int, prepare: Callable[[Sandbox], None]) -> None:
    """Runs a sandbox until cancelled; `prepare` sets its modes."""
    async with Sandbox(settings, port) as box:
        prepare(box)
        await box.traffic.switched()
        await asyncio.Event().wait()
