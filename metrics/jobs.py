"""What the clock does for the figures. Each may run twice, and is done again at its next turn when it fails."""

import logging
import time

from django.utils import timezone

from . import prove, rollup
from .models import Grain

log = logging.getLogger("mis.prove")

# A turn goes on while there is more to do, which is so after an import or a first start; and leaves time to others.
LONGEST_S = 20.0


def refresh_minutes() -> None:
    _refresh(Grain.MINUTE)


def refresh_hours() -> None:
    _refresh(Grain.HOUR)


def refresh_days() -> None:
    _refresh(Grain.DAY)


def prove_figures() -> None:
    """Yesterday and the last 30 days, against the rows. What differs is measured again, and shown until it no longer does."""
    if differing := prove.nightly(timezone.now()):
        log.error("figures differ from their rows", extra={"figures": ", ".join(differing)})


def _refresh(grain: Grain) -> None:
    begun = time.monotonic()
    while rollup.refresh(grain) and time.monotonic() - begun < LONGEST_S:
        pass
