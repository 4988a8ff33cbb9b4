"""What the clock does for the figures. Each may run twice, and is done again at its next turn when it fails."""

import time

from . import rollup
from .models import Grain

# A turn goes on while there is more to do, which is so after an import or a first start; and leaves time to others.
LONGEST_S = 20.0


def refresh_minutes() -> None:
    _refresh(Grain.MINUTE)


def refresh_hours() -> None:
    _refresh(Grain.HOUR)


def refresh_days() -> None:
    _refresh(Grain.DAY)


def _refresh(grain: Grain) -> None:
    begun = time.monotonic()
    while rollup.refresh(grain) and time.monotonic() - begun < LONGEST_S:
        pass
