"""Many open screens at once, in a process of its own: `python -m tests.support.audience URL COOKIE COUNT SECONDS`.

Prints "ready" when all are open, and at the end a line of JSON: for each snapshot number the moments (Unix seconds) at
which the screens had it.
"""

import asyncio
import json
import re
import sys
import time
from collections import defaultdict

import websockets

SEQ = re.compile(r'"seq":(\d+)')
AT_ONCE = 50  # so many are opened at the same time


async def watch(
    url: str, cookie: str, opening: asyncio.Semaphore, seen: dict[int, list[float]], opened: list[int]
) -> None:
    headers = {"Cookie": f"sessionid={cookie}", "Origin": re.sub("^ws", "http", url).split("/ws/")[0]}
    async with opening:
        line = await websockets.connect(url, additional_headers=headers, max_size=None, open_timeout=60)
        first = await line.recv()
        await line.send(f'{{"seq":{SEQ.search(first)[1]}}}')
        opened.append(1)
    async for text in line:
        at = time.time()
        number = int(SEQ.search(text[:60])[1])
        seen[number].append(at)
        await line.send(f'{{"seq":{number}}}')


async def main(url: str, cookie: str, count: int, seconds: float) -> None:
    opening, seen, opened = asyncio.Semaphore(AT_ONCE), defaultdict(list), []
    screens = [asyncio.create_task(watch(url, cookie, opening, seen, opened)) for _ in range(count)]
    while len(opened) < count:
        await asyncio.sleep(0.1)
        if failed := [screen for screen in screens if screen.done()]:
            raise failed[0].exception()
    print("ready", flush=True)
    await asyncio.sleep(seconds)
    print(json.dumps({str(number): moments for number, moments in seen.items()}), flush=True)
    for screen in screens:
        screen.cancel()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))
