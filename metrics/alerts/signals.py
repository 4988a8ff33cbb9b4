"""What can be watched: every key figure, and signals of their own. Each look costs a query or a few, and tells of no person.

A figure is measured at whole minutes (`asked.moment`), each window by the same rows as its page; so what a rule saw can be
seen again, and a backtest sees the same. A signal of its own is read as it is now.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .. import kpis, systems, uptime
from ..kpis import KPI, KPIS, Evidence, Measure
from ..measures import LISTS
from ..window import Window
from . import of_issues, of_ourselves
from .asked import Asked, moment
from .life import Look, Reading


@dataclass(frozen=True, eq=False)
class Signal:
    """Something to watch. Units are those of `kpis.KPI`. `read` looks at it; `kpi` is the figure that it is, if any.

    `windowed`: it is measured over the rule's window, and else stands as it is now. `stepped`: at whole steps, so that it can be
    seen again. `narrows`: it can be asked of some issues only. `names` are those of `facts` that it is made of over its window.
    """

    name: str
    label: str | Promise
    unit: str
    read: Callable[[Asked], Look]
    windowed: bool = False
    stepped: bool = False
    narrows: bool = False
    names: frozenset[str] = frozenset()
    kpi: KPI | None = None

    def moment(self, now: datetime, window_s: int) -> datetime:
        """Which moment a look at `now` is about."""
        return moment(now, window_s) if self.stepped else now


# --- Key figures -------------------------------------------------------------------------------------


def _figure(kpi: KPI) -> Callable[[Asked], Look]:
    def read(asked: Asked) -> Look:
        window = asked.window
        seen = uptime.measure_each([window])[0] if kpi.rows == "downtime" else None
        return reading(kpi, kpi.measure(Evidence(asked.tally(kpis.needs(kpi)), window, seen)), window)

    return read


def reading(kpi: KPI, measure: Measure, window: Window) -> Reading:
    """A measured figure as a look. Of a share, the bad ones are counted."""
    link = Asked(window.end, 0, window.filters).link(kpi.name, start=window.start)
    return Reading(measure.value, measure.n, _bad_ones(kpi, measure), link)


def _bad_ones(kpi: KPI, measure: Measure) -> int:
    if kpi.unit != "rate" or measure.value is None:
        return measure.n
    return round((1 - measure.value if kpi.better == "higher" else measure.value) * measure.n)


def _of(kpi: KPI) -> Signal:
    of_issues = kpi.rows in LISTS
    return Signal(
        kpi.name, kpi.label, kpi.unit, _figure(kpi), windowed=True, stepped=True, narrows=of_issues, names=kpis.needs(kpi), kpi=kpi
    )  # fmt: skip


# --- Signals of their own ----------------------------------------------------------------------------

OWN = [
    Signal("longest_wait", _("Longest wait for a first response"), "s", of_issues.longest_wait, narrows=True),
    Signal(
        "response_overdue", _("First responses overdue"), "count",
        of_issues.overdue("sla_response", "response_overdue"), narrows=True,
    ),
    Signal(
        "resolution_overdue", _("Resolutions overdue"), "count",
        of_issues.overdue("sla_resolution", "resolution_overdue"), narrows=True,
    ),
    Signal(
        "success_rate", _("Automatic replies that worked"), "rate", of_issues.success_rate, windowed=True, narrows=True,
    ),
    Signal(
        "whatsapp_failures", _("WhatsApp failures"), "rate", of_issues.whatsapp_failures, windowed=True, narrows=True,
    ),
    Signal(
        "ai_failures_in_a_row", _("Failures of an AI model in a row"), "count", of_ourselves.ai_failures_in_a_row
    ),
    Signal("model_gone", _("Retired AI models"), "count", of_ourselves.left_alone(systems.MODEL_GONE)),
    Signal(
        "misconfigured", _("AI models that refuse our key"), "count", of_ourselves.left_alone(systems.MISCONFIGURED)
    ),
    Signal("channel_closed", _("WhatsApp not connected"), "count", of_ourselves.channel_closed),
    Signal("figures_differ", _("Proofs of the figures that failed"), "count", of_ourselves.figures_differ),
    Signal("queue_age", _("Oldest answer or job that is due"), "s", of_ourselves.queue_age),
    Signal("worker_silence", _("Time since a worker was seen"), "s", of_ourselves.worker_silence),
    Signal("clock_gap", _("Time that no clock ran"), "s", of_ourselves.clock_gap),
    Signal(
        "missed_webhooks", _("Issues that would usually have come since the last webhook"), "count",
        of_ourselves.missed_webhooks,
    ),
    Signal("ai_spend", _("AI cost today"), "usd", of_issues.ai_spend, narrows=True),
    Signal(
        "backlog_growth", _("Growth of the backlog"), "count", of_issues.backlog_growth,
        windowed=True, stepped=True, narrows=True, names=of_issues.GROWTH,
    ),
]  # fmt: skip

SIGNALS: dict[str, Signal] = {
    **{kpi.name: _of(kpi) for kpi in KPIS},
    **{signal.name: signal for signal in OWN},
}


def choices() -> list[tuple[str, list[tuple[str, Any]]]]:
    """The signals by name and label, for a form."""
    figures, own = ([(s.name, s.label) for s in SIGNALS.values() if bool(s.kpi) is figure] for figure in (True, False))
    return [(str(_("Signals")), own), (str(_("Key figures")), figures)]
