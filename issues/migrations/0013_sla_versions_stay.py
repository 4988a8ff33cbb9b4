"""A version of what was promised stays as it was: the database refuses to change or delete it."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION issues_version_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- A deleted user leaves the row as it was.
    IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - 'made_by_id' = to_jsonb(NEW) - 'made_by_id' AND NEW.made_by_id IS NULL THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON issues_slapolicy
    FOR EACH ROW EXECUTE FUNCTION issues_version_stays();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON issues_calendar
    FOR EACH ROW EXECUTE FUNCTION issues_version_stays();
"""
ALLOW = """
DROP TRIGGER append_only ON issues_calendar;
DROP TRIGGER append_only ON issues_slapolicy;
DROP FUNCTION issues_version_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("issues", "0012_sla_policies")]

    operations = [migrations.RunSQL(REFUSE, ALLOW)]
