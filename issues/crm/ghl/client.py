"""What we ask GoHighLevel: whose contact it is, because its message webhooks carry neither phone nor name."""

import logging
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import httpx
from django.conf import settings
from django.utils.translation import gettext_noop as _

from mis_dashboard.lib import http, wire

from ... import phones

log = logging.getLogger("mis.ghl")

VERSION = "2021-07-28"
CONNECT_S = 3.0
READ_S = 5.0


class CRMError(Exception):
    """The CRM did not answer a question. `reason` is fit to show a manager, once translated; `code` is for programs."""

    def __init__(self, reason: str, code: str):
        super().__init__(f"{code}: {reason}")
        self.reason = reason
        self.code = code


class Misconfigured(CRMError):
    """Token, scope or address is wrong. Asking again helps only after a person has repaired it."""


class TryLater(CRMError):
    """Asking again may work, after `wait_s` seconds where the CRM said so."""

    def __init__(self, reason: str, code: str, wait_s: float | None = None):
        super().__init__(reason, code)
        self.wait_s = wait_s


@dataclass(frozen=True)
class Contact:
    """`phone` is E.164, or None when the CRM has none that is one."""

    phone: str | None
    name: str


class GHL:
    """One location's, or one app's, view of the CRM. May be shared by threads and survives a fork."""

    def __init__(self, base_url: str, token: str, transport: httpx.BaseTransport | None = None):
        self.configured = bool(base_url and token)
        headers = {"Authorization": f"Bearer {token}", "Version": VERSION, "Accept": "application/json"}
        self._client = http.PerProcess(
            lambda: http.client(base_url, headers, timeout_s=READ_S, connect_s=CONNECT_S, transport=transport)
        )

    def phone_of(self, contact_id: str) -> Contact | None:
        """The contact's phone and name; None when there is no such contact. Raises CRMError."""
        try:
            response = self._get(f"/contacts/{quote(contact_id, safe='')}")
            if response.is_success:
                return _contact(response)
            _raise_unless_missing(response)
            return None
        except CRMError as error:
            log.warning("The CRM did not say whose contact it is: %s", error.code)
            raise

    def _get(self, path: str) -> httpx.Response:
        if not self.configured:
            raise Misconfigured(_("The CRM is not set up: write GHL_API_TOKEN."), "not_configured")
        try:
            return self._client().get(path)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError, UnicodeError) as error:
            raise Misconfigured(
                _("GHL_BASE_URL or GHL_API_TOKEN cannot be used as written."), "unusable_address"
            ) from error
        except httpx.HTTPError as error:
            raise TryLater(_("The CRM cannot be reached."), "unreachable") from error


def crm() -> GHL:
    """The CRM of the settings, one per process. When it is not configured, asking raises Misconfigured."""
    return _ghl(settings.GHL_BASE_URL, settings.GHL_API_TOKEN)


def configured() -> bool:
    return bool(settings.GHL_BASE_URL and settings.GHL_API_TOKEN)


@lru_cache(maxsize=4)
def _ghl(base_url: str, token: str) -> GHL:
    return GHL(base_url, token)


def _contact(response: httpx.Response) -> Contact:
    contact = _json(response).get("contact")
    if not isinstance(contact, dict):
        raise TryLater(_("The CRM's answer could not be read."), "unreadable_answer")
    first_and_last = f"{wire.any_text(contact, 'firstName')} {wire.any_text(contact, 'lastName')}"
    name = " ".join((wire.any_text(contact, "name") or first_and_last).split())
    return Contact(phones.canonical(wire.any_text(contact, "phone")), name[:200])


def _raise_unless_missing(response: httpx.Response) -> None:
    """Raises what the answer stands for, unless there is no such contact, for which the CRM has three codes."""
    status = response.status_code
    if status in {400, 404, 422}:
        return
    if status in {401, 403}:
        raise Misconfigured(_("The CRM does not accept GHL_API_TOKEN, or it lacks contacts.readonly."), "unauthorized")
    if status == 429:
        raise TryLater(_("The CRM asks us to slow down."), "slow_down", wait_s=_interval_s(response))
    if status < 500:
        raise Misconfigured(_("No CRM answers at GHL_BASE_URL."), "wrong_address")
    raise TryLater(_("The CRM failed."), "server_error")


def _interval_s(response: httpx.Response) -> float | None:
    """How long the CRM counts requests before it forgets them: it sends no Retry-After."""
    milliseconds = response.headers.get("X-RateLimit-Interval-Milliseconds", "")
    return int(milliseconds) / 1000 if milliseconds.isascii() and milliseconds.isdigit() else None


def _json(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}
