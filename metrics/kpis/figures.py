"""The key figures of a window, measured; one that cannot be is failed, and leaves the others alone."""

from collections.abc import Iterable
from contextlib import nullcontext

from django.db import transaction
from django.utils import timezone

from .. import facts, uptime
from ..facts import Facts
from ..window import Window
from .base import KPI, Evidence, Measure, change, log
from .declared import KPIS


def measure(window: Window) -> dict[str, dict]:
    """Every figure of the window by name, as the snapshot shows it."""
    return figures(facts.read(window, timezone.get_default_timezone()))


def figures(found: Facts, chosen: "Iterable[KPI]" = ()) -> dict[str, dict]:
    """Every figure of what was read, or the chosen ones, by name. Two queries, for what is no issue's, where it is asked for.

    One that cannot be measured is "failed", has no value, and leaves the others alone.
    """
    window, previous = found.window, found.window.previous(timezone.get_default_timezone())
    wanted = list(chosen or KPIS)
    ups = uptimes([window, previous]) if any(kpi.rows == "downtime" for kpi in wanted) else [None, None]
    present, before = Evidence(found.total, window, ups[0]), Evidence(found.previous, previous, ups[1])
    return {kpi.name: _figure(kpi, present, before, compared=found.has_previous) for kpi in wanted}


def uptimes(windows: list[Window]) -> list["uptime.Uptime | None"]:
    """How each window was; None of all where that cannot be read."""
    try:
        with transaction.atomic():  # what goes wrong here undoes nothing else
            return [*uptime.measure_each(windows)]
    except Exception:
        log.exception("uptime cannot be measured")
        return [None] * len(windows)


def _figure(kpi: KPI, present: Evidence, before: Evidence, *, compared: bool) -> dict:
    try:
        with transaction.atomic() if kpi.rows == "requests" else nullcontext():
            return _shown(kpi, kpi.measure(present), kpi.measure(before), compared=compared)
    except Exception:
        log.exception("a figure cannot be measured", extra={"figure": kpi.name})
        nothing = Measure(None, 0)
        return _shown(kpi, nothing, nothing, compared=False) | {"failed": True}


def _shown(kpi: KPI, found: Measure, before: Measure, *, compared: bool) -> dict:
    return {
        "value": found.value,
        "unit": kpi.unit,
        "n": found.n,
        "target": kpi.target,
        "interim": kpi.interim,
        "better": kpi.better,
        "state": kpi.state(found.value),
        "lower_bound": found.lower_bound,
        "before": before.value,
        "change": change(kpi, found, before) if compared else None,
        "extra": found.extra,
        "failed": False,
    }
