"""Gemini through `google-genai`, the library in support. It can keep a model from thinking long, and counts thoughts."""

import functools
import json
import re
import warnings
from typing import Any

import httpx2 as http
from django.conf import settings
from google import genai as sdk
from google.genai import errors, types

from .base import (
    HARM_THRESHOLD,
    HARMS,
    MAX_OUTPUT_TOKENS,
    AIError,
    Asker,
    Late,
    Misconfigured,
    Prompt,
    Raw,
    Unavailable,
    Unusable,
    Usage,
    from_status,
    usable_key,
)
from .deadline import MAX_THREADS
from .forms import Form

# A reason younger than the library is not worth a line in the log: `judge` copes with any.
warnings.filterwarnings("ignore", r".* is not a valid (FinishReason|BlockedReason)", UserWarning)

ROLES = {"customer": "user", "us": "model"}
CONNECTIONS = 64
MODELS = 256

# The small models of the third generation on. Larger ones refuse MINIMAL, older ones any level.
THINKS_MINIMALLY = re.compile(r"gemini-(?:[3-9]|\d{2,})\b.*flash-lite")


class GenAI(Asker):
    """Asks Gemini. Keeps its connections and compiled questions, so make one per process, after forking."""

    def __init__(self, api_key: str | None = None, base_url: str | None = None):
        self._client = sdk.Client(
            vertexai=False,
            api_key=usable_key(settings.GEMINI_API_KEY if api_key is None else api_key),
            http_options=types.HttpOptions(
                base_url=base_url or settings.GEMINI_BASE_URL,
                api_version="v1beta",
                retry_options=types.HttpRetryOptions(attempts=1),
                # Never fewer than threads: a call that waits for a connection is late for no reason.
                client_args={"limits": http.Limits(max_connections=MAX_THREADS, max_keepalive_connections=CONNECTIONS)},
            ),
        )
        self._config = functools.lru_cache(maxsize=MODELS)(make_config)

    def _ask(self, prompt: Prompt, model: str, timeout_s: float) -> Raw:
        answer = self._client.models.generate_content(
            model=model,
            contents=[
                types.Content(role=ROLES[turn.role], parts=[types.Part(text=turn.text)]) for turn in prompt.turns
            ],
            config=self._config(model, prompt.system, prompt.form).model_copy(
                update={"http_options": types.HttpOptions(timeout=max(1, round(timeout_s * 1000)))}
            ),
        )
        return translated(answer)

    def _named(self, error: Exception) -> AIError | None:
        match error:
            case errors.APIError():
                return from_status(int(error.code or 0), details_of(error))
            case http.TimeoutException():
                return Late("the line was silent for too long")
            case http.InvalidURL() | http.UnsupportedProtocol() | http.LocalProtocolError():
                return Misconfigured(f"cannot ask: {type(error).__name__}")
            case http.HTTPError():
                return Unavailable(f"out of reach: {type(error).__name__}")
            case json.JSONDecodeError():
                return Unusable("malformed", "the service did not answer in JSON")
        return None


def make_config(model: str, system: str, form: Form) -> types.GenerateContentConfig:
    """Everything of a question that stays the same from customer to customer."""
    minimal = types.ThinkingConfig(thinking_level=types.ThinkingLevel.MINIMAL)
    return types.GenerateContentConfig(
        system_instruction=system,
        candidate_count=1,
        max_output_tokens=MAX_OUTPUT_TOKENS,
        response_mime_type="application/json",
        response_schema=form.schema,
        safety_settings=[
            types.SafetySetting(category=types.HarmCategory(harm), threshold=types.HarmBlockThreshold(HARM_THRESHOLD))
            for harm in HARMS
        ],
        thinking_config=minimal if THINKS_MINIMALLY.search(model) else None,
        # One question is one request: no tool loop, and no following up of an answer that was cut.
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        automatic_continuation=False,
    )


def translated(answer: types.GenerateContentResponse) -> Raw:
    """The library's answer as ours; almost any part of it may be missing."""
    candidate = answer.candidates[0] if answer.candidates else None
    content = candidate.content if candidate else None
    parts = (content.parts if content else None) or []
    feedback = answer.prompt_feedback
    counts = answer.usage_metadata or types.GenerateContentResponseUsageMetadata()
    return Raw(
        text="".join(part.text or "" for part in parts if not part.thought),
        finish_reason=name_of(candidate.finish_reason) if candidate else "",
        block_reason=name_of(feedback.block_reason) if feedback else "",
        usage=Usage.counted(
            prompt=counts.prompt_token_count,
            answer=counts.candidates_token_count,
            cached=counts.cached_content_token_count,
            total=counts.total_token_count,
        ),
        model=answer.model_version or "",
    )


def name_of(reason: Any) -> str:
    return str(reason.value) if reason else ""


def details_of(error: errors.APIError) -> list[Any] | None:
    """The `details` of the error's body, if it has the shape that the service documents."""
    body = error.details
    inner = body.get("error", body) if isinstance(body, dict) else None
    found = inner.get("details") if isinstance(inner, dict) else None
    return found if isinstance(found, list) else None
