"""What another system told of an issue may be told anew by it, and by nobody else: the spine stays append-only."""

from django.db import migrations

ALLOW_HISTORY = """
CREATE OR REPLACE FUNCTION issues_action_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- A deleted user leaves the row as it was, with the name in "by".
    IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - 'user_id' = to_jsonb(NEW) - 'user_id' AND NEW.user_id IS NULL THEN
        RETURN NEW;
    END IF;
    -- Imported rows are a copy. A newer copy takes the place of an older one.
    IF TG_OP = 'DELETE' AND OLD.detail ? 'imported' AND current_setting('mis.telling_anew', true) = 'on' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'issues_action is append-only' USING ERRCODE = 'restrict_violation';
END $$;
"""
BEFORE = """
CREATE OR REPLACE FUNCTION issues_action_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- A deleted user leaves the row as it was, with the name in "by".
    IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - 'user_id' = to_jsonb(NEW) - 'user_id' AND NEW.user_id IS NULL THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'issues_action is append-only' USING ERRCODE = 'restrict_violation';
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("issues", "0009_external_id"), ("issues", "0010_answered_by")]

    operations = [migrations.RunSQL(ALLOW_HISTORY, BEFORE)]
