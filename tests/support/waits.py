"""How long customers waited for what was said to them."""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from .books import Entry, judge
from .letters import Letter
from .measure import quantile
from .outside import Outside, Said

LOOK_S = 0.2


async def answers(outside: Outside, phones: set[str], within_s: float) -> dict[str, list[Said]]:
    """What was said to the customers with these `phones`, once each has an answer or `within_s` have passed."""
    deadline = time.monotonic() + within_s
    while True:
        said = by_phone(await asyncio.to_thread(outside.said))
        if phones <= said.keys() or time.monotonic() > deadline:
            return said
        await asyncio.sleep(LOOK_S)


def by_phone(said: Iterable[Said]) -> dict[str, list[Said]]:
    found: dict[str, list[Said]] = {}
    for one in said:
        found.setdefault(one.phone, []).append(one)
    return found


def phones(letters: Iterable[Letter]) -> set[str]:
    return {letter.phone for letter in letters}


@dataclass(frozen=True)
class Waits:
    """How long customers waited for their first answer, in seconds, and how many got none, or one too many.

    `at_the_door` is how long each waited for its webhook to be taken; `took_s` is from the first letter to the last
    of these answers.
    """

    seconds: list[float]
    lost: int = 0
    twice: int = 0
    took_s: float = 0.0
    at_the_door: list[float] = field(default_factory=list)

    @classmethod
    def of(cls, letters: list[Letter], said: dict[str, list[Said]], entries: Iterable[Entry]) -> "Waits":
        """`said` is by phone; `entries` are what the product has written down."""
        pairs = [(one.posted_at, said[one.phone][0].at) for one in letters if one.phone in said]
        twice = len(judge(letters, said, entries).twice)
        took_s = max((at for _, at in pairs), default=0.0) - min((posted for posted, _ in pairs), default=0.0)
        at_the_door = [one.taken_at - one.posted_at for one in letters if one.status == 200]
        return cls([at - posted for posted, at in pairs], len(letters) - len(pairs), twice, took_s, at_the_door)

    def ms(self, q: float) -> str:
        return f"{quantile(self.seconds, q) * 1000:.0f}"

    def within(self, limit_s: float) -> float:
        """The share of all customers, those without an answer included, who had one in time."""
        return sum(one <= limit_s for one in self.seconds) / (len(self.seconds) + self.lost)
