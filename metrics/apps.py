from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_out
from django.utils.translation import gettext_lazy as _


class MetricsConfig(AppConfig):
    name = "metrics"
    verbose_name = _("Metrics")

    def ready(self) -> None:
        user_logged_out.connect(_end_session, dispatch_uid="metrics")


def _end_session(request, **kwargs) -> None:
    from .consumers import end_session  # needs all apps

    end_session(request.session.session_key)
