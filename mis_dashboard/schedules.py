"""Every periodic job of the product, on one screen. The clock does what is due (`clock.py`)."""

from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

MINUTE_S = 60.0
HOUR_S = 3600.0


@dataclass(frozen=True)
class Periodic:
    """Calls the function at `path` every so many seconds, or daily at a time of day in the product's time zone.

    Seconds are counted on the wall clock, so that every clock agrees when the next turn is. A turn missed while
    no clock ran is not made up for: what is called must look at what is owed, not at when it was last called.
    """

    name: str
    every: float | time
    path: str

    @property
    def daily(self) -> bool:
        return isinstance(self.every, time)

    def turn(self, now: datetime, zone: ZoneInfo) -> float:
        """A number that changes when the next turn has come. `now` is an aware datetime."""
        if isinstance(self.every, time):
            local = now.astimezone(zone)
            return local.date().toordinal() - (local.time() < self.every)
        return now.timestamp() // self.every


EVERY = [
    Periodic("sweep", 1.0, "issues.jobs.sweep"),
    Periodic("probe_channel", MINUTE_S, "issues.jobs.probe_channel"),
    Periodic("refresh_figures", MINUTE_S, "metrics.jobs.refresh_figures"),
    Periodic("partitions", HOUR_S, "mis_dashboard.lib.partitions.keep"),
    Periodic("uptime", 5.0, "metrics.uptime.record"),
    Periodic("alerts", 5.0, "metrics.alerts.watch.look"),
    *(
        Periodic(f"send_{outlet}", 1.0, f"metrics.notify.send.send_{outlet}")
        for outlet in ("slack", "email", "webhook")
    ),
    Periodic("forget_alerts", time(3, 50), "metrics.alerts.watch.forget"),
    Periodic("prove_figures", time(4, 0), "metrics.jobs.prove_figures"),
    Periodic("forget_events", time(3, 30), "issues.jobs.forget"),
    Periodic("forget_processes", HOUR_S, "mis_dashboard.lib.processes.forget"),
    Periodic("count_totals", MINUTE_S, "metrics.totals.count_on"),
    Periodic("coarsen_timings", 5 * MINUTE_S, "metrics.timing.coarsen"),
    Periodic("forget_timings", time(3, 40), "metrics.timing.forget"),
    Periodic("forget_jobs", HOUR_S, "mis_dashboard.lib.jobs.forget"),
]
