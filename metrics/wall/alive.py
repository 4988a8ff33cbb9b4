"""Whether a screen shows figures. Pure."""

from datetime import datetime, timedelta
from enum import Enum

from ..models import WallScreen

# It is noted every half minute while a screen acknowledges what it is sent.
SEEN_WITHIN = timedelta(seconds=90)


class Standing(Enum):
    ALIVE = "alive"
    SILENT = "silent"
    NEW = "new"  # nobody has opened it yet
    REVOKED = "revoked"


def standing(screen: WallScreen, now: datetime) -> Standing:
    if screen.revoked_at:
        return Standing.REVOKED
    if screen.last_seen_at is None:
        return Standing.NEW
    return Standing.ALIVE if now - screen.last_seen_at <= SEEN_WITHIN else Standing.SILENT
