"""The group of the people who work on issues: they see everything, work on issues, and set how automation behaves."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

GROUP = "Gestores"

SEEN = [
    "issue", "message", "response", "action", "customer", "inboundevent", "aicall",
    "policy", "replytemplate", "promptversion", "modelprice",
]  # fmt: skip
MAY = [
    *(f"view_{name}" for name in SEEN),
    "reply_issue",
    "escalate_issue",
    "resolve_issue",
    "review_issue",
    "change_policy",
    "add_replytemplate",
    "change_replytemplate",
    "add_promptversion",
    "change_promptversion",
]


def create_group(apps, schema_editor):
    alias = schema_editor.connection.alias
    config = apps.get_app_config("issues")
    # Django makes permissions after all migrations; a config without models is passed over.
    config.models_module = True
    create_permissions(config, verbosity=0, using=alias, apps=apps)
    config.models_module = None
    Permission = apps.get_model("auth", "Permission")
    granted = Permission.objects.using(alias).filter(content_type__app_label="issues", codename__in=MAY)
    assert granted.count() == len(MAY), "a permission of the manager group does not exist"
    group, _created = apps.get_model("auth", "Group").objects.using(alias).get_or_create(name=GROUP)
    group.permissions.add(*granted)


class Migration(migrations.Migration):
    dependencies = [
        ("issues", "0002_seed"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(create_group, migrations.RunPython.noop)]
