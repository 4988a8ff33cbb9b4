"""What is kept beside the issues to measure them at any size. No personal data."""

from .cells import Cell, Covered, Detected, Dims, Grain, Happened, Reopened, Stale, Touched
from .proof import Proof
from .timing import Timing
from .total import Total
from .uptime import Maintenance

__all__ = [
    "Cell",
    "Covered",
    "Detected",
    "Dims",
    "Grain",
    "Happened",
    "Maintenance",
    "Proof",
    "Reopened",
    "Stale",
    "Timing",
    "Total",
    "Touched",
]
