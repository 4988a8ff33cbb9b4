"""A small web server that remembers what it is posted, in place of the product."""

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiver:
    """`with Receiver() as product:` `posts` are (path, headers, raw body) in the order of arrival.

    `answers` are the statuses to give, one after another; 200 when none is left. `healthy` is what
    /healthz says, and `looks` how often it was asked.
    """

    def __init__(self, port: int = 0):
        self.posts: list[tuple[str, dict, bytes]] = []
        self.answers: list[int] = []
        self.healthy = True
        self.looks = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "Receiver":
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *error) -> None:
        self.stop()

    def stop(self) -> None:
        """Closes the port. Stopping twice is stopping once."""
        self._server.shutdown()
        self._server.server_close()

    @property
    def bodies(self) -> list[dict]:
        return [json.loads(raw) for _, _, raw in list(self.posts)]

    def events(self, name: str) -> list[dict]:
        return [body for body in self.bodies if body.get("event") == name]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                receiver.looks += 1
                self._answer(200 if receiver.healthy else 503)

            def do_POST(self):
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.posts.append((self.path, dict(self.headers), raw))
                self._answer(receiver.answers.pop(0) if receiver.answers else 200)

            def _answer(self, status: int):
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        return Handler


def until(true: Callable[[], object], seconds: float = 5) -> object:
    """What `true` gives as soon as it is something; fails after `seconds`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := true():
            return found
        time.sleep(0.01)
    raise AssertionError(f"not within {seconds} s")
