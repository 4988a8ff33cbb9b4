"""Customers' messages as GoHighLevel delivers them: many, in any rhythm, and again when they were not taken."""

import asyncio
import random
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

import aiohttp

from .outside import Outside
from .product import Product

AGAIN = {0, 429}  # not reached, or told to come again; 0 is also an answer that was lost on the way
WAITS_S = (0.3, 0.6, 1, 2, 3, 5, 5, 5, 10, 10)
TIMEOUT = aiohttp.ClientTimeout(total=30)

# Every letter of a run has a customer of its own. No area code is as low as the first, whose phones are all nine digits.
_phones = count(5_511_910_000_000 + random.SystemRandom().randrange(40_000_000))


@dataclass
class Letter:
    """One message of one customer, and what the product said to its delivery, and when: `status`, 0 while nothing.

    `code` stands in the text, so that it can be recognised wherever the text goes.
    """

    priority: str = "medium"
    location: str = "loc_one"
    phone: str = field(default_factory=lambda: str(next(_phones)))
    code: str = field(default_factory=lambda: uuid.uuid4().hex[:10])
    event_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    posted_at: float = 0.0
    taken_at: float = 0.0
    status: int = 0
    tries: int = 0

    @property
    def text(self) -> str:
        return f"O pagamento foi recusado e o pedido não saiu ({self.code})"

    def body(self) -> dict:
        """As a workflow's webhook action sends it."""
        data = {"message": self.text, "priority": self.priority, "event_id": self.event_id}
        person = {"contact_id": f"ct{self.phone}", "phone": f"+{self.phone}", "full_name": "Cliente"}
        return {**person, "location": {"id": self.location}, "customData": data}


class Crm:
    """The CRM's side: posts letters to the `product`."""

    def __init__(self, web: aiohttp.ClientSession, product: Product, outside: Outside):
        self.web, self.product = web, product
        self.url = f"{product.url}/api/webhooks/ghl"
        self.headers = {"X-MIS-Webhook-Secret": outside.settings.ghl_secret}

    async def deliver(self, letter: Letter, waits_s: Iterable[float] = WAITS_S) -> None:
        """Delivers until it is taken, refused, or nobody wants to wait any more. The same event each time."""
        letter.posted_at = letter.posted_at or time.time()
        for wait_s in (*waits_s, None):
            letter.status, letter.taken_at = await self._post(letter), time.time()
            if letter.status not in AGAIN or wait_s is None:
                return
            await asyncio.sleep(wait_s * random.uniform(0.8, 1.2))

    async def _post(self, letter: Letter) -> int:
        letter.tries += 1
        try:
            async with self.web.post(self.url, json=letter.body(), headers=self.headers, timeout=TIMEOUT) as answer:
                await answer.read()
                return answer.status
        except (aiohttp.ClientError, TimeoutError, OSError):
            return 0

    async def arrive(self, letters: Iterable[Letter], rate: float = 0, chance: random.Random | None = None) -> None:
        """Delivers all: `rate` a second at random moments, or all at once when it is 0. Returns when all are done with."""
        async with asyncio.TaskGroup() as group:
            for letter, pause_s in zip(letters, pauses(rate, chance or random.Random(7)), strict=False):
                group.create_task(self.deliver(letter))
                if pause_s:
                    await asyncio.sleep(pause_s)


def pauses(rate: float, chance: random.Random) -> Iterator[float]:
    """Seconds between arrivals that know nothing of each other."""
    while True:
        yield chance.expovariate(rate) if rate else 0


@asynccontextmanager
async def crm(product: Product, outside: Outside):
    """A Crm with as many connections as it likes, as the one outside has."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as web:
        yield Crm(web, product, outside)
