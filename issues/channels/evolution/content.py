"""What is said in a WhatsApp message, in any of the forms in which Evolution 1 and 2 pass it on."""

from collections.abc import Mapping
from typing import Any

from mis_dashboard.lib.wire import any_text

# A message inside a message: disappearing, to be seen once, a document with words.
WRAPPERS = (
    "ephemeralMessage",
    "viewOnceMessage",
    "viewOnceMessageV2",
    "viewOnceMessageV2Extension",
    "documentWithCaptionMessage",
    "associatedChildMessage",  # one picture of an album
    "deviceSentMessage",  # ours, from another of our devices
)
# Where words are; an answer to buttons, a list or a form is words too.
WORDS = (
    ("extendedTextMessage", "text"),
    ("buttonsResponseMessage", "selectedDisplayText"),
    ("templateButtonReplyMessage", "selectedDisplayText"),
    ("listResponseMessage", "title"),
    ("interactiveResponseMessage", "body"),
)
# Parts by which nobody says anything: reactions, votes, and what the apps tell each other.
SILENT = {
    "albumMessage",
    "editedMessage",
    "encEventResponseMessage",
    "encReactionMessage",
    "fastRatchetKeySenderKeyDistributionMessage",
    "keepInChatMessage",
    "messageContextInfo",
    "pinInChatMessage",
    "pollUpdateMessage",
    "protocolMessage",
    "reactionMessage",
    "secretEncryptedMessage",
    "senderKeyDistributionMessage",
    "stickerSyncRmrMessage",
}
MAX_WRAPPED = 5


def spoken(message: Any) -> str:
    """The words of `message`, a caption's among them; "" when it has none."""
    inner = unwrapped(message)
    parts = [any_text(inner, "conversation")]
    parts += [_words(part, name) for kind, name in WORDS if isinstance(part := inner.get(kind), Mapping)]
    parts += [any_text(part, "caption") for part in inner.values() if isinstance(part, Mapping)]
    return next((part for part in parts if part), "")


def _words(part: Mapping[str, Any], name: str) -> str:
    """The text under `name`, which is an object with a `text` in what answers a form."""
    inner = part.get(name)
    return any_text(inner, "text") if isinstance(inner, Mapping) else any_text(part, name)


def kind(message: Any) -> str:
    """ "text", "media" for anything else that a person sends on purpose, or "" when nobody says anything."""
    inner = unwrapped(message)
    if any_text(inner, "conversation") or any(name in inner for name, _field in WORDS):
        return "text"
    # What we do not know counts as media: somebody sent it, and a person can look.
    said = {name for name, part in inner.items() if part and name not in SILENT and name != "conversation"}
    return "media" if said else ""


def unwrapped(message: Any) -> Mapping[str, Any]:
    """The innermost message; empty when there is none."""
    for _level in range(MAX_WRAPPED):
        if not isinstance(message, Mapping):
            return {}
        wrapper = next((message[name] for name in WRAPPERS if isinstance(message.get(name), Mapping)), None)
        if wrapper is None:
            return message
        message = wrapper.get("message")
    return {}
