"""WhatsApp through an Evolution API server, versions 2.2 to 2.3.7. Only the calls we make."""

import logging
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx
from django.utils.translation import gettext_noop as _

from mis_dashboard.lib import http, wire

from ... import phones
from ..base import ChannelError, Misconfigured, Refused, Sent, State, Unsure
from .answers import failure, refusal, sent_or_raise
from .content import spoken

log = logging.getLogger("mis.evolution")

CONNECT_S = 3.0
READ_S = 20.0
STATE_S = 5.0
POOL_S = 2.0

# From 2.4 on the server wants a licence, and before 2.2 it speaks differently.
FAMILIAR = ("2.2.", "2.3.")

# WhatsApp's clock and ours may differ by this much, when we look for what we sent.
SKEW = timedelta(seconds=60)
PAGE = 100
MAX_PAGES = 20


class Evolution:
    """One instance, which is one WhatsApp account. May be shared by threads and survives a fork.

    The server has no idempotency key, so what `send_text` leaves Unsure has to be looked for
    with `find_sent`, which needs DATABASE_SAVE_DATA_NEW_MESSAGE=true on the server.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        instance: str,
        transport: httpx.BaseTransport | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ):
        self.configured = bool(base_url and api_key and instance)
        self.instance = quote(instance, safe="")
        self.clock = clock
        self._client = http.PerProcess(
            lambda: http.client(base_url, {"apikey": api_key}, connect_s=CONNECT_S, transport=transport)
        )

    # --- Speaking ---------------------------------------------------------------------------

    def send_text(self, phone: str, text: str) -> Sent:
        """Speaks once. A Brazilian number that is not on WhatsApp is tried in its other form. Raises ChannelError."""
        try:
            return self._send(phone, text)
        except Refused as refused:
            other = phones.other_form(phone)
            if refused.code != "not_on_whatsapp" or other is None:
                raise
            return self._send(other, text)

    def _send(self, phone: str, text: str) -> Sent:
        try:
            # Without `linkPreview: false` the server fetches every address in the text before it sends.
            body = {"number": phones.digits(phone), "text": wire.clean(text), "linkPreview": False}
            response = self._call("POST", f"/message/sendText/{self.instance}", body)
            return sent_or_raise(response.status_code, _json(response))
        except ChannelError as error:
            log.warning("A message was not sent, or may not have been: %s (%s)", error.code, type(error).__name__)
            raise

    # --- Looking ----------------------------------------------------------------------------

    def find_sent(self, phone: str, text: str, since: datetime, *, except_ids: Collection[str] = ()) -> Sent | None:
        """Our message to `phone` with this text, sent from about `since` on; None after having looked everywhere.

        Raises Unsure, and only that, when it cannot look or cannot tell.
        """
        try:
            return self._find(phone, _comparable(text), since - SKEW, except_ids)
        except Unsure:
            raise
        except ChannelError as error:  # these say "not sent" of the question, and would be read as of the message
            raise Unsure(error.reason, error.code) from error

    def _find(self, phone: str, text: str, start: datetime, except_ids: Collection[str]) -> Sent | None:
        wanted, hidden = phones.canonical(phone) or phone, dict[str, str]()
        for key, said in self._own_messages(start):
            if key["id"] in except_ids or _comparable(said) != text:
                continue
            jids = [wire.any_text(key, name) for name in ("remoteJid", "remoteJidAlt")]
            found = {phones.canonical(jid) for jid in jids} - {None}
            if wanted in found:
                return Sent(key["id"])
            lid = next((jid for jid in jids if jid.endswith("@lid")), "")
            if not found and (lid or not any(jids)):
                hidden.setdefault(lid, key["id"])
        return self._among(hidden, phone) if hidden else None

    def _own_messages(self, start: datetime) -> Iterator[tuple[dict[str, Any], str]]:
        """The key and the text of each message of ours since `start`, newest first.

        The server is not asked for the recipient: what it keeps under a hidden id (`@lid`) it
        does not find by phone.
        """
        window = {"gte": _stamp(start), "lte": _stamp(self.clock() + SKEW)}
        where = {"key": {"fromMe": True}, "messageTimestamp": window}
        for page in range(1, MAX_PAGES + 1):
            records, last = self._page({"where": where, "page": page, "offset": PAGE})
            for record in records:
                yield _key(record), spoken(record.get("message"))
            if page >= last:
                return
        raise Unsure(_("Too many messages were sent to look through them."), "too_many_to_look_through")

    def _page(self, query: dict[str, Any]) -> tuple[list[Any], int]:
        """One page of findMessages, and the number of the last."""
        answer = self._ask("POST", f"/chat/findMessages/{self.instance}", query)
        found = answer.get("messages") if isinstance(answer, dict) else None
        records = found.get("records") if isinstance(found, dict) else None
        pages = found.get("pages") if isinstance(found, dict) else None
        if not isinstance(records, list) or not isinstance(pages, int):
            raise _unreadable()
        return records, pages if records else 0

    def _among(self, hidden: dict[str, str], phone: str) -> Sent | None:
        """Which of the messages to hidden ids went to `phone`, as far as WhatsApp tells whose they are."""
        numbers = sorted(phones.digits(form) for form in phones.forms(phone))
        answer = self._ask("POST", f"/chat/whatsappNumbers/{self.instance}", {"numbers": numbers})
        people = [person for person in answer if isinstance(person, dict)] if isinstance(answer, list) else []
        lids = {person["lid"] for person in people if isinstance(person.get("lid"), str) and person["lid"]}
        if not lids or "" in hidden:
            raise Unsure(_("WhatsApp hides to whom the message went."), "recipient_hidden")
        return next((Sent(hidden[lid]) for lid in hidden if lid in lids or lid.partition("@")[0] in lids), None)

    # --- State ------------------------------------------------------------------------------

    def state(self) -> State:
        """Whether the account is connected; "unknown" when the server does not say, or cannot be asked."""
        try:
            answer = self._ask("GET", f"/instance/connectionState/{self.instance}", timeout_s=STATE_S)
        except ChannelError as error:
            log.warning("The state of WhatsApp is not known: %s", error.code)
            return "unknown"
        return connection_state(wire.any_mapping(answer, "instance").get("state") if isinstance(answer, dict) else None)

    def unfamiliar(self) -> str:
        """The server's version when it is not one of those that this was written for; "" also when it cannot be asked."""
        try:
            banner = self._ask("GET", "/", timeout_s=STATE_S)
        except ChannelError:
            return ""
        version = wire.any_text(banner, "version", limit=40) if isinstance(banner, dict) else ""
        return "" if version.startswith(FAMILIAR) else version

    # --- The line ---------------------------------------------------------------------------

    def _ask(self, method: str, path: str, body: Any = None, timeout_s: float = READ_S) -> Any:
        """The JSON of a 2xx answer to a question. Raises ChannelError for any other."""
        response = self._call(method, path, body, timeout_s)
        if not response.is_success:
            raise refusal(response.status_code, _json(response))
        return _json(response)

    def _call(self, method: str, path: str, body: Any, timeout_s: float = READ_S) -> httpx.Response:
        if not self.configured:
            raise Misconfigured(
                _("WhatsApp is not set up: write EVOLUTION_BASE_URL, EVOLUTION_API_KEY and EVOLUTION_INSTANCE."),
                "not_configured",
            )
        try:
            timeout = httpx.Timeout(timeout_s, connect=CONNECT_S, pool=POOL_S)
            return self._client().request(method, path, json=body, timeout=timeout)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise failure(error) from error


def connection_state(state: Any) -> State:
    """Evolution's word for the connection as one of ours. "refused" will not come back by itself either."""
    words: dict[Any, State] = {"open": "open", "connecting": "connecting", "close": "close", "refused": "close"}
    return words.get(state, "unknown") if isinstance(state, str) else "unknown"


def _json(response: httpx.Response) -> Any:
    """The body, or None when it is not JSON: proxies answer in HTML."""
    try:
        return response.json()
    except (ValueError, RecursionError):
        return None


def _key(record: Any) -> dict[str, Any]:
    key = record.get("key") if isinstance(record, dict) else None
    if not isinstance(key, dict) or not isinstance(key.get("id"), str):
        raise _unreadable()
    return key


def _unreadable() -> Unsure:
    return Unsure(_("Evolution's answer could not be read."), "unreadable_answer")


def _comparable(text: str) -> str:
    """`text` as it compares after its journey: the apps change blanks and line ends."""
    return " ".join(text.split())


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
