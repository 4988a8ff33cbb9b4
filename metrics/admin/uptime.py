"""What people tell the figures: which maintenance is planned."""

from django.contrib import admin

from ..models import Maintenance


@admin.register(Maintenance)
class MaintenanceAdmin(admin.ModelAdmin):
    """For administrators: whoever may leave time out of the availability must be given that right."""

    list_display = ["starts_at", "ends_at", "reason", "created_by"]
    list_display_links = ["starts_at", "reason"]
    readonly_fields = ["created_by"]
    list_select_related = ["created_by"]
    show_full_result_count = False

    def save_model(self, request, obj, form, change) -> None:
        if not change:
            obj.created_by = request.user
        super().save_model(request, obj, form, change)
