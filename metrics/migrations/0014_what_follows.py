"""A late answer is the same trouble as a customer who waits for too long: where nobody has changed from what that rule follows."""

from django.db import migrations

SHIPPED = {"channel_closed", "worker_silent"}


def add(apps, schema_editor):
    change(apps, schema_editor, lambda causes, cause: causes.add(cause))


def take_away(apps, schema_editor):
    change(apps, schema_editor, lambda causes, cause: causes.remove(cause))


def change(apps, schema_editor, what):
    rules = apps.get_model("metrics", "AlertRule").objects.using(schema_editor.connection.alias)
    rule, cause = rules.filter(code="response_overdue").first(), rules.filter(code="long_wait").first()
    if rule and cause and set(rule.inhibited_by.values_list("code", flat=True)) - {cause.code} == SHIPPED:
        what(rule.inhibited_by, cause)


class Migration(migrations.Migration):
    dependencies = [("metrics", "0013_wall_rights")]
    operations = [migrations.RunPython(add, take_away)]
