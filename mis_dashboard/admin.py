"""Who may do what; and the queue, to be looked at: what waits, what runs, and what was given up and why."""

from django.contrib import admin
from django.contrib.auth import admin as auth
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.db.models import ManyToManyField, Model
from django.forms import CheckboxSelectMultiple, ModelMultipleChoiceField
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_q import admin as _registers  # noqa: F401  (first, so that its pages can be taken away)
from django_q.models import Failure, Schedule, Success

from .models import Job

# Our jobs are in our own table, and the schedules in `schedules.py`: the first three would always be empty.
for unused in (Failure, Schedule, Success, Group, User):
    admin.site.unregister(unused)

DEEDS = {"view": _("see"), "add": _("add"), "change": _("change"), "delete": _("delete")}


def permitted(right: Permission) -> str:
    """What a right permits, in a few words: "alert rule: change"."""
    model = right.content_type.model_class()
    deed = DEEDS.get(right.codename.removesuffix(f"_{model._meta.model_name}"), gettext(right.name))
    return f"{capfirst(model._meta.verbose_name)}: {deed}"


@admin.register(Group)
class GroupAdmin(auth.GroupAdmin):
    """Rights to what the admin shows, and to nothing that only programs write."""

    filter_horizontal = ()

    def formfield_for_manytomany(
        self, db_field: ManyToManyField, request: HttpRequest | None = None, **kwargs
    ) -> ModelMultipleChoiceField:
        field = super().formfield_for_manytomany(db_field, request, widget=CheckboxSelectMultiple, **kwargs)
        shown = ContentType.objects.get_for_models(*self.admin_site._registry).values()
        field.queryset = field.queryset.filter(content_type__in=shown)
        field.label_from_instance = permitted
        return field


@admin.register(User)
class UserAdmin(auth.UserAdmin):
    """Rights come from groups alone, so that who may do what is seen at once."""

    filter_horizontal = ()
    fieldsets = [
        (title, part | {"fields": [name for name in part["fields"] if name != "user_permissions"]})
        for title, part in auth.UserAdmin.fieldsets
    ]
    add_fieldsets = (
        (None, {"fields": ("username", "usable_password", "password1", "password2")}),
        (None, {"fields": ("is_staff", "groups")}),
    )

    def formfield_for_manytomany(
        self, db_field: ManyToManyField, request: HttpRequest | None = None, **kwargs
    ) -> ModelMultipleChoiceField:
        return super().formfield_for_manytomany(db_field, request, widget=CheckboxSelectMultiple, **kwargs)


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
