"""Start-up of the product in every process."""

from importlib import import_module

from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules


class MisDashboardConfig(AppConfig):
    name = "mis_dashboard"
    verbose_name = "MIS"

    def ready(self) -> None:
        """Makes every app's jobs known; and readies a worker, which forks the processes that will run them."""
        autodiscover_modules("jobs", "checks")
        post_migrate.connect(_keep_partitions, sender=self, dispatch_uid="partitions")
        if settings.ROLE == "worker":
            ready_to_fork()


def _keep_partitions(**_: object) -> None:
    """A fresh database is ready for its first row before the clock has come round."""
    from .lib import partitions

    partitions.keep()


def ready_to_fork() -> None:
    """Loads what is dear to load once for all workers, and ties the cluster's processes together."""
    from django_q.signals import post_spawn, pre_execute

    from .lib import lifeline, watchdog

    for path in getattr(settings, "PRELOAD", ()):
        import_module(path)
    lifeline.tie_children()
    pre_execute.connect(watchdog.job_started, dispatch_uid="watchdog")
    post_spawn.connect(_say_alive, dispatch_uid="beat")


def _say_alive(**_: object) -> None:
    from .lib import processes

    processes.beat("worker")
