"""The sandbox in a process of its own, so that it takes no time from the measuring and outlives what is killed."""

import http.client
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from urllib.error import URLError
from urllib.request import Request, urlopen

from mis_dashboard.sandbox.app import Settings
from mis_dashboard.sandbox.evolution import SEND_FAILURES

from .product import ROOT, free_port

READY_S = 30
REPEAT = "possible repeat"


@dataclass(frozen=True)
class Said:
    """A message that WhatsApp took from the product. `at` is in unix seconds."""

    phone: str
    text: str
    at: float


@dataclass(frozen=True)
class Post:
    """A message that Slack took from the product. `repeat`: it says that it may be one."""

    text: str
    at: float
    repeat: bool


@dataclass(frozen=True)
class Heard:
    """A question that reached Gemini at `at`: the customer's last words in it."""

    at: float
    model: str
    text: str


class Outside:
    """`with Outside() as outside:` a sandbox that answers at once. `environment` leads a product there.

    `target` is where WhatsApp's receipts go, the product's address; "" for nowhere.
    """

    def __init__(self, *, target: str = "", seed: int = 7):
        self.settings, self.port, self.target, self.seed = Settings(), free_port(), target, seed
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = self.settings.environment(self.url)

    def __enter__(self) -> "Outside":
        command = [sys.executable, "-m", "mis_dashboard.sandbox", "--calm", "--quiet", "--rate", "0"]
        command += ["--port", str(self.port), "--seed", str(self.seed), "--target", self.target]
        self.process = subprocess.Popen(command, cwd=ROOT, env=os.environ | self.environment)
        self._wait_until_ready()
        return self

    def __exit__(self, *error) -> None:
        self.process.terminate()
        self.process.wait(10)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_S
        while True:
            try:
                self._ask("/sandbox/gemini")
                return
            except (URLError, OSError, http.client.HTTPException):
                assert self.process.poll() is None, "the sandbox has ended"
                assert time.monotonic() < deadline, "the sandbox does not answer"
                time.sleep(0.05)

    # --- How it behaves ---

    def gemini(self, **modes) -> None:
        """Changes modes of Gemini (`GeminiModes`)."""
        self._ask("/sandbox/gemini", modes)

    def evolution(self, **modes) -> None:
        """Changes modes of Evolution (`EvolutionModes`)."""
        self._ask("/sandbox/evolution", modes)

    def slack(self, **modes) -> None:
        """Changes modes of Slack (`SlackModes`)."""
        self._ask("/sandbox/slack", modes)

    def calm(self) -> None:
        """No latency and no failure, with every latency the same once it is set."""
        fail = dict.fromkeys(self._ask("/sandbox/gemini")["fail"], 0)
        self.gemini(latency_ms=0, spread=0, fail=fail, down=False)
        self.evolution(latency_ms=0, spread=0, down=False, **dict.fromkeys(SEND_FAILURES, 0))

    # --- What it saw ---

    def said(self) -> list[Said]:
        """What the product said by WhatsApp, oldest first."""
        return [Said(one["phone"], one["text"], one["at"]) for one in self._ask("/sandbox/sent")]

    def heard(self) -> list[Heard]:
        """What the product asked Gemini, oldest first."""
        return [Heard(one["at"], one["model"], one["text"]) for one in self._ask("/sandbox/gemini/heard")]

    def posts(self) -> list[Post]:
        """What the product posted to Slack, oldest first."""
        found = self._ask("/sandbox/slack/posts")
        return [Post(one["text"], one["at"], REPEAT in json.dumps(one, ensure_ascii=False)) for one in found]

    def _ask(self, path: str, change: dict | None = None):
        body = None if change is None else json.dumps(change).encode()
        with urlopen(Request(self.url + path, body, {"Content-Type": "application/json"}), timeout=20) as answer:
            return json.loads(answer.read())
