"""A webhook of our own: JSON to ALERT_WEBHOOK_URL, signed with ALERT_WEBHOOK_SECRET.

The header `X-MIS-Signature: t=UNIX,v1=HEX` holds the HMAC-SHA256 of "UNIX." and the body. `id` in the body is the same when a notice comes
again, so whoever keeps the ids hears each once.
"""

import hashlib
import hmac
import json
import time

import httpx
from django.conf import settings

from mis_dashboard.lib.http import PerProcess, client

from .base import Letter, Refused, Stopped, TryLater, Unsure

TIMEOUT_S = 10
UNCONFIGURED = {401, 403, 404, 410}
PASSING = {408, 425, 429}

_client = PerProcess(lambda: client("", timeout_s=TIMEOUT_S, connections=4))


def send(letter: Letter) -> None:
    """Posts the letter's data. Raises NoticeError."""
    body = json.dumps(letter.data, ensure_ascii=False, separators=(",", ":")).encode()
    headers = {"Content-Type": "application/json", "X-MIS-Signature": signature(body, int(time.time()))}
    try:
        answer = _client().post(settings.ALERT_WEBHOOK_URL, content=body, headers=headers)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise TryLater(type(error).__name__) from None
    except httpx.HTTPError as error:
        raise Unsure(type(error).__name__) from None
    _judge(answer)


def _judge(answer: httpx.Response) -> None:
    reason = str(answer.status_code)
    if answer.is_success:
        return
    if answer.status_code in PASSING or answer.status_code >= 500:
        after = answer.headers.get("Retry-After", "")
        raise TryLater(reason, float(after) if after.isdecimal() else None)
    raise (Stopped if answer.status_code in UNCONFIGURED else Refused)(reason)


def signature(body: bytes, at: int) -> str:
    """What the header says of a body sent at `at` (Unix seconds)."""
    key = settings.ALERT_WEBHOOK_SECRET.encode()
    return f"t={at},v1={hmac.new(key, f'{at}.'.encode() + body, hashlib.sha256).hexdigest()}"
