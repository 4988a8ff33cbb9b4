"""What the clock does for the figures. Each may run twice, and is done again at its next turn when it fails."""

import logging
import time

from django.utils import timezone

from . import prove, rollup

log = logging.getLogger("mis.prove")

# A turn goes on while there is more to do, which is so after an import or a first start; and leaves time to others.
LONGEST_S = 10.0


def refresh_figures() -> None:
    """Measures again what it is time for. What takes too long goes on the next time."""
    begun = time.monotonic()
    for table, grain in rollup.due():
        while rollup.refresh(grain, tables=[table]) and time.monotonic() - begun < LONGEST_S:
            pass


def prove_figures() -> None:
    """Yesterday and the last 30 days, against the rows. What differs is measured again, and shown until it no longer does."""
    if differing := prove.nightly(timezone.now()):
        log.error("figures differ from their rows", extra={"figures": ", ".join(differing)})
