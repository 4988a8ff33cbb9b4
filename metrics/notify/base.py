"""What every outlet is given, and how it says that it could not. Errors are named by what the sender should do."""

from collections.abc import Callable
from dataclasses import dataclass, field


class NoticeError(Exception):
    """A notice did not go out, or may not have. `reason` names the kind of failure, and tells no address."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason[:40]


class Refused(NoticeError):
    """This one will never be taken: something is wrong with the notice itself."""


class Stopped(NoticeError):
    """Nothing will be taken until a person repairs the set-up."""


class TryLater(NoticeError):
    """Certainly not sent. `after_s` is what the service has asked for, if it did."""

    def __init__(self, reason: str, after_s: float | None = None):
        super().__init__(reason)
        self.after_s = after_s


class Unsure(NoticeError):
    """It may have been heard, and no answer came."""


@dataclass(frozen=True)
class Letter:
    """A notice in words. `fields` are label and value; `link` leads to the rows, and is empty without PUBLIC_URL.

    `reference` names the incident, so that all that is said of one can be found together. `key` is the notice's own name, the same
    when it is said again, `to` are the e-mail addresses of its rule, if it has its own. No part tells of any person outside of our staff.
    """

    kind: str
    severity: str
    title: str
    summary: str
    fields: list[tuple[str, str]]
    paragraphs: list[str]
    link: str
    link_text: str
    reference: str
    at: str
    key: str
    data: dict
    to: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All of it as plain text."""
        lines = [self.summary, "", *(f"{label}: {value}" for label, value in self.fields), "", *self.paragraphs]
        return "\n".join([*lines, *([f"\n{self.link_text}: {self.link}"] if self.link else []), "", self.reference])


Send = Callable[[Letter], None]
