"""Gemini through `google-generativeai`, over REST.

Support for that library has ended. It cannot limit how much a model thinks, and sends enums as
numbers; `genai` speaks to the same service and is the way out.
"""

import functools
import logging
import warnings
from typing import Any

from django.conf import settings

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
from .forms import Form

with warnings.catch_warnings():
    # We know that its support has ended, and until when Python 3.11 is supported; nobody who reads our log can act on it.
    warnings.filterwarnings("ignore", r"\s*All support for the `google.generativeai` package", FutureWarning)
    warnings.filterwarnings("ignore", r"You are using a Python version .* Google will stop supporting", FutureWarning)
    import google.generativeai as sdk
from google.ai.generativelanguage import GenerativeServiceClient
from google.api_core.client_options import ClientOptions
from google.api_core.exceptions import GoogleAPICallError
from google.auth.exceptions import GoogleAuthError
from google.protobuf.json_format import ParseError
from requests import exceptions as http
from requests.adapters import HTTPAdapter

logger = logging.getLogger("mis.ai")

ROLES = {"customer": "user", "us": "model"}
CONNECTIONS = 64
# Systems in use at once: companies x languages x prompt versions x forms x models.
MODELS = 256


class GenerativeAI(Asker):
    """Asks Gemini. Keeps its connections and compiled questions, so make one per process, after forking."""

    def __init__(self, api_key: str | None = None, base_url: str | None = None):
        key = usable_key(settings.GEMINI_API_KEY if api_key is None else api_key)
        base_url = base_url or settings.GEMINI_BASE_URL
        # Not `sdk.configure`, which would set key and address for the whole process.
        self._client = GenerativeServiceClient(
            transport="rest", client_options=ClientOptions(api_key=key, api_endpoint=base_url)
        )
        prepare_session(self._client.transport, base_url)
        self._model = functools.lru_cache(maxsize=MODELS)(self._make_model)

    def _make_model(self, model: str, system: str, form: Form) -> Any:
        made: Any = sdk.GenerativeModel(
            model,
            system_instruction=system,
            safety_settings=[{"category": harm, "threshold": HARM_THRESHOLD} for harm in HARMS],
            generation_config={
                "candidate_count": 1,
                "max_output_tokens": MAX_OUTPUT_TOKENS,
                "response_mime_type": "application/json",
                "response_schema": form.schema,
            },
        )
        made._client = self._client  # the library has no public way to give a model its client
        return made

    def _ask(self, prompt: Prompt, model: str, timeout_s: float) -> Raw:
        answer = self._model(model, prompt.system, prompt.form).generate_content(
            [{"role": ROLES[turn.role], "parts": [turn.text]} for turn in prompt.turns],
            # Without "retry": None the library repeats a 503 for ten minutes.
            request_options={"timeout": timeout_s, "retry": None},
        )
        return translated(answer)

    def _named(self, error: Exception) -> AIError | None:
        match error:
            case GoogleAPICallError():
                return from_status(int(error.code or 0), error.details)
            case http.Timeout():
                return Late("the line was silent for too long")
            case http.InvalidURL() | http.InvalidHeader() | http.MissingSchema() | GoogleAuthError():
                return Misconfigured(f"cannot ask: {type(error).__name__}")
            case http.RequestException():
                return Unavailable(f"out of reach: {type(error).__name__}")
            case ParseError():
                return Unusable("malformed", "the service did not answer in JSON")
        return None


def translated(answer: Any) -> Raw:
    """The library's answer as ours. Its own `.text` raises for everything but the ordinary."""
    candidate = answer.candidates[0] if answer.candidates else None
    counts = answer.usage_metadata
    return Raw(
        text="".join(part.text for part in candidate.content.parts) if candidate else "",
        finish_reason=name_of(candidate.finish_reason) if candidate else "",
        block_reason=name_of(answer.prompt_feedback.block_reason),
        usage=Usage.counted(
            prompt=counts.prompt_token_count,
            answer=counts.candidates_token_count,
            cached=counts.cached_content_token_count,
            total=counts.total_token_count,
        ),
        model=answer.model_version,
    )


def name_of(reason: Any) -> str:
    """Its name, or its number: reasons younger than the library arrive as a bare integer."""
    return getattr(reason, "name", str(reason))


def prepare_session(transport: Any, base_url: str) -> None:
    """Makes the library's HTTP session fit for many parallel calls, and cheap.

    Above ten parallel calls `requests` would open a new connection each time, and on every
    request it reads proxies, certificates and ~/.netrc anew: a sixth of what a call costs us.
    """
    session = getattr(transport, "_session", None)
    if session is None:
        logger.warning("The client library hides its session: many parallel calls will each open a connection.")
        return
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(pool_connections=4, pool_maxsize=CONNECTIONS))
    environment = session.merge_environment_settings(base_url, {}, None, None, None)
    session.proxies, session.verify = environment["proxies"], environment["verify"]
    session.trust_env = False
