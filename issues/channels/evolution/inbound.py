"""What Evolution tells us: messages, receipts, the connection. Understands the bodies of versions 1 and 2."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import jwt

from mis_dashboard.lib import wire
from mis_dashboard.lib.wire import Unreadable

from ... import phones
from . import content
from .client import connection_state

__all__ = [
    "Connection",
    "Ignored",
    "Inbound",
    "InboundText",
    "OwnMessage",
    "Receipt",
    "Unreadable",
    "authentic",
    "parse",
    "stripped",
]

# Evolution's clock may be ahead of ours by this much; its tokens live ten minutes.
LEEWAY_S = 60

API_MESSAGE = "send.message"

# What a body holds that must not be kept: keys, addresses, pairing codes, and media in full.
SECRETS = frozenset(
    {"apikey", "server_url", "destination", "base64", "jwt_key", "token"}
    | {"mediaKey", "jpegThumbnail", "qrcode", "pairingCode"}
)

# The wire's words, those of Meta's Business channel, and the numbers behind the former.
DELIVERY = {
    "ERROR": "failed", "FAILED": "failed", "0": "failed",
    "PENDING": "sending", "1": "sending",
    "SERVER_ACK": "sent", "SENT": "sent", "2": "sent",
    "DELIVERY_ACK": "delivered", "DELIVERED": "delivered", "3": "delivered",
    "READ": "read", "4": "read",
    "PLAYED": "read", "5": "read",
}  # fmt: skip


@dataclass(frozen=True)
class InboundText:
    """A customer wrote, or sent something (`kind` "media", `text` its caption).

    `phone` is E.164, and None when WhatsApp hides it: then `lid` is all there is. `sent_at` is
    WhatsApp's time, in UTC; None when it is missing.
    """

    instance: str
    message_id: str
    phone: str | None
    lid: str | None
    name: str
    text: str
    kind: Literal["text", "media"]
    sent_at: datetime | None
    key: str


@dataclass(frozen=True)
class Receipt:
    """What became of the message that the channel knows as `channel_id`. May come late, twice, or before our own 201."""

    channel_id: str
    status: Literal["sending", "sent", "delivered", "read", "failed"]
    key: str


@dataclass(frozen=True)
class OwnMessage:
    """Something was said to a customer from our account: through the API (`by_api`), or by a person on the company's phone.

    A message through the API may be told a second time, as if a person had typed it: `api_key` is the event by which
    it was told first. `phone` and `lid` are as in InboundText.
    """

    channel_id: str
    phone: str | None
    lid: str | None
    text: str
    sent_at: datetime | None
    key: str
    api_key: str
    by_api: bool


@dataclass(frozen=True)
class Connection:
    """The account's connection changed. "close" needs a person; "connecting" does when it lasts."""

    instance: str
    state: Literal["open", "connecting", "close"]
    key: str


@dataclass(frozen=True)
class Ignored:
    """Well-formed and of no concern to us; `why` says why, in a word or two."""

    why: str
    key: str


Inbound = InboundText | Receipt | OwnMessage | Connection | Ignored


def authentic(headers: Mapping[str, str], secret: str) -> bool:
    """Whether the sender knows `secret`: as `X-MIS-Webhook-Secret`, or by an HS256 token as `jwt_key` makes it.

    False when no secret is configured. Bodies are not signed by either, so TLS has to protect them.
    """
    if not secret:
        return False
    if wire.same_secret(wire.header(headers, "X-MIS-Webhook-Secret"), secret):
        return True
    scheme, _blank, token = wire.header(headers, "Authorization").partition(" ")
    return scheme.lower() == "bearer" and _is_token(token.strip(), secret)


def _is_token(token: str, secret: str) -> bool:
    try:
        claims = jwt.decode(token, secret, algorithms=["HS256"], leeway=LEEWAY_S, options={"require": ["exp"]})
    except (jwt.PyJWTError, ValueError, TypeError):
        return False
    return claims.get("app") == "evolution"


def stripped(body: dict[str, Any]) -> dict[str, Any]:
    """The body as it may be stored: without keys, addresses and media, and without what PostgreSQL refuses."""
    return wire.storable(body, drop=SECRETS)


def parse(body: Any) -> Inbound:
    """What the body of a webhook says. Raises Unreadable, naming the field, when it is no such body."""
    event = _Event.read(body)
    return READERS.get(event.name, _other)(event)


@dataclass(frozen=True)
class _Event:
    """The envelope, opened. `when` tells events apart that have no id of their own."""

    name: str
    instance: str
    data: Mapping[str, Any]
    when: str

    @classmethod
    def read(cls, body: Any) -> "_Event":
        if not isinstance(body, Mapping):
            raise Unreadable("body", "write an object.")
        name = wire.identifier(body, "event").lower().replace("_", ".")
        instance = wire.identifier(body, "instance", limit=100)
        if not name or not instance:
            raise Unreadable("instance" if name else "event", "is missing.")
        data = body.get("data")
        if isinstance(data, list) and len(data) == 1:
            data = data[0]
        if not isinstance(data, Mapping):
            if name in READERS:
                raise Unreadable("data", "write one object.")
            data = {"data": data}
        return cls(name, instance, data, wire.any_text(body, "date_time", limit=40))

    def key(self, identity: str, status: str = "") -> str:
        return wire.key("evolution", self.name, self.instance, identity, status)

    def ignored(self, why: str) -> Ignored:
        """Its key is never that of a message: one may follow its empty shell, with the same id."""
        return Ignored(why, self.key(wire.digest(self.data), self.when))


# --- Messages -------------------------------------------------------------------------------


def _message(event: _Event) -> Inbound:
    """A message of a customer, or of ours that a person typed on the company's phone."""
    key, message_id = _key(event)
    if why := _no_customer(key):
        return event.ignored(why)
    kind = content.kind(event.data.get("message"))
    if not kind:
        return event.ignored("nothing said")
    if key.get("fromMe") is True:
        return _own(event, by_api=False)
    return InboundText(
        instance=event.instance,
        message_id=message_id,
        phone=_phone(event),
        lid=_lid(event),
        name=" ".join(wire.any_text(event.data, "pushName", limit=200).split()),
        text=content.spoken(event.data.get("message")),
        kind="text" if kind == "text" else "media",
        sent_at=wire.epoch(event.data.get("messageTimestamp")),
        key=event.key(message_id),
    )


def _api_message(event: _Event) -> Inbound:
    """A message of ours that went through the API: ours, or of another program with the same account."""
    key, _message_id = _key(event)
    if why := _no_customer(key):
        return event.ignored(why)
    return _own(event, by_api=True)


def _own(event: _Event, *, by_api: bool) -> OwnMessage:
    _body, message_id = _key(event)
    return OwnMessage(
        channel_id=message_id,
        phone=_phone(event),
        lid=_lid(event),
        text=content.spoken(event.data.get("message")),
        sent_at=wire.epoch(event.data.get("messageTimestamp")),
        key=event.key(message_id),
        api_key=wire.key("evolution", API_MESSAGE, event.instance, message_id, ""),
        by_api=by_api,
    )


def _key(event: _Event) -> tuple[Mapping[str, Any], str]:
    key = wire.mapping(event.data, "key", path="data.")
    message_id = wire.identifier(key, "id", path="data.key.", limit=128)
    if not message_id:
        raise Unreadable("data.key.id", "is missing.")
    return key, message_id


def _no_customer(key: Mapping[str, Any]) -> str:
    """Why a chat is not one with a customer; "" when it is."""
    jid = wire.text(key, "remoteJid", path="data.key.")
    if jid == "status@broadcast":
        return "status"
    return {"g.us": "group", "broadcast": "broadcast", "newsletter": "newsletter"}.get(jid.partition("@")[2], "")


def _phone(event: _Event) -> str | None:
    """The customer's number, from wherever this version puts it when the chat goes by a hidden id.

    In a message of ours `senderPn` is our own number.
    """
    key = wire.any_mapping(event.data, "key")
    names = ["remoteJid", "remoteJidAlt", "previousRemoteJid"]
    if key.get("fromMe") is not True:
        names.append("senderPn")
    jids = (wire.any_text(place, name) for name in names for place in (key, event.data))
    return next((phone for jid in jids if (phone := phones.canonical(jid))), None)


def _lid(event: _Event) -> str | None:
    key = wire.any_mapping(event.data, "key")
    names = ("remoteJid", "remoteJidAlt", "previousRemoteJid", "senderLid")
    jids = (wire.any_text(place, name, limit=64) for name in names for place in (key, event.data))
    return next((jid for jid in jids if jid.endswith("@lid")), None)


# --- Receipts and the connection ------------------------------------------------------------


def _receipt(event: _Event) -> Inbound:
    """Version 2 names the message `keyId`, and its own row `messageId`; version 1 names the message `id`."""
    data = event.data
    inner = wire.mapping(data, "key", path="data.")
    ids = [wire.identifier(place, name, path="data.", limit=128) for place, name in _id_places(data, inner)]
    channel_id = next((found for found in ids if found), "")
    if not channel_id:
        raise Unreadable("data.keyId", "is missing.")
    if data.get("fromMe", inner.get("fromMe")) is False:
        return event.ignored("a message of theirs")
    if why := _no_customer(data):
        return event.ignored(why)
    word = data.get("status")
    status = DELIVERY.get(str(word).upper()) if isinstance(word, str | int) else None
    if status is None:
        return event.ignored("unknown status")
    return Receipt(channel_id, status, event.key(channel_id, status))  # type: ignore[arg-type]


def _id_places(data: Mapping[str, Any], inner: Mapping[str, Any]) -> list[tuple[Mapping[str, Any], str]]:
    return [(data, "keyId"), (data, "id"), (inner, "id")]


def _connection(event: _Event) -> Inbound:
    state = connection_state(event.data.get("state"))
    return event.ignored("unknown state") if state == "unknown" else _connected(event, state)


def _status(event: _Event) -> Inbound:
    return _connected(event, "close") if event.data.get("status") == "closed" else event.ignored("unknown status")


def _lost(event: _Event) -> Inbound:
    """A pairing code is asked for, or the account was logged out: either way it is not connected."""
    return _connected(event, "close")


def _connected(event: _Event, state: Any) -> Connection:
    return Connection(event.instance, state, event.key(event.when, state))


def _other(event: _Event) -> Inbound:
    return event.ignored("another event")


READERS: dict[str, Callable[[_Event], Inbound]] = {
    "messages.upsert": _message,
    API_MESSAGE: _api_message,
    "messages.update": _receipt,
    "connection.update": _connection,
    "status.instance": _status,
    "qrcode.updated": _lost,
    "logout.instance": _lost,
}
