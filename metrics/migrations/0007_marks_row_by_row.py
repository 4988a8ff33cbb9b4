"""Marks cost a third of what they did: made of one row at a time, by plain statements, and of those alone that count.

What is marked is the same as before (0003, 0005).
"""

from importlib import import_module

from django.db import migrations

ROW_BY_ROW = r"""
CREATE OR REPLACE FUNCTION metrics_mark(of_cells text, VARIADIC moments timestamptz[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz;
    last timestamptz;
BEGIN
    FOREACH moment IN ARRAY moments LOOP
        moment := date_trunc('minute', moment);
        IF moment IS NOT NULL AND moment IS DISTINCT FROM last THEN
            INSERT INTO metrics_stale (cells, grain, start) VALUES (of_cells, 1, moment);
            last := moment;
        END IF;
    END LOOP;
END $$;

DROP FUNCTION metrics_issues_made CASCADE;
CREATE FUNCTION metrics_issue_made() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO metrics_stale (cells, grain, start) VALUES ('detected', 1, date_trunc('minute', NEW.detected_at));
    IF NEW.resolved_at IS NOT NULL OR NEW.rated_at IS NOT NULL THEN
        PERFORM metrics_mark('happened', NEW.resolved_at, NEW.rated_at);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER metrics_made AFTER INSERT ON issues_issue FOR EACH ROW EXECUTE FUNCTION metrics_issue_made();

CREATE OR REPLACE FUNCTION metrics_issue_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO metrics_stale (cells, grain, start) VALUES ('detected', 1, date_trunc('minute', NEW.detected_at));
    IF OLD.detected_at <> NEW.detected_at THEN
        INSERT INTO metrics_stale (cells, grain, start) VALUES ('detected', 1, date_trunc('minute', OLD.detected_at));
    END IF;
    IF (OLD.resolved_at, OLD.rated_at, OLD.resolved_by, OLD.rated_resolver, OLD.customer_satisfaction)
        IS DISTINCT FROM (NEW.resolved_at, NEW.rated_at, NEW.resolved_by, NEW.rated_resolver, NEW.customer_satisfaction) THEN
        PERFORM metrics_mark('happened', OLD.resolved_at, NEW.resolved_at, OLD.rated_at, NEW.rated_at);
    END IF;
    IF (OLD.location, OLD.priority, OLD.type, OLD.source, OLD.metadata)
        IS DISTINCT FROM (NEW.location, NEW.priority, NEW.type, NEW.source, NEW.metadata) THEN
        PERFORM metrics_mark('happened', OLD.resolved_at, NEW.resolved_at, OLD.rated_at, NEW.rated_at);
        PERFORM metrics_mark_all_of(NEW.id);
    END IF;
    RETURN NULL;
END $$;

-- A deed of a person, or a reopening, also changes how an end is seen. Customers are people, but handle nothing.
DROP FUNCTION metrics_actions_made CASCADE;
CREATE FUNCTION metrics_action_made() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.kind IN ('replied', 'resolved', 'escalated') THEN
        INSERT INTO metrics_stale (cells, grain, start) VALUES ('happened', 1, date_trunc('minute', NEW.at));
    END IF;
    IF NOT NEW.automated AND NEW."by" <> 'customer' THEN
        IF NEW.kind IN ('replied', 'escalated', 'assigned', 'resolved', 'reopened', 'edited', 'noted') THEN
            INSERT INTO metrics_touched (issue_id) VALUES (NEW.issue_id) ON CONFLICT DO NOTHING;
        END IF;
        PERFORM metrics_mark('happened', resolved_at) FROM issues_issue WHERE id = NEW.issue_id AND resolved_at IS NOT NULL;
    END IF;
    IF NEW.kind = 'reopened' THEN
        INSERT INTO metrics_reopened (issue_id, at) VALUES (NEW.issue_id, NEW.at) ON CONFLICT DO NOTHING;
        PERFORM metrics_mark('happened', at) FROM issues_action WHERE issue_id = NEW.issue_id AND kind = 'resolved';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER metrics_made AFTER INSERT ON issues_action FOR EACH ROW WHEN (
    NEW.kind::text IN ('replied', 'resolved', 'escalated', 'reopened') OR (NOT NEW.automated AND NEW."by"::text <> 'customer')
) EXECUTE FUNCTION metrics_action_made();

DROP FUNCTION metrics_responses_made CASCADE;
CREATE FUNCTION metrics_response_made() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM metrics_mark('happened', NEW.sent_at, resolved_at, rated_at) FROM issues_issue WHERE id = NEW.issue_id;
    RETURN NULL;
END $$;
CREATE TRIGGER metrics_made AFTER INSERT ON issues_response FOR EACH ROW WHEN (NEW.state = 'sent')
    EXECUTE FUNCTION metrics_response_made();

CREATE OR REPLACE FUNCTION metrics_response_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.sent_at IS NOT NULL THEN
        INSERT INTO metrics_stale (cells, grain, start) VALUES ('happened', 1, date_trunc('minute', NEW.sent_at));
    END IF;
    IF OLD.sent_at IS DISTINCT FROM NEW.sent_at THEN
        PERFORM metrics_mark('happened', OLD.sent_at);
    END IF;
    IF (OLD.state, OLD.kind, OLD.purpose) IS DISTINCT FROM (NEW.state, NEW.kind, NEW.purpose) THEN
        PERFORM metrics_mark('happened', resolved_at, rated_at) FROM issues_issue
            WHERE id = NEW.issue_id AND (resolved_at IS NOT NULL OR rated_at IS NOT NULL);
    END IF;
    RETURN NULL;
END $$;
-- What was read has been delivered: it counts no more.
DROP TRIGGER metrics_changed ON issues_response;
CREATE TRIGGER metrics_changed AFTER UPDATE ON issues_response FOR EACH ROW WHEN (
    (OLD.state = 'sent' OR NEW.state = 'sent')
    AND (OLD.state, OLD.kind, OLD.purpose, OLD.sent_at, replace(OLD.delivery, 'read', 'delivered'), OLD.failure)
        IS DISTINCT FROM (NEW.state, NEW.kind, NEW.purpose, NEW.sent_at, replace(NEW.delivery, 'read', 'delivered'), NEW.failure)
) EXECUTE FUNCTION metrics_response_changed();

DROP FUNCTION metrics_calls_made CASCADE;
CREATE FUNCTION metrics_call_made() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO metrics_stale (cells, grain, start) VALUES ('happened', 1, date_trunc('minute', NEW.started_at));
    RETURN NULL;
END $$;
CREATE TRIGGER metrics_made AFTER INSERT ON issues_aicall FOR EACH ROW EXECUTE FUNCTION metrics_call_made();
"""

# A histogram that is read with each figure is neither compressed nor kept apart, as far as a page holds it.
INLINE = """
ALTER TABLE metrics_detected SET (toast_tuple_target = 8160);
ALTER TABLE metrics_detected ALTER ttfr SET STORAGE EXTERNAL, ALTER ttr SET STORAGE EXTERNAL;
"""

AS_BEFORE = (
    """
    DROP FUNCTION metrics_issue_made, metrics_issue_changed, metrics_issue_gone, metrics_action_made, metrics_response_made,
        metrics_response_changed, metrics_response_gone, metrics_call_made, metrics_call_changed, metrics_call_gone CASCADE;
    DROP FUNCTION metrics_mark_all_of, metrics_mark;
    """
    + import_module("metrics.migrations.0003_cells").TRIGGERS
)


class Migration(migrations.Migration):
    dependencies = [("metrics", "0006_first")]

    operations = [
        migrations.RunSQL(ROW_BY_ROW, AS_BEFORE),
        migrations.RunSQL(INLINE, migrations.RunSQL.noop),
    ]
