"""What another system takes back is taken back here: of imported actions, a newer telling takes the place of an older one.

Parts of the actions that are dropped with their age are not seen by this: what was noted of them stays.
"""

from django.db import migrations

TAKE_BACK = """
CREATE FUNCTION metrics_actions_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO metrics_stale (cells, grain, start)
    SELECT DISTINCT 'happened', 1, date_trunc('minute', moment) FROM (
        SELECT at AS moment FROM gone WHERE kind IN ('replied', 'resolved', 'escalated')
        UNION ALL SELECT i.resolved_at FROM gone JOIN issues_issue i ON i.id = gone.issue_id WHERE i.resolved_at IS NOT NULL
    ) AS moments;
    DELETE FROM metrics_reopened o USING gone WHERE gone.kind = 'reopened' AND o.issue_id = gone.issue_id AND o.at = gone.at;
    DELETE FROM metrics_touched t WHERE t.issue_id IN (SELECT issue_id FROM gone) AND NOT EXISTS (
        SELECT 1 FROM issues_action a WHERE a.issue_id = t.issue_id AND NOT a.automated AND a.by <> 'customer'
            AND a.kind IN ('replied', 'escalated', 'assigned', 'resolved', 'reopened', 'edited', 'noted')
    );
    RETURN NULL;
END $$;
CREATE TRIGGER metrics_gone AFTER DELETE ON issues_action REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION metrics_actions_gone();
"""
KEEP = "DROP FUNCTION metrics_actions_gone CASCADE"


class Migration(migrations.Migration):
    dependencies = [("metrics", "0004_proof"), ("issues", "0008_partitions")]

    operations = [migrations.RunSQL(TAKE_BACK, KEEP)]
