"""The targets that MIS has always had are the first versions, in force for all that ever came; managers may make others."""

from datetime import UTC, datetime

from django.contrib.auth.management import create_permissions
from django.db import migrations

ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)

# Seconds to the first response and to the resolution, by priority.
SHIPPED = {
    "critical": (30, 2 * 3600),
    "high": (30, 2 * 3600),
    "medium": (120, 4 * 3600),
    "low": (300, 8 * 3600),
}


def seed(apps, schema_editor):
    for priority, (response_s, resolution_s) in SHIPPED.items():
        apps.get_model("issues", "SlaPolicy").objects.create(
            priority=priority, response_s=response_s, resolution_s=resolution_s, since=ALWAYS
        )


def grant(apps, schema_editor):
    """Managers set the targets."""
    alias = schema_editor.connection.alias
    config = apps.get_app_config("issues")
    # Django makes permissions after all migrations; a config without models is passed over.
    config.models_module = True
    create_permissions(config, verbosity=0, using=alias, apps=apps)
    config.models_module = None
    wanted = [f"{verb}_{name}" for verb in ("view", "add") for name in ("slapolicy", "calendar")]
    Permission = apps.get_model("auth", "Permission")
    granted = Permission.objects.using(alias).filter(content_type__app_label="issues", codename__in=wanted)
    assert granted.count() == len(wanted), "a permission of the manager group does not exist"
    for group in apps.get_model("auth", "Group").objects.using(alias).filter(name="Gestores"):  # it may be named otherwise by now
        group.permissions.add(*granted)


class Migration(migrations.Migration):
    dependencies = [("issues", "0013_sla_versions_stay"), ("auth", "0012_alter_user_first_name_max_length")]

    operations = [
        migrations.RunPython(seed, migrations.RunPython.noop),
        migrations.RunPython(grant, migrations.RunPython.noop),
    ]
