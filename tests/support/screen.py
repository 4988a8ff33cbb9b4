"""A manager's open screen without a browser: the socket of a running product, and when what came."""

import re
import time
from contextlib import asynccontextmanager

import aiohttp

from .causes import Causes
from .product import PASSWORD, USER, Product

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class Screen:
    """Acknowledges what it is sent, as the page does."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse):
        self._socket = socket

    async def next(self) -> tuple[dict, float]:
        """The next snapshot, and when it came, in Unix seconds."""
        snapshot = await self._socket.receive_json(timeout=30)
        at = time.time()
        if seq := snapshot.get("seq"):
            await self._socket.send_json({"seq": seq})
        return snapshot, at


@asynccontextmanager
async def screen(product: Product, query: str = "window=1h"):
    """Logs in, and opens the socket of that scope."""
    jar = aiohttp.CookieJar(unsafe=True)  # the address is a number
    async with aiohttp.ClientSession(cookie_jar=jar) as web:
        async with web.get(f"{product.url}/login/") as page:
            token = TOKEN.search(await page.text())[1]
        form = {"username": USER, "password": PASSWORD, "csrfmiddlewaretoken": token}
        async with web.post(f"{product.url}/login/", data=form, allow_redirects=False) as answer:
            assert answer.status == 302, answer.status
        address = f"{product.url}/ws/performance/?{query}".replace("http", "ws", 1)
        async with web.ws_connect(address, headers={"Origin": product.url}) as socket:
            yield Screen(socket)


async def breaches(product: Product, causes: Causes, in_s: list[float]) -> list[float]:
    """Seconds from each deadline until a screen says that one more promise is breached. One after the other."""
    waits = []
    async with screen(product) as manager:
        snapshot, _at = await manager.next()
        for number, wait_s in enumerate(in_s):
            before = snapshot["now"]["breached"]
            due = causes.begin(number, wait_s)
            while snapshot["now"]["breached"] == before:
                snapshot, at = await manager.next()
            waits.append(at - due)
    return waits
