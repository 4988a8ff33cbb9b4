"""Identifiers that sort by the time they were made."""

import os
import time
import uuid
from datetime import datetime


def uuid7(at: datetime | None = None, place: int | None = None) -> uuid.UUID:
    """A version 7 UUID (RFC 9562) of this moment, or of `at`: 48 bits of Unix milliseconds, then 74 random bits.

    Of those with one `at`, the one with the lower `place` sorts first; places are 0 to 4095.
    Made here and not by the database, because `uuidv7()` exists in PostgreSQL 18 only.
    """
    milliseconds = int(at.timestamp() * 1000) if at else time.time_ns() // 1_000_000
    value = int.from_bytes(milliseconds.to_bytes(6, "big") + os.urandom(10), "big")
    if place is not None:
        value = value & ~(0xFFF << 64) | (min(place, 0xFFF) << 64)
    value = value & ~(0xF << 76) | (0x7 << 76)
    value = value & ~(0x3 << 62) | (0x2 << 62)
    return uuid.UUID(int=value)
