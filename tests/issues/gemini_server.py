"""A small HTTP server that answers like Gemini, with whatever a test gives it."""

import json
import socket
import struct
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PATIENCE_S = 5


@dataclass
class Seen:
    path: str
    headers: dict[str, str]
    body: dict


@dataclass
class GeminiServer:
    """`with GeminiServer() as server`: answers `status` and `body` at `url`, and keeps what it was asked in `seen`.

    `gate`, when set, holds every answer back until as many questions wait as the gate counts.
    `manner` is how it answers: "whole", "drip" (a byte every 50 ms, for ever), "hang" or "reset".
    """

    status: int = 200
    body: bytes = b"{}"
    manner: str = "whole"
    gate: threading.Barrier | None = None
    seen: list[Seen] = field(default_factory=list)
    connections: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    def answer(self, body, status: int = 200) -> None:
        self.status = status
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()

    def reset(self) -> None:
        """Ready for another test: what still drips or hangs is let go."""
        self.over.set()
        self.over, self.seen, self.gate, self.manner = threading.Event(), [], None, "whole"

    def __enter__(self) -> "GeminiServer":
        self._http = _Server(("127.0.0.1", 0), _Handler)
        self._http.stand_in = self
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_exc) -> None:
        self.over.set()
        self._http.shutdown()
        self._http.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    stand_in: GeminiServer

    def process_request(self, request, client_address):
        self.stand_in.connections += 1
        super().process_request(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self):
        stand_in = self.server.stand_in
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        stand_in.seen.append(Seen(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        if stand_in.gate:
            stand_in.gate.wait(PATIENCE_S)
        getattr(self, f"_{stand_in.manner}")(stand_in)

    def _whole(self, stand_in: GeminiServer) -> None:
        self.wfile.write(self._head(stand_in.status, len(stand_in.body)) + stand_in.body)

    def _drip(self, stand_in: GeminiServer) -> None:
        over = stand_in.over
        self.wfile.write(self._head(200, 1_000_000))
        while not over.wait(0.05):
            self.wfile.write(b" ")
        self.close_connection = True

    def _hang(self, stand_in: GeminiServer) -> None:
        stand_in.over.wait(PATIENCE_S)
        self.close_connection = True

    def _reset(self, stand_in: GeminiServer) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def _head(self, status: int, length: int) -> bytes:
        return f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n".encode()

    def handle(self):
        try:
            super().handle()
        except OSError:
            self.close_connection = True  # the client has given up, or we have reset the line

    def finish(self):
        try:
            super().finish()
        except OSError:
            self.close_connection = True

    def log_message(self, *args):
        pass
