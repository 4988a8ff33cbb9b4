"""Many open screens at once, in a process of its own: `python -m tests.support.audience URL COOKIE COUNT SECONDS`.

Prints "ready" when all are open, and at the end a line of JSON: for each snapshot number the moments (Unix seconds) at
which the screens had all of it. It reads no more of a frame than its length and its number, so that what it measures is
the server's time and not its own.
"""

import asyncio
import base64
import json
import os
import random
import re
import struct
import sys
import time
from collections import defaultdict
from urllib.parse import urlsplit

SEQ = re.compile(rb'"seq":(\d+)')
ACK_WITHIN_S = 0.3
AT_ONCE = 50  # so many are opened at the same time
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


class Screen(asyncio.Protocol):
    """One socket of a browser (RFC 6455): shakes hands, acknowledges every snapshot, and notes when it had it."""

    def __init__(self, request: bytes, seen: dict[int, list[float]]):
        self.request, self.seen = request, seen
        self.buffer = bytearray()
        self.is_open, self.first = False, asyncio.get_running_loop().create_future()

    def connection_made(self, transport) -> None:
        self.transport = transport
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        at = time.time()
        self.buffer += data
        if not self.is_open:
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            assert self.buffer.startswith(b"HTTP/1.1 101"), bytes(self.buffer[:200])
            self.is_open = True
            del self.buffer[: end + 4]
        while frame := self._frame():
            self._take(*frame, at)

    def _frame(self) -> tuple[int, bytes] | None:
        """The kind and the beginning of the next whole frame, which is taken off the buffer; None while it is on its way."""
        if len(self.buffer) < 2:
            return None
        kind, size, head = self.buffer[0] & 15, self.buffer[1] & 127, 2
        if size > 125:
            form, head = (">H", 4) if size == 126 else (">Q", 10)
            if len(self.buffer) < head:
                return None
            (size,) = struct.unpack_from(form, self.buffer, 2)
        if len(self.buffer) < head + size:
            return None
        beginning = bytes(self.buffer[head : head + min(size, 60)])
        del self.buffer[: head + size]
        return kind, beginning

    def _take(self, kind: int, beginning: bytes, at: float) -> None:
        if kind == PING:
            self._send(PONG, beginning)
        if kind != TEXT:
            return
        number = int(SEQ.search(beginning)[1])
        if self.first.done():
            self.seen[number].append(at)
        else:
            self.first.set_result(number)
        # As our page does, so that not all answer in the same moment (`ACK_WITHIN_MS` in live.js).
        asyncio.get_running_loop().call_later(ACK_WITHIN_S * random.random(), self._send, TEXT, b'{"seq":%d}' % number)

    def _send(self, kind: int, text: bytes) -> None:
        # The mask of zeros leaves the text as it is.
        self.transport.write(bytes([128 | kind, 128 | len(text), 0, 0, 0, 0]) + text)

    def connection_lost(self, error) -> None:
        if not self.first.done():
            self.first.set_exception(error or ConnectionError("closed"))


def request(url: str, cookie: str) -> bytes:
    place = urlsplit(url)
    return (
        f"GET {place.path}?{place.query} HTTP/1.1\r\nHost: {place.netloc}\r\nOrigin: http://{place.netloc}\r\n"
        f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\nCookie: sessionid={cookie}\r\n\r\n"
    ).encode()


async def main(url: str, cookie: str, count: int, seconds: float) -> None:
    opening, seen, place = asyncio.Semaphore(AT_ONCE), defaultdict(list), urlsplit(url)
    loop = asyncio.get_running_loop()

    async def watch() -> asyncio.Transport:
        async with opening:
            transport, screen = await loop.create_connection(
                lambda: Screen(request(url, cookie), seen), place.hostname, place.port
            )
            await asyncio.wait_for(screen.first, 60)
            return transport

    transports = await asyncio.gather(*(watch() for _ in range(count)))
    seen.clear()
    print("ready", flush=True)
    await asyncio.sleep(seconds)
    print(json.dumps({str(number): moments for number, moments in seen.items()}), flush=True)
    for transport in transports:
        transport.abort()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))
