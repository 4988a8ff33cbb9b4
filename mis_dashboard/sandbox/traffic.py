"""The customers' day: who complains when, and which way it reaches the product."""

import asyncio
import contextlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from aiohttp import web

from .complaints import Complaint, complaint
from .customers import Person
from .evolution import Evolution
from .ghl import Ghl
from .hooks import UNREACHABLE, Hooks
from .modes import TrafficModes, control

SAO_PAULO = timezone(timedelta(hours=-3))
WAYS = {"workflow": 0.65, "app": 0.22, "whatsapp": 0.13}
LOOK_AGAIN_S = 1.0
# Complaints by hour of a São Paulo day, as multiples of the day's mean.
DAY = [
    0.2,
    0.1,
    0.1,
    0.1,
    0.1,
    0.2,
    0.4,
    0.8,
    1.4,
    1.8,
    1.9,
    1.7,
    1.4,
    1.5,
    1.7,
    1.7,
    1.6,
    1.5,
    1.3,
    1.2,
    1.1,
    1.0,
    0.7,
    0.5,
]


@dataclass(frozen=True)
class Arrival:
    """One complaint on its way. `gap` is the time since the one before, in mean gaps; `repeated` comes twice."""

    gap: float
    way: str
    person: Person
    complaint: Complaint
    repeated: bool = False


def day_curve(hour: float) -> float:
    """How busy `hour` (0 to 24, São Paulo) is against the day's mean of 1."""
    return DAY[int(hour) % 24] / (sum(DAY) / 24)


def arrivals(seed: str, people: list[Person], modes: TrafficModes) -> Iterator[Arrival]:
    """Complaints without end, Poisson with small bursts. Everybody complains once before anybody does again."""
    rng = random.Random(f"traffic {seed}")
    deck: list[Person] = []
    burst = 0
    while True:
        if not deck:
            deck = rng.sample(people, len(people))
        person = deck.pop()
        told = complaint(rng, person.location.business, person.mood, person.language)
        gap = rng.expovariate(20 if burst else 1)
        starts, repeated = rng.random() < modes.burst, rng.random() < modes.repeat
        burst = burst - 1 if burst else rng.randint(2, 4) * starts
        yield Arrival(gap, rng.choices(list(WAYS), WAYS.values())[0], person, told, repeated)


class Traffic:
    """Sends arrivals while it is on and the product answers. `arrived` counts them by way."""

    def __init__(self, seed: str, people: list[Person], ghl: Ghl, evolution: Evolution, hooks: Hooks):
        self.modes = TrafficModes()
        self.arrived = dict.fromkeys(WAYS, 0)
        self._arrivals = arrivals(seed, people, self.modes)
        self._rng = random.Random(f"repeats {seed}")
        self._ghl, self._evolution, self._hooks = ghl, evolution, hooks
        self._healthy = False
        self._switched = asyncio.Event()

    def routes(self, router: web.UrlDispatcher) -> None:
        show, set_ = control(
            self.modes, lambda: {"arrived": self.arrived, "target_healthy": self._healthy}, self.switched
        )
        router.add_get("/sandbox/traffic", show)
        router.add_post("/sandbox/traffic", set_)

    async def switched(self) -> None:
        """To be called when `modes` changed."""
        self._switched.set()

    async def run(self) -> None:
        """For ever: waits until the product is healthy, then lets complaints arrive. Survives its restarts."""
        while True:
            if not self.modes.on or not self.modes.per_minute:
                await self._wait(None)
            elif not self._healthy:
                await self._look()
            else:
                arrival = next(self._arrivals)
                if await self._wait(arrival.gap * self._mean_gap_s()):
                    continue  # the rate changed while we waited
                self._hooks.start(self._arrive(arrival))

    def _mean_gap_s(self) -> float:
        now = datetime.now(SAO_PAULO)
        busy = day_curve(now.hour + now.minute / 60) if self.modes.day_curve else 1.0
        return 60 / (self.modes.per_minute * busy)

    async def _wait(self, seconds: float | None) -> bool:
        """Whether a switch was thrown within `seconds` (None: however long it takes)."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._switched.wait(), seconds)
            self._switched.clear()
            return True
        return False

    async def _look(self) -> None:
        self._healthy = await self._hooks.get_status(f"{self._ghl.target}/healthz") == 200
        if not self._healthy:
            await self._wait(LOOK_AGAIN_S)

    async def _arrive(self, arrival: Arrival) -> None:
        self.arrived[arrival.way] += 1
        self._evolution.new_matter(arrival.person.digits)
        if arrival.way == "whatsapp":
            person = arrival.person
            await self._evolution.customer_writes(person.digits, arrival.complaint.text, person.first_name)
            return
        await self._from_crm(arrival)

    async def _from_crm(self, arrival: Arrival) -> None:
        person, told = arrival.person, arrival.complaint
        post: Any = self._ghl.post_workflow
        body = self._ghl.workflow(person, told.text, told.type, told.priority)
        if arrival.way == "app":
            post = self._ghl.post_app
            await post(self._ghl.contact_created(person))
            body = self._ghl.inbound_message(person, told.text)
        if await post(body) == UNREACHABLE:
            self._healthy = False
        elif arrival.repeated:
            await self._hooks.wait(self._rng.uniform(1, 5))
            await post(body)
