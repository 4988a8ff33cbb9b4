"""What strangers send us, read without trust. A refusal names the field and what to write, never what was written."""

import hashlib
import hmac
import json
import math
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

MAX_TEXT = 20_000
MAX_KEY = 128
MAX_DEPTH = 40

# Unix seconds from 2000 to 2100; beyond, a number is not the time of a message.
EPOCHS = range(946_684_800, 4_102_444_800)


TOO_DEEP = "objects and lists in it are nested too deeply"
TOO_LONG = "a number in it is too long"


class Unreadable(Exception):
    """A body that is not what it should be. `field` is where, `problem` what to write there; neither quotes the body."""

    def __init__(self, field: str, problem: str):
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


# --- Who speaks -----------------------------------------------------------------------------


def header(headers: Mapping[str, str], name: str) -> str:
    """The header's value without surrounding blanks, whatever its case; "" when it is missing."""
    wanted = name.lower()
    return next((str(value).strip() for key, value in headers.items() if key.lower() == wanted), "")


def same_secret(given: str, expected: str) -> bool:
    """Whether two secrets are equal, in a time that does not tell. An empty one equals nothing."""
    equal = hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode("utf-8", "surrogatepass"))
    return equal and bool(expected)


# --- Fields ---------------------------------------------------------------------------------


def text(body: Mapping[str, Any], name: str, *, path: str = "", limit: int = MAX_TEXT) -> str:
    """The text under `name`, clean and at most `limit` long; "" when absent or null. Raises Unreadable for the rest."""
    value = body.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Unreadable(path + name, "write a text.")
    return clean(value)[:limit].strip()


def identifier(body: Mapping[str, Any], name: str, *, path: str = "", limit: int = 64) -> str:
    """Like `text`, for what must not be cut: raises Unreadable when it is longer than `limit`."""
    value = text(body, name, path=path)
    if len(value) > limit:
        raise Unreadable(path + name, f"write at most {limit} characters.")
    return value


def any_text(body: Mapping[str, Any], name: str, *, limit: int = MAX_TEXT) -> str:
    """Like `text`, where anything else is as good as nothing."""
    return text(body, name, limit=limit) if isinstance(body.get(name), str) else ""


def mapping(body: Mapping[str, Any], name: str, *, path: str = "") -> Mapping[str, Any]:
    """The object under `name`; empty when absent or null. Raises Unreadable for anything else."""
    value = body.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise Unreadable(path + name, "write an object.")
    return value


def any_mapping(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Like `mapping`, where anything else is as good as nothing."""
    value = body.get(name)
    return value if isinstance(value, Mapping) else {}


def instant(value: Any) -> datetime | None:
    """An ISO 8601 time in UTC; None for anything else. A time without an offset is taken as UTC."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def epoch(value: Any) -> datetime | None:
    """Unix seconds as a UTC time, from a number, digits, or protobuf's `{low, high}`; None for anything else."""
    if isinstance(value, Mapping):
        value = value.get("low")
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return datetime.fromtimestamp(value, UTC) if int(value) in EPOCHS else None


# --- Fit to keep ----------------------------------------------------------------------------


def clean(value: str) -> str:
    """`value` without what PostgreSQL refuses: NUL, and halves of surrogate pairs."""
    return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def storable(value: Any, *, drop: Collection[str] = (), depth: int = MAX_DEPTH) -> Any:
    """A copy of parsed JSON that a `jsonb` column can hold, without the keys in `drop`, at any level.

    What is nested deeper than `depth`, and numbers that are not finite, become null.
    """
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if not isinstance(value, dict | list):
        return value
    if depth == 0:
        return None
    if isinstance(value, list):
        return [storable(item, drop=drop, depth=depth - 1) for item in value]
    return {clean(k): storable(v, drop=drop, depth=depth - 1) for k, v in value.items() if k not in drop}


def key(*parts: str) -> str:
    """The name of an event, so that a second delivery is known: the parts with colons, or their hash when too long."""
    name = ":".join(parts)
    return name if len(name) <= MAX_KEY else f"{parts[0]}:{digest(*parts[1:])}"


def digest(*parts: Any) -> str:
    """The SHA-256 of JSON values, as hex: equal for equal values, whatever the order of their keys."""
    canonical = json.dumps([storable(part) for part in parts], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
