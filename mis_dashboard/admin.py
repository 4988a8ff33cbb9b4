"""The queue, to be looked at: what waits, what runs, and what was given up and why."""

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django_q import admin as _registers  # noqa: F401  (first, so that its pages can be taken away)
from django_q.models import Failure, Schedule, Success

from .models import Job

# Our jobs are in our own table, and the schedules in `schedules.py`: these pages would always be empty.
for unused in (Failure, Schedule, Success):
    admin.site.unregister(unused)


@admin.register(Job)
class JobAdmin(admin.ModelAdmin):
    """Rows only `lib.jobs` writes. Dead jobs are kept for seven days."""

    list_display = ["id", "name", "rank", "due_at", "attempts", "started_at", "dead", "error"]
    list_filter = ["dead"]
    ordering = ["-id"]
    show_full_result_count = False
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
