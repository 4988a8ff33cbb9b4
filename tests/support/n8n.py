"""n8n, for tests: runs a workflow (`n8n.mjs`) whose HTTP calls reach Django's test client."""

import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

HERE = Path(__file__).parent


def node() -> str:
    """Node itself, or the one that comes with Playwright."""
    if found := shutil.which("node"):
        return found
    import playwright

    return str(Path(playwright.__file__).parent / "driver" / "node")


@dataclass(frozen=True)
class Call:
    """One HTTP call of a workflow, and what was answered."""

    method: str
    path: str
    body: dict | None
    status: int
    answer: dict | None


@dataclass
class Run:
    """What a workflow did: its calls in order, how long it waited, what it told its own caller, and why it stopped."""

    calls: list[Call] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    responses: list[tuple[int, object]] = field(default_factory=list)
    error: dict | None = None

    def to(self, path: str) -> list[Call]:
        return [call for call in self.calls if call.path.split("?")[0] == path]


class N8n:
    """`N8n(client, credentials).run(workflow)`. `credentials` are headers by the credential's name.

    Calls to other machines than `mis` are answered by `elsewhere`, prompts by `thinks`. `before` is called with each
    call and each wait before it happens: that is when the world outside may change.
    """

    def __init__(
        self,
        client,
        credentials: dict[str, dict[str, str]],
        *,
        mis: str = "mis.example.com",
        elsewhere: Callable[[str, dict | None], tuple[int, dict]] = lambda url, body: (404, {}),
        thinks: Callable[[str], str] = lambda prompt: "Olá! Já estamos cuidando disso.",
        before: Callable[[dict], None] = lambda call: None,
    ):
        self.client, self.credentials, self.mis = client, credentials, mis
        self.elsewhere, self.thinks, self.before = elsewhere, thinks, before

    def run(self, workflow: dict, *start: dict) -> Run:
        """One run, begun with the items `start`, or an empty one."""
        run = Run()
        command = [node(), str(HERE / "n8n.mjs")]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            _tell(process, {"workflow": workflow, "start": list(start) or [{}]})
            for line in process.stdout:
                message = json.loads(line)
                if "done" in message:
                    run.error = message["error"]
                    return run
                _tell(process, self._answer(run, message))
        raise AssertionError("the workflow ended without a word")

    def _answer(self, run: Run, message: dict) -> dict:
        if "prompt" in message:
            return {"text": self.thinks(message["prompt"])}
        if "wait" in message:
            run.waits.append(message["wait"])
            self.before(message)
            return {}
        if "respond" in message:
            run.responses.append((message["respond"], message["body"]))
            return {}
        self.before(message)
        return self._call(run, message)

    def _call(self, run: Run, message: dict) -> dict:
        url, body = urlsplit(message["url"]), message["body"]
        if url.hostname != self.mis:
            status, answer = self.elsewhere(message["url"], body and json.loads(body))
        else:
            status, answer = self._to_mis(url, message)
        run.calls.append(Call(message["method"], url.path, body and json.loads(body), status, answer))
        return {"status": status, "body": answer}

    def _to_mis(self, url, message: dict) -> tuple[int, dict]:
        headers = message["headers"] | self.credentials.get(message["credential"], {})
        path = url.path + (f"?{url.query}" if url.query else "")
        answer = self.client.generic(
            message["method"], path, message["body"] or "", content_type="application/json", headers=headers
        )
        return answer.status_code, json.loads(answer.content)


def _tell(process: subprocess.Popen, message: dict) -> None:
    process.stdin.write(json.dumps(message) + "\n")
    process.stdin.flush()
