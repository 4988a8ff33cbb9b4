"""What is kept beside the issues to measure them at any size. No personal data."""

from .alert import AlertEvent, AlertRule, AlertState, Incident, Notice, Outlet, OutletState, Silence
from .cells import Cell, Covered, Detected, Dims, Grain, Happened, Reopened, Stale, Touched
from .proof import Proof
from .screen import WallPairing, WallScreen, WrongCode
from .timing import Timing
from .total import Total
from .uptime import Maintenance

__all__ = [
    "AlertEvent",
    "AlertRule",
    "AlertState",
    "Cell",
    "Covered",
    "Detected",
    "Dims",
    "Grain",
    "Happened",
    "Incident",
    "Maintenance",
    "Notice",
    "Outlet",
    "OutletState",
    "Proof",
    "Reopened",
    "Silence",
    "Stale",
    "Timing",
    "Total",
    "Touched",
    "WallPairing",
    "WallScreen",
    "WrongCode",
]
