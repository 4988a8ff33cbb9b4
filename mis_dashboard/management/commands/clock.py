"""`manage.py clock`: does the periodic work, or stands by while another clock does."""

import signal

from django.core.management.base import BaseCommand

from mis_dashboard.clock import Clock, Leader
from mis_dashboard.lib import processes
from mis_dashboard.schedules import EVERY


class Command(BaseCommand):
    help = "Does what is due, once a second. Any number may run: one acts, the others stand by."
    requires_system_checks = ()

    def handle(self, *args: object, **options: object) -> None:
        leader = Leader()
        clock = Clock(EVERY, leads=leader.holds)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: clock.stop())
        processes.beat("clock")
        clock.run()
        leader.release()
