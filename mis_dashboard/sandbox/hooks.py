"""Sends webhooks to the product, as a service does: in the background, and again when they fail."""

import asyncio
import contextlib
import json
import random
from collections import Counter
from collections.abc import Coroutine

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector

# Evolution's own list: such answers are final.
FINAL = {400, 401, 403, 404, 422}
ATTEMPTS = 10
FIRST_WAIT_S = 5.0
LONGEST_WAIT_S = 300.0
# Real waits divided by this: a demonstration does not last for hours.
SHORTENED = 10
MOST_WAITING = 5000
TIMEOUT = ClientTimeout(total=30)
UNREACHABLE = 0


class Hooks:
    """The way out of the sandbox. `statuses` counts the answers; 0 is a target that could not be reached.

    `pace` multiplies every wait: 0.01 is a hundred times as fast. Use inside a running event loop.
    """

    def __init__(self, seed: str, pace: float = 1.0):
        self.pace = pace
        self.statuses: Counter[int] = Counter()
        self.given_up = 0
        self._rng = random.Random(f"hooks {seed}")
        self._tasks: set[asyncio.Task] = set()
        self._session: ClientSession | None = None
        self._closed = False

    async def open(self) -> None:
        self._session = ClientSession(connector=TCPConnector(limit=32), timeout=TIMEOUT)

    async def close(self) -> None:
        self._closed = True
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session:
            await self._session.close()

    def start(self, coroutine: Coroutine) -> None:
        """Runs `coroutine` in the background; drops it when far too much is waiting already, or all is ending."""
        if self._closed or len(self._tasks) >= MOST_WAITING:
            self.given_up += 1
            coroutine.close()
            return
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def wait(self, seconds: float) -> None:
        await asyncio.sleep(seconds * self.pace)

    async def post(self, url: str, raw: bytes, headers: dict[str, str]) -> int:
        """The status of one attempt, or 0 when there was no answer."""
        status = UNREACHABLE
        with contextlib.suppress(ClientError, TimeoutError, OSError):
            async with self._session.post(
                url, data=raw, headers={"Content-Type": "application/json", **headers}
            ) as answer:
                await answer.read()
                status = answer.status
        self.statuses[status] += 1
        return status

    async def get_status(self, url: str) -> int:
        with contextlib.suppress(ClientError, TimeoutError, OSError):
            async with self._session.get(url) as answer:
                return answer.status
        return UNREACHABLE

    async def deliver(self, url: str, body: dict, headers: dict[str, str]) -> int:
        """The status of the first attempt. What is not final is tried again in the background, so order may be lost."""
        raw = packed(body)
        status = await self.post(url, raw, headers)
        if not done(status):
            self.start(self._again(url, raw, headers))
        return status

    async def _again(self, url: str, raw: bytes, headers: dict[str, str]) -> None:
        wait_s = FIRST_WAIT_S / SHORTENED
        for _ in range(ATTEMPTS - 1):
            await self.wait(wait_s * self._rng.uniform(0.8, 1.2))
            if done(await self.post(url, raw, headers)):
                return
            wait_s = min(wait_s * 2, LONGEST_WAIT_S / SHORTENED)
        self.given_up += 1


def packed(body: dict) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def done(status: int) -> bool:
    return 200 <= status < 300 or status in FINAL
