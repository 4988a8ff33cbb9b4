"""What WhatsApp remembers in the sandbox: messages both ways, newest last, bounded."""

import hashlib
import itertools
import math
import time
import zlib
from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from datetime import datetime

KEPT = 20_000
INSTANCE_ID = "5b0c0000-0000-4000-8000-000000000001"
OWN_JID = "5511900000099@s.whatsapp.net"


@dataclass
class Message:
    """One message as Evolution keeps it. `at` is in unix seconds with fractions; `statuses` grow as receipts come."""

    id: str
    row: str
    jid: str
    from_me: bool
    name: str
    text: str
    at: float
    statuses: list[str] = field(default_factory=list)
    lid: str = ""  # by which WhatsApp hides the phone
    nameless: bool = False  # and does not tell it at all

    @property
    def phone(self) -> str:
        return self.jid.split("@")[0]

    def data(self) -> dict:
        """The message as in the answer to sendText and in the events send.message and messages.upsert."""
        return {
            "key": self._key(),
            "pushName": self.name,
            "status": "PENDING" if self.from_me else "DELIVERY_ACK",
            "message": {"conversation": self.text},
            "contextInfo": None,
            "messageType": "conversation",
            "messageTimestamp": int(self.at),
            "instanceId": INSTANCE_ID,
            "source": "web" if self.from_me else "android",
        }

    def _key(self) -> dict:
        plain = {"remoteJid": self.jid, "fromMe": self.from_me, "id": self.id}
        if not self.lid:
            return plain
        told = {} if self.nameless else {"remoteJidAlt": self.jid}
        return plain | {"remoteJid": self.lid, "addressingMode": "lid"} | told

    def record(self) -> dict:
        """The message as findMessages lists it: without a status of its own."""
        data = self.data()
        del data["status"]
        return {"id": self.row, **data, "MessageUpdate": [{"status": status} for status in self.statuses]}


class Memory:
    """The last messages. Ids are the same for the same `seed` and order. `accepted` counts all that were sent."""

    def __init__(self, seed: str, kept: int = KEPT):
        self._seed = seed
        self._kept = kept
        self._count = itertools.count(1)
        self._messages: OrderedDict[str, Message] = OrderedDict()
        self.sent_by_phone: Counter[str] = Counter()
        self.accepted = 0

    def keep(self, jid: str, text: str, at: float, *, from_me: bool, name: str) -> Message:
        number = next(self._count)
        code = hashlib.sha256(f"{self._seed} {number}".encode()).hexdigest().upper()
        key = f"3EB0{code[:16]}" if from_me else f"3A{code[:18]}"
        message = Message(key, f"cmsbx{number:020d}", jid, from_me, name, text, at)
        self._messages[key] = message
        if from_me:
            self.accepted += 1
            self.sent_by_phone[message.phone] += 1
        if len(self._messages) > self._kept:
            self._forget_oldest()
        return message

    def _forget_oldest(self) -> None:
        _, oldest = self._messages.popitem(last=False)
        if oldest.from_me:
            self.sent_by_phone[oldest.phone] -= 1
            if not self.sent_by_phone[oldest.phone]:
                del self.sent_by_phone[oldest.phone]

    def sent(self) -> list[Message]:
        """What the product sent, oldest first."""
        return [message for message in list(self._messages.values()) if message.from_me]

    def find(self, where: dict) -> list[Message]:
        """The messages that match all of `where`, newest first, with the quirks of the real query.

        `fromMe: false` filters nothing, and a window needs both bounds. Raises ValueError for a date that is none.
        """
        key, window = where.get("key") or {}, _window(where.get("messageTimestamp"))
        if key.get("id"):
            found = [self._messages[key["id"]]] if key["id"] in self._messages else []
        else:
            found = list(reversed(self._messages.values()))
        return [message for message in found if _matches(message, key, window)]


def old_message(jid: str, number: int, name: str) -> Message:
    """The `number`-th message from before a number was paired, an hour older than the one before; each third is the company's."""
    from_me = number % 3 == 2
    at = time.time() - 3600 * (number + 1)
    text = f"Mensagem antiga {number + 1}"
    return Message(f"3AOLD{number:013d}", f"cmold{number:020d}", jid, from_me, "Você" if from_me else name, text, at)


def lid_of(jid: str) -> str:
    """The id by which WhatsApp hides the phone of `jid`: always the same one."""
    return f"{10**14 + zlib.crc32(jid.encode())}@lid"


def jid_of(number: str) -> str:
    """The address WhatsApp uses for `number`: a JID as it is, or digits with Evolution's rule for the Brazilian ninth.

    It is dropped where the area code is 31 or more and the rest begins with 7, 8 or 9.
    """
    if "@" in number:
        return number
    digits = "".join(c for c in number if c.isdigit())
    if (
        len(digits) == 13
        and digits.startswith("55")
        and digits[4] == "9"
        and int(digits[2:4]) >= 31
        and digits[5] in "789"
    ):
        digits = digits[:4] + digits[5:]
    return f"{digits}@s.whatsapp.net"


def _matches(message: Message, key: dict, window: tuple[int, int] | None) -> bool:
    if key.get("remoteJid") and key["remoteJid"] != (message.lid or message.jid):
        return False
    if key.get("fromMe") and not message.from_me:
        return False
    return window is None or window[0] <= int(message.at) <= window[1]


def _window(bounds: dict | None) -> tuple[int, int] | None:
    if not bounds or "gte" not in bounds or "lte" not in bounds:
        return None
    return _seconds(bounds["gte"]), _seconds(bounds["lte"])


def _seconds(text: str) -> int:
    return math.floor(datetime.fromisoformat(str(text).replace("Z", "+00:00")).timestamp())
