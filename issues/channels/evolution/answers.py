"""What Evolution's answers mean. Its status codes alone do not say whether a message went out.

Read from the server's source, tags 2.3.6 and 2.3.7: a 400 may be raised after WhatsApp has
taken the message, and a Business channel reports Meta's errors with 201.
"""

import re
from typing import Any

import httpx
from django.utils.translation import gettext_noop as _

from ..base import NOT_CONNECTED, ChannelError, Misconfigured, Refused, Sent, TryLater, Unsure

# Meta's error codes that are not a plain no: too fast for the account or this customer; key expired.
META_BUSY = {130429, 131056}
META_KEY_EXPIRED = 190
META_WINDOW_CLOSED = 131047

# How the server writes an exception that was thrown while or after sending: "Error: …", "TypeError: …".
THROWN = re.compile(r"\w*(Error|Exception)\b")
# How it rejects a body before looking at it.
REJECTED = re.compile(r"instance |.* is required\b")


def sent_or_raise(status: int, body: Any) -> Sent:
    """What sendText's answer says: the message's id, or one of the errors of `base`."""
    if not 200 <= status < 300:
        raise refusal(status, body)
    key = body.get("key") if isinstance(body, dict) else None
    message_id = key.get("id") if isinstance(key, dict) else None
    if isinstance(message_id, str) and 0 < len(message_id) <= 128:
        return Sent(message_id)
    if isinstance(body, dict) and not key and isinstance(body.get("error"), dict):
        raise _meta(body["error"])
    raise Unsure(_("Evolution's answer could not be read."), "unreadable_answer")


def refusal(status: int, body: Any) -> ChannelError:
    """The error that an answer other than 2xx stands for. What is not known for certain is Unsure."""
    if isinstance(body, dict) and body.get("code") == "LICENSE_REQUIRED":
        return Misconfigured(_("Evolution is not activated: it asks for a licence."), "licence_required")
    if status == 400:
        return _bad_request(_messages(body))
    if status in CONFIGURATION:
        return _configuration(status, _messages(body))
    if status == 429:
        return TryLater(_("Evolution asks us to slow down."), "slow_down")
    if status == 500 and _not_connected(_messages(body)):
        return TryLater(NOT_CONNECTED, "not_connected")
    return Unsure(_("Evolution failed and may have sent the message."), "server_error")


def failure(error: Exception) -> ChannelError:
    """The error that a call without an answer stands for: did our words leave or not?"""
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError):
        return TryLater(_("Evolution cannot be reached."), "unreachable")
    if isinstance(error, httpx.PoolTimeout):
        return TryLater(_("Too many messages are being sent at once."), "busy")
    if isinstance(error, NEVER_CALLED):
        return Misconfigured(_("Evolution's address or key cannot be used as it is written."), "unusable_address")
    if isinstance(error, httpx.TimeoutException):
        return Unsure(_("Evolution did not answer in time and may have sent the message."), "no_answer")
    return Unsure(_("The connection to Evolution broke, and the message may have been sent."), "cut_off")


# The codes of every Misconfigured: nothing goes out before a person repairs the set-up.
MISCONFIGURED = frozenset(
    {"licence_required", "unauthorized", "forbidden", "no_such_instance", "wrong_address", "bad_request"}
    | {"unusable_address", "not_configured", "meta_190"}
)


# --- Details --------------------------------------------------------------------------------

# Proxies answer some of these too: moved elsewhere, not allowed, too large. None lets a message through.
CONFIGURATION = {301, 302, 303, 307, 308, 401, 403, 404, 405, 413, 415, 422}
NEVER_CALLED = (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError, UnicodeError)


def _messages(body: Any) -> list[Any]:
    """`response.message`, which is a text, a list, a list of lists or a list of objects, as one flat list."""
    inner = body.get("response") if isinstance(body, dict) else None
    found = inner.get("message") if isinstance(inner, dict) else None
    flat: list[Any] = []
    for item in found if isinstance(found, list) else [found]:
        flat.extend(item if isinstance(item, list) else [item])
    return flat


def _bad_request(messages: list[Any]) -> ChannelError:
    texts = [m for m in messages if isinstance(m, str)]
    if any(isinstance(m, dict) and m.get("exists") is False for m in messages):
        return Refused(_("This number is not on WhatsApp."), "not_on_whatsapp")
    if any(THROWN.match(text) for text in texts):
        return Unsure(_("Evolution failed while sending, and may have sent the message."), "failed_while_sending")
    if texts and all(REJECTED.match(text) for text in texts):
        return Misconfigured(_("Evolution does not understand our request: check its version."), "bad_request")
    return Unsure(_("Evolution refused, without saying whether the message was sent."), "unknown_refusal")


def _configuration(status: int, messages: list[Any]) -> Misconfigured:
    if status == 401:
        return Misconfigured(_("Evolution does not accept our key: check EVOLUTION_API_KEY."), "unauthorized")
    if status == 403:
        return Misconfigured(_("Evolution does not allow us this: check EVOLUTION_API_KEY."), "forbidden")
    if status == 404 and any("instance does not exist" in m for m in messages if isinstance(m, str)):
        return Misconfigured(_("Evolution has no such instance: check EVOLUTION_INSTANCE."), "no_such_instance")
    if status in {413, 415, 422}:
        return Misconfigured(_("Evolution does not understand our request: check its version."), "bad_request")
    return Misconfigured(_("Nothing answers at this address: check EVOLUTION_BASE_URL."), "wrong_address")


def _not_connected(messages: list[Any]) -> bool:
    """Whether a 500 was raised before sending: by the number check, or because the instance is not loaded."""
    return any(
        isinstance(m, str) and (m == "Connection Closed" or "Cannot read properties of undefined" in m)
        for m in messages
    )


def _meta(error: dict[str, Any]) -> ChannelError:
    code = error.get("code")
    if code in META_BUSY:
        return TryLater(_("WhatsApp asks us to slow down."), f"meta_{code}")
    if code == META_KEY_EXPIRED:
        return Misconfigured(_("WhatsApp does not accept the Business channel's key any more."), f"meta_{code}")
    if code == META_WINDOW_CLOSED:
        return Refused(_("More than 24 hours have passed since the customer last wrote."), f"meta_{code}")
    number = code if isinstance(code, int) else 0
    return Refused(_("WhatsApp refused the message."), f"meta_{number}")
