"""A fifth of the time before the deadline; for open issues that were promised business time, a fifth of that."""

from datetime import date, timedelta

from django.db import migrations

from issues import deadlines

# One pass over the table with its indexes built anew, where an UPDATE would write each row and each index entry twice.
# It is no change of an issue, so no trigger is to hear of it.
FILL = """
    ALTER TABLE issues_issue
        ALTER response_risk_at TYPE timestamptz USING response_due_at - 0.2 * (response_due_at - detected_at),
        ALTER resolution_risk_at TYPE timestamptz USING resolution_due_at - 0.2 * (resolution_due_at - detected_at)"""
OPEN = ("open", "in_progress", "escalated")


def by_hours(apps, schema_editor):
    Issue = apps.get_model("issues", "Issue")
    policies = apps.get_model("issues", "SlaPolicy").objects.filter(calendar__isnull=False).select_related("calendar")
    for policy in policies:
        hours = _hours(policy.calendar)
        for issue in Issue.objects.filter(sla_policy_id=policy.pk, status__in=OPEN).iterator():
            for promise in ("response", "resolution"):
                if getattr(policy, f"{promise}_in_hours"):
                    target = timedelta(seconds=getattr(policy, f"{promise}_s"))
                    setattr(issue, f"{promise}_risk_at", deadlines.at_risk(issue.detected_at, target, hours))
            issue.save(update_fields=["response_risk_at", "resolution_risk_at"])


def _hours(calendar) -> deadlines.Hours:
    return deadlines.Hours(
        zone=deadlines.zone(calendar.zone),
        week=deadlines.week(calendar.week),
        holidays=calendar.holidays,
        state=calendar.state,
        days_off=frozenset(map(date.fromisoformat, calendar.days_off)),
    )


class Migration(migrations.Migration):
    dependencies = [("issues", "0016_risk_add")]

    operations = [
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RunPython(by_hours, migrations.RunPython.noop),
    ]
