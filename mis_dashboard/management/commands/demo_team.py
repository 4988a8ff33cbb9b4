"""`manage.py demo_team`: the support staff of the demonstration; `demo` starts it."""

from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = "Plays the support staff of the demonstration. Started by the demo command."

    def handle(self, **options):
        from django.conf import settings

        from mis_dashboard.demo.team import work

        if not settings.DEMO:
            raise CommandError("This plays people, and belongs to the demonstration: run manage.py demo.")
        work()
