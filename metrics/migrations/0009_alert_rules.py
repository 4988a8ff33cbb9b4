"""The rules that are shipped, what managers may do about alerts, and a log that nobody changes."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

ABOVE, AT_LEAST, BELOW = "above", "at_least", "below"
MINUTE, HOUR = 60, 3600

# code: severity, signal, condition, threshold, and what differs from the defaults.
RULES = {
    "long_wait": ("critical", "longest_wait", ABOVE, 300, {}),
    "slow_response": ("warning", "ttfr_p90", ABOVE, 900, {"clear_threshold": 600, "min_n": 5, "clear_for_s": 300}),
    "low_success": ("warning", "success_rate", BELOW, 0.9, {"clear_threshold": 0.93, "min_n": 20, "min_count": 3, "clear_for_s": 300}),
    "ai_failing": ("warning", "ai_failures_in_a_row", AT_LEAST, 3, {"clear_threshold": 1, "clear_for_s": 0}),
    "whatsapp_failing": ("critical", "whatsapp_failures", ABOVE, 0.05, {"clear_threshold": 0.03, "min_n": 20, "min_count": 3, "clear_for_s": 300}),
    "response_overdue": ("warning", "response_overdue", AT_LEAST, 1, {}),
    "resolution_overdue": ("warning", "resolution_overdue", AT_LEAST, 1, {"clear_for_s": 300}),
    "no_webhook": ("critical", "missed_webhooks", AT_LEAST, 10, {"clear_threshold": 2, "min_count": 5}),
    "queue_stuck": ("critical", "queue_age", ABOVE, 60, {"clear_threshold": 30}),
    "worker_silent": ("critical", "worker_silence", ABOVE, 30, {"clear_threshold": 10, "clear_for_s": 15}),
    "clock_away": ("warning", "clock_gap", ABOVE, 15, {"clear_for_s": 0}),
    "channel_closed": ("critical", "channel_closed", AT_LEAST, 1, {"clear_for_s": 15}),
    "model_gone": ("warning", "model_gone", AT_LEAST, 1, {"clear_for_s": 0}),
    "misconfigured": ("critical", "misconfigured", AT_LEAST, 1, {"clear_for_s": 0}),
    "figures_differ": ("warning", "figures_differ", AT_LEAST, 1, {"clear_for_s": 0}),
    "ai_budget": ("warning", "ai_spend", ABOVE, 10, {"clear_for_s": 0}),
    "backlog_growing": ("warning", "backlog_growth", ABOVE, 20, {"clear_threshold": 10, "for_s": 10 * MINUTE, "clear_for_s": 10 * MINUTE}),
}
# What follows from what.
FOLLOWS = {
    "long_wait": ["channel_closed", "worker_silent"],
    "slow_response": ["channel_closed", "worker_silent"],
    "low_success": ["channel_closed", "whatsapp_failing"],
    "whatsapp_failing": ["channel_closed"],
    "response_overdue": ["channel_closed", "worker_silent"],
    "queue_stuck": ["worker_silent"],
    "ai_failing": ["misconfigured"],
}

GROUP = "Gestores"
MAY = [
    *(f"view_{name}" for name in ("alertrule", "alertevent", "incident", "silence", "notice", "outletstate")),
    "add_silence", "change_silence", "change_alertrule", "add_alertrule", "handle_alerts",
]  # fmt: skip

REFUSE = """
CREATE FUNCTION metrics_alertevent_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'metrics_alertevent is append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE ON metrics_alertevent
    FOR EACH ROW EXECUTE FUNCTION metrics_alertevent_is_append_only();
"""
ALLOW = """
DROP TRIGGER append_only ON metrics_alertevent;
DROP FUNCTION metrics_alertevent_is_append_only();
"""


def ship(apps, schema_editor):
    AlertRule = apps.get_model("metrics", "AlertRule")
    made = {
        code: AlertRule.objects.create(
            code=code, shipped=True, severity=severity, signal=signal, condition=condition, threshold=threshold, **more
        )
        for code, (severity, signal, condition, threshold, more) in RULES.items()
    }
    for code, causes in FOLLOWS.items():
        made[code].inhibited_by.set([made[cause] for cause in causes])


def grant(apps, schema_editor):
    alias = schema_editor.connection.alias
    config = apps.get_app_config("metrics")
    # Django makes permissions after all migrations; a config without models is passed over.
    config.models_module = True
    create_permissions(config, verbosity=0, using=alias, apps=apps)
    config.models_module = None
    Permission = apps.get_model("auth", "Permission")
    granted = Permission.objects.using(alias).filter(content_type__app_label="metrics", codename__in=MAY)
    assert granted.count() == len(MAY), "a permission of the manager group does not exist"
    group, _created = apps.get_model("auth", "Group").objects.using(alias).get_or_create(name=GROUP)
    group.permissions.add(*granted)


class Migration(migrations.Migration):
    dependencies = [("metrics", "0008_alerts"), ("issues", "0003_manager_group")]

    operations = [
        migrations.RunPython(ship, migrations.RunPython.noop),
        migrations.RunPython(grant, migrations.RunPython.noop),
        migrations.RunSQL(REFUSE, ALLOW),
    ]
