"""Managers put up walls and take them down: a wall shows less than what they see."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

GROUP = "Gestores"
MAY = ["view_wallscreen", "add_wallscreen", "change_wallscreen"]


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
    dependencies = [("metrics", "0012_walls"), ("issues", "0003_manager_group")]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
