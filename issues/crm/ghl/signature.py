"""Whether a webhook comes from GoHighLevel: Ed25519 over the raw bytes, or a secret that a workflow sends along."""

import base64
import binascii
import logging
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from mis_dashboard.lib import wire

log = logging.getLogger("mis.ghl")

SIGNATURE_BYTES = 64
PEM_FRAME = re.compile(r"-----(BEGIN|END) PUBLIC KEY-----")


def signed(raw: bytes, headers: Mapping[str, str], public_keys: Sequence[str]) -> bool:
    """Whether `X-GHL-Signature` signs exactly these bytes with one of the keys (PEM, or its base64 alone).

    Never raises: no signature, a strange one, and no usable key are all False.
    """
    signature = _signature(wire.header(headers, "X-GHL-Signature"))
    keys = [key for text in public_keys if (key := _key(text))]
    return signature is not None and any(_verifies(key, signature, raw) for key in keys)


def knows_secret(headers: Mapping[str, str], secrets: Sequence[str]) -> bool:
    """Whether `X-MIS-Webhook-Secret` is one of `secrets`, in a time that does not tell. False when there are none."""
    given = wire.header(headers, "X-MIS-Webhook-Secret")
    matches = [wire.same_secret(given, secret) for secret in secrets]  # compares with each, also after a match
    return any(matches)


def usable_key(text: str) -> bool:
    """Whether `signed` can verify with this public key."""
    return _key(text) is not None


def _signature(text: str) -> bytes | None:
    """The signature's bytes; None unless `text` is the one base64 form of 64 bytes ("N/A" is not)."""
    try:
        signature = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    # Base64 has spare bits at its end: another text may mean the same bytes, and is not what was sent.
    exact = len(signature) == SIGNATURE_BYTES and base64.b64encode(signature).decode() == text
    return signature if exact else None


@lru_cache(maxsize=16)
def _key(text: str) -> Ed25519PublicKey | None:
    # In an environment variable a PEM's line ends become blanks, or a backslash and an n.
    bare = "".join(PEM_FRAME.sub("", text).replace("\\n", "").split())
    try:
        key = load_der_public_key(base64.b64decode(bare, validate=True))
    except (binascii.Error, ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if isinstance(key, Ed25519PublicKey):
        return key
    log.error("A key in GHL_PUBLIC_KEY is no Ed25519 public key, and is not used.")
    return None


def _verifies(key: Ed25519PublicKey, signature: bytes, raw: bytes) -> bool:
    try:
        key.verify(signature, raw)
    except InvalidSignature:
        return False
    return True
