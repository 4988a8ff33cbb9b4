"""How the outside world behaves: switched while it runs, by a test or through POST /sandbox/NAME."""

import dataclasses
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

GEMINI_FAILURES = ("503", "429", "500", "504", "slow", "blocked", "safety", "cut", "empty", "malformed")


class BadMode(ValueError):
    """A mode that does not exist, or a value that it cannot have. The text says what to write."""


@dataclass
class GeminiModes:
    """`latency_ms` is the median of a log-normal; `fail` holds the share (0 to 1) of calls that fail, by failure.

    `slow` calls are answered after `slow_ms`. `down` drops every connection. With `obey`, the model does whatever
    the customer's words demand.
    """

    latency_ms: float = 0
    spread: float = 0.35
    slow_ms: float = 30_000
    fail: dict[str, float] = field(default_factory=lambda: dict.fromkeys(GEMINI_FAILURES, 0.0))
    down: bool = False
    obey: bool = False


@dataclass
class EvolutionModes:
    """Shares are from 0 to 1, of sends unless said. `closed` is a number that was logged out; `down` drops connections.

    `accept_then_hang` takes the message and stays silent for `hang_s`; `accept_then_400` takes it and says
    "Error: …"; `drop_before` and `drop_after` close the connection before and after taking it. `told_first` sends
    are told by webhook, with their first receipts, before the answer; `echoed` ones are told a second time, as if a
    person had typed them. Phones in `hidden` go by WhatsApp's own id, and are not told at all in `nameless` of their
    messages. When the number comes back after it was `closed`, `history` old messages are told again.
    """

    latency_ms: float = 0
    spread: float = 0.35
    hang_s: float = 60
    not_on_whatsapp: float = 0  # of phones
    accept_then_hang: float = 0
    accept_then_400: float = 0
    connection_closed: float = 0
    drop_before: float = 0
    drop_after: float = 0
    closed: bool = False
    down: bool = False
    refused_later: float = 0  # of accepted messages: ERROR instead of SERVER_ACK
    never_delivered: float = 0  # of accepted messages: one tick for ever
    never_read: float = 0.25  # of delivered messages
    customers_answer: bool = False
    told_first: float = 0
    echoed: float = 0  # of accepted messages
    hidden: float = 0  # of phones
    nameless: float = 0  # of messages with a hidden phone
    history: int = 0


@dataclass
class SlackModes:
    """`status` is what every post is answered; 200 is "ok". A 429 asks for `retry_after_s`. `down` drops every connection unread.

    `accept_then_hang` and `drop_after` are shares (0 to 1) of posts that are taken, and answered after `hang_s` or never.
    `refuse_blocks`: only plain text is taken.
    """

    status: int = 200
    down: bool = False
    retry_after_s: float = 1
    accept_then_hang: float = 0
    hang_s: float = 8
    drop_after: float = 0
    refuse_blocks: bool = False


@dataclass
class TrafficModes:
    """Arrivals a minute, on average and before bursts. `day_curve` makes them follow the hours of a São Paulo day.

    Shares are of arrivals: some start a `burst`, some are delivered twice (`repeat`).
    """

    on: bool = False
    per_minute: float = 12
    day_curve: bool = False
    burst: float = 0.04
    repeat: float = 0.03


def change(modes: Any, changes: dict[str, Any]) -> None:
    """Applies `changes` to `modes`, all or none; a `fail` is merged. Raises BadMode."""
    if not isinstance(changes, dict):
        raise BadMode("Write a JSON object of modes.")
    checked = {name: _checked(modes, name, value) for name, value in changes.items()}
    for name, value in checked.items():
        setattr(modes, name, value)


def _checked(modes: Any, name: str, value: Any) -> Any:
    names = [one.name for one in dataclasses.fields(modes)]
    if name not in names:
        raise BadMode(f"There is no {name!r}. Write one of {', '.join(names)}.")
    current = getattr(modes, name)
    if isinstance(current, dict):
        return {**current, **_shares(value, set(current))}
    if isinstance(current, bool):
        if not isinstance(value, bool):
            raise BadMode(f"{name} is true or false.")
        return value
    return _number(name, value)


def _shares(value: Any, known: set[str]) -> dict[str, float]:
    if not isinstance(value, dict) or set(value) - known:
        raise BadMode(f"Write shares from 0 to 1 for some of {', '.join(sorted(known))}.")
    shares = {name: _number(name, share) for name, share in value.items()}
    if any(share > 1 for share in shares.values()):
        raise BadMode("A share is from 0 to 1.")
    return shares


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise BadMode(f"{name} is a number from 0 up.")
    return value


def one_of(rng: random.Random, shares: dict[str, float]) -> str:
    """The failure that this call meets, or "" for none. One draw, so a seed gives the same calls their failures."""
    drawn = rng.random()
    for name, share in shares.items():
        if drawn < share:
            return name
        drawn -= share
    return ""


def latency_s(rng: random.Random, modes: GeminiModes | EvolutionModes) -> float:
    """A latency in seconds around the median of `modes`; most calls near it, a few much slower."""
    drawn = rng.gauss(0, 1)
    return modes.latency_ms / 1000 * math.exp(modes.spread * drawn) if modes.latency_ms else 0.0


def control(modes: Any, state: Callable[[], dict[str, Any]], changed: Callable[[], Any] | None = None):
    """Two handlers: what `modes` are (with `state`), and one that changes them. `changed` is awaited after a change."""

    async def show(request: web.Request) -> web.Response:
        return web.json_response({**dataclasses.asdict(modes), **state()})

    async def set_(request: web.Request) -> web.Response:
        try:
            change(modes, await request.json())
        except ValueError as error:
            return web.json_response({"error": str(error)}, status=400)
        if changed:
            await changed()
        return await show(request)

    return show, set_
