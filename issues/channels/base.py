"""What every way of speaking to customers has in common."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from django.utils.translation import gettext_noop

# A reason that also we ourselves give, when the line is known to be down.
NOT_CONNECTED = gettext_noop("WhatsApp is not connected.")

State = Literal["open", "connecting", "close", "unknown"]


class ChannelError(Exception):
    """A message did not go out, or may not have. `reason` is fit to show a manager, `code` is for programs.

    `reason` is stored in English, without blanks, and translated when it is shown. Neither names the customer nor quotes what was said.
    """

    def __init__(self, reason: str, code: str):
        super().__init__(f"{code}: {reason}")
        self.reason = reason
        self.code = code


class Refused(ChannelError):
    """The channel said no. Asking again gives the same answer."""


class Misconfigured(ChannelError):
    """Our set-up is wrong: key, instance, licence, address. Nothing was sent, nor will be until a person repairs it."""


class TryLater(ChannelError):
    """Certainly not sent. Asking again may work."""


class Unsure(ChannelError):
    """The line went quiet after we spoke: look before speaking again."""


@dataclass(frozen=True)
class Sent:
    """The channel took the message. Whether it arrives is told later, by receipts that name `channel_id`."""

    channel_id: str


class Channel(Protocol):
    """A way of speaking to customers. May be shared by threads, and used after a fork."""

    def send_text(self, phone: str, text: str) -> Sent:
        """Speaks once to the E.164 number `phone`. Raises ChannelError."""
        ...

    def find_sent(self, phone: str, text: str, since: datetime, *, except_ids: Collection[str] = ()) -> Sent | None:
        """The message of ours that went out from about `since` on, or None after having looked everywhere.

        `except_ids` are messages already accounted for, so that a text that is said twice is found
        twice. Raises Unsure, and only that, when it cannot look: the question is then as open as before.
        """
        ...

    def state(self) -> State:
        """Whether the channel is connected; "unknown" when it cannot be asked. Never raises."""
        ...

    def unfamiliar(self) -> str:
        """The server's version when it is one that we do not know; "" when we do, or cannot ask. Never raises."""
        ...
