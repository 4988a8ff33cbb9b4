"""What happened has happened: the database refuses to change or delete a row of the spine."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION issues_action_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- A deleted user leaves the row as it was, with the name in "by".
    IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - 'user_id' = to_jsonb(NEW) - 'user_id' AND NEW.user_id IS NULL THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'issues_action is append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON issues_action
    FOR EACH ROW EXECUTE FUNCTION issues_action_is_append_only();
"""
ALLOW = """
DROP TRIGGER append_only ON issues_action;
DROP FUNCTION issues_action_is_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("issues", "0003_manager_group")]

    operations = [migrations.RunSQL(REFUSE, ALLOW)]
