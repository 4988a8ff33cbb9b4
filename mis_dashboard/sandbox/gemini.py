"""The stand-in Gemini: generateContent, embedContent and batchEmbedContents, in both libraries' dialects."""

import asyncio
import itertools
import json
import math
import random
import re
import time
import zlib
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import lru_cache

from aiohttp import web

from .modes import GeminiModes, control, latency_s, one_of
from .obedience import obeyed
from .reading import after, plain, understand
from .replies import reply_to
from .schema import answer, option

# Shut down at the real service, for every key.
GONE = ("gemini-1", "gemini-2.0", "gemini-pro", "text-embedding-004", "embedding-001")
CHARS_PER_TOKEN = 4
HEARD_AT_MOST = 20_000
FULL_SIZE = 3072

# A customer's words, or name, between markers with a code that changes with every question.
FENCED = re.compile(r"<(?P<tag>\w+)-(?P<code>\w+)>(?P<text>.*?)</(?P=tag)-(?P=code)>", re.DOTALL)
NAME_TAGS = {"nome", "name", "cliente", "customer"}
NAMELESS = {"desconhecido", "desconhecida", "unknown"}
NAME_LINE = re.compile(
    r"^\s*(?:nome(?: do cliente)?|cliente|customer(?: name)?|name)\s*:\s*([^\n<]{1,60})$", re.I | re.M
)
MESSAGE_LINE = re.compile(r"^\s*(?:mensagem(?: do cliente)?|message)\s*:\s*(.+)\Z", re.I | re.M | re.S)

ERRORS = {
    "429": (429, "RESOURCE_EXHAUSTED", "You exceeded your current quota, please check your plan and billing details."),
    "500": (500, "INTERNAL", "An internal error has occurred. Please retry."),
    "503": (503, "UNAVAILABLE", "The model is overloaded. Please try again later."),
    "504": (504, "DEADLINE_EXCEEDED", "Deadline expired before operation could complete."),
}


@dataclass(frozen=True)
class Question:
    """A request, whichever dialect it came in. `schema` is None when plain text is wanted.

    `ours` is what the product has said since the customer's last words, as when it asks whether all is solved.
    """

    text: str
    name: str
    schema: dict | None
    tokens: int
    most_tokens: int | None
    system: str = ""
    all_said: str = ""
    ours: str = ""


@dataclass(frozen=True)
class Heard:
    """When a question arrived (unix seconds), for which model, and the customer's last words in it."""

    at: float
    model: str
    text: str


class Gemini:
    """Answers as the service would. `calls` counts generateContent requests, `embed_calls` the others.

    `heard` holds the last of the former, oldest first.
    """

    def __init__(self, seed: str, api_key: str):
        self.api_key = api_key
        self.modes = GeminiModes()
        self.calls = 0
        self.embed_calls = 0
        self.heard: deque[Heard] = deque(maxlen=HEARD_AT_MOST)
        self._rng = random.Random(f"gemini {seed}")
        self._ids = itertools.count(1)
        self._seed = seed

    def routes(self, router: web.UrlDispatcher) -> None:
        models = "/{version:v1|v1beta}/models/{model}"
        router.add_post(f"{models}:generateContent", self._guarded(self.generate, read))
        router.add_post(f"{models}:embedContent", self._guarded(self.embed_one, read_text))
        router.add_post(f"{models}:batchEmbedContents", self._guarded(self.embed_many, read_texts))
        show, set_ = control(self.modes, lambda: {"calls": self.calls, "embed_calls": self.embed_calls})
        router.add_get("/sandbox/gemini", show)
        router.add_post("/sandbox/gemini", set_)
        router.add_get("/sandbox/gemini/heard", self.told)

    async def told(self, request: web.Request) -> web.Response:
        return web.json_response([asdict(question) for question in self.heard])

    def _guarded(self, handler: Callable, reader: Callable) -> Callable:
        """`handler` for what `reader` can read, with our key and a model that exists; the service's errors for others."""

        async def guarded(request: web.Request) -> web.Response:
            if self.modes.down:
                return dropped(request)
            if (request.headers.get("x-goog-api-key") or request.query.get("key")) != self.api_key:
                return bad_key()
            model = request.match_info["model"]
            if model.startswith(GONE):
                return gone(model, request.match_info["version"], request.path.rsplit(":", 1)[-1])
            try:
                asked = reader(json.loads(await request.read()))
            except (ValueError, TypeError, AttributeError, KeyError):
                return bad_request("Invalid JSON payload received.")
            return await handler(asked, model)

        return guarded

    async def generate(self, question: Question, model: str) -> web.Response:
        self.calls += 1
        self.heard.append(Heard(time.time(), model, question.text))
        failure = await self._pause(1)
        if failure in ERRORS:
            return service_error(failure, model)
        if failure in REFUSALS:
            return self._answer(REFUSALS[failure], model, question.tokens)
        thought = 12 + question.tokens // 40
        text, finish = answered(question, obey=self.modes.obey), "STOP"
        if failure == "malformed":
            text = "Claro! Segue a resposta em JSON: {reply: Oi, tudo bem"
        if failure == "cut" or (question.most_tokens and tokens(text) + thought > question.most_tokens):
            text, finish = text[: max(8, len(text) // 3)], "MAX_TOKENS"
        candidate = {"content": {"parts": [{"text": text}], "role": "model"}, "finishReason": finish, "index": 0}
        return self._answer({"candidates": [candidate]}, model, question.tokens, tokens(text), thought)

    async def embed_one(self, texts: list[tuple[str, int]], model: str) -> web.Response:
        return await self._embed(texts, model, lambda vectors: {"embedding": vectors[0]})

    async def embed_many(self, texts: list[tuple[str, int]], model: str) -> web.Response:
        return await self._embed(texts, model, lambda vectors: {"embeddings": vectors})

    async def _embed(self, texts: list[tuple[str, int]], model: str, shaped: Callable) -> web.Response:
        self.embed_calls += 1
        failure = await self._pause(1 / 4)
        if failure in ERRORS:
            return service_error(failure, model)
        return reply(shaped([{"values": embedding(text, size)} for text, size in texts]))

    async def _pause(self, share: float) -> str:
        """The failure that this call meets, after a `share` of the latency."""
        failure, wait_s = one_of(self._rng, self.modes.fail), latency_s(self._rng, self.modes) * share
        if failure == "slow":
            wait_s = self.modes.slow_ms / 1000
        if wait_s:
            await asyncio.sleep(wait_s)
        return failure

    def _answer(self, result: dict, model: str, asked: int, said: int = 0, thought: int = 0) -> web.Response:
        usage = {"promptTokenCount": asked}
        if said:
            usage |= {"candidatesTokenCount": said, "thoughtsTokenCount": thought}
        usage["totalTokenCount"] = asked + said + thought
        usage["promptTokensDetails"] = [{"modality": "TEXT", "tokenCount": asked}]
        named = {"modelVersion": model, "responseId": f"Sbx{zlib.crc32(self._seed.encode()):08x}r{next(self._ids):07d}"}
        return reply({**result, "usageMetadata": usage, **named})


# --- The question -------------------------------------------------------------------------------


def read(body: dict) -> Question:
    """The question in `body`: the last words of the customer, and the form the answer must have."""
    contents = option(body, "contents") or []
    if not isinstance(contents, list) or not contents:
        raise ValueError("contents is missing")
    said = [_text(content) for content in contents if content.get("role", "user") == "user"]
    config = option(body, "generationConfig") or {}
    wants_json = "json" in str(option(config, "responseMimeType") or "")
    schema = option(config, "responseSchema") or option(config, "responseJsonSchema") or {}
    system = _text(option(body, "systemInstruction") or {})
    most = option(config, "maxOutputTokens")
    return Question(
        text=_last_words(said),
        name=_name(said),
        schema=schema if wants_json else None,
        tokens=tokens(system) + sum(tokens(_text(content)) for content in contents),
        most_tokens=int(most) if most else None,
        system=system,
        all_said="\n".join(_customers_words(said)),
        ours=_said_since(contents),
    )


def read_text(body: dict) -> list[tuple[str, int]]:
    """The text of an embedContent request and the size of its vector, as a list of one."""
    return [(_text(body["content"]), int(option(body, "outputDimensionality") or FULL_SIZE))]


def read_texts(body: dict) -> list[tuple[str, int]]:
    """The texts of a batchEmbedContents request, each with the size of its vector."""
    return [pair for one in body["requests"] for pair in read_text(one)]


def answered(question: Question, *, obey: bool = False) -> str:
    """What the model says: JSON that fits the schema, or plain text when none was asked for.

    A model that would `obey` says what the customer's words order it to say, if they do.
    """
    reading = after(understand(question.text), question.ours)
    ordered = obeyed(question.all_said, question.system) if obey else ""
    reply = ordered or reply_to(reading, question.text, question.name)
    if question.schema is None:
        return reply
    return answer(question.schema, reading, reply, question.text, question.name)


def tokens(text: str) -> int:
    return -(-len(text) // CHARS_PER_TOKEN)


def _text(content: dict) -> str:
    return "".join(part.get("text", "") for part in content.get("parts") or [])


def _customers_words(said: list[str]) -> list[str]:
    """What stands between markers, the customer's name apart; everything when nothing does."""
    fenced = [m["text"] for one in said for m in FENCED.finditer(one) if m["tag"].lower() not in NAME_TAGS]
    return fenced or said


def _last_words(said: list[str]) -> str:
    if fenced := _customers_words(said) if any(map(FENCED.search, said)) else []:
        return fenced[-1].strip()
    last = said[-1] if said else ""
    labelled = MESSAGE_LINE.search(last)
    return (labelled[1] if labelled else last).strip()


def _said_since(contents: list[dict]) -> str:
    """What the product has said after the customer's last fenced words; "" when the customer has the last word."""
    ours = ""
    for content in contents:
        text = _text(content)
        if content.get("role", "user") != "user":
            ours = text
        elif FENCED.search(text):
            ours = ""
    return ours


def _name(said: list[str]) -> str:
    fenced = [m["text"] for one in said for m in FENCED.finditer(one) if m["tag"].lower() in NAME_TAGS]
    labelled = NAME_LINE.search("\n".join(said)) if not fenced else None
    name = (fenced[-1] if fenced else labelled[1] if labelled else "").strip()
    return "" if name.lower() in NAMELESS else name


# --- The answer ---------------------------------------------------------------------------------

REFUSALS = {
    "blocked": {
        "promptFeedback": {
            "blockReason": "SAFETY",
            "safetyRatings": [{"category": "HARM_CATEGORY_DANGEROUS_CONTENT", "probability": "HIGH", "blocked": True}],
        }
    },
    "safety": {
        "candidates": [
            {
                "finishReason": "SAFETY",
                "index": 0,
                "safetyRatings": [{"category": "HARM_CATEGORY_HARASSMENT", "probability": "HIGH", "blocked": True}],
            }
        ]
    },
    "empty": {"candidates": []},
}


def reply(body: dict, status: int = 200) -> web.Response:
    """`body` as JSON, made whole so that it leaves in one send."""
    raw = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return web.Response(body=raw, status=status, content_type="application/json", charset="utf-8")


def error(status: int, name: str, message: str, details: list[dict] | None = None) -> web.Response:
    body = {"code": status, "message": message, "status": name}
    return reply({"error": {**body, "details": details} if details else body}, status)


def service_error(failure: str, model: str) -> web.Response:
    status, name, message = ERRORS[failure]
    return error(status, name, message, _quota(model) if status == 429 else None)


def gone(model: str, version: str, method: str) -> web.Response:
    message = f"models/{model} is not found for API version {version}, or is not supported for {method}."
    return error(404, "NOT_FOUND", message)


def bad_key() -> web.Response:
    info = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "API_KEY_INVALID",
        "domain": "googleapis.com",
        "metadata": {"service": "generativelanguage.googleapis.com"},
    }
    return error(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", [info])


def bad_request(message: str) -> web.Response:
    violation = {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [{"description": message}]}
    return error(400, "INVALID_ARGUMENT", message, [violation])


def dropped(request: web.Request) -> web.Response:
    """Closes the connection without a word, as a service that has gone does."""
    if request.transport:
        request.transport.abort()
    return web.Response()


def _quota(model: str) -> list[dict]:
    violation = {
        "quotaMetric": "generativelanguage.googleapis.com/generate_content_paid_tier_requests",
        "quotaId": "GenerateRequestsPerMinutePerProjectPerModel",
        "quotaDimensions": {"location": "global", "model": model},
        "quotaValue": "1000",
    }
    return [
        {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [violation]},
        {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "27s"},
    ]


# --- Embeddings ---------------------------------------------------------------------------------


# Words that change nothing about what is meant.
POLITE = frozenset(
    re.findall(
        r"\w+",
        "oi ola bom boa dia tarde noite gente tudo bem por favor podem poderiam me ajudar ver isso para mim aguardo um retorno "
        "desde ja agradeco a atencao verificar respondam estou preocupada e agora hello hi please thank you",
    )
)


def embedding(text: str, size: int) -> list[float]:
    """A vector of `size` for `text`: near for texts that share words, far for others, the same for the same.

    Words count most, letter triples make up for endings. Below 3072 it has no unit length, as at the
    real service.
    """
    values = [0.0] * size
    for word in re.findall(r"\w+", plain(text)):
        weight = 0.1 if word in POLITE else 1.0 if len(word) > 3 else 0.3
        _add(values, word, weight)
        for start in range(len(word) - 2):
            _add(values, f"#{word[start : start + 3]}", weight * 0.35)
    length = math.sqrt(sum(value * value for value in values)) or 1.0
    scale = (1.0 if size >= FULL_SIZE else 0.7) / length
    return [round(value * scale, 6) for value in values]


def _add(values: list[float], feature: str, weight: float) -> None:
    for place, sign in _places(feature, len(values)):
        values[place] += weight * sign


@lru_cache(maxsize=8192)
def _places(feature: str, size: int) -> list[tuple[int, int]]:
    """Where one feature goes: eight places, so that a short text still makes a full vector."""
    draw = random.Random(zlib.crc32(feature.encode()))
    return [(draw.randrange(size), draw.choice((-1, 1))) for _ in range(8)]
