"""The cells, and the triggers that say when one is no longer true.

Every writer of the tables is seen, also one by hand, and a mark commits or fails with what it is about. What is of no
consequence for a figure marks nothing: `WHEN` is cheaper than a call.
"""

import django.db.models.functions
from django.db import migrations, models

TRIGGERS = r"""
-- Marks minutes of one table of cells; null ones are none.
CREATE FUNCTION metrics_mark(of_cells text, VARIADIC moments timestamptz[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO metrics_stale (cells, grain, start)
    SELECT DISTINCT of_cells, 1, date_trunc('minute', moment) FROM unnest(moments) AS moment WHERE moment IS NOT NULL
$$;

-- All that was done, said and asked about an issue counts by its location, priority and type.
CREATE FUNCTION metrics_mark_all_of(issue uuid) RETURNS void LANGUAGE sql AS $$
    INSERT INTO metrics_stale (cells, grain, start)
    SELECT DISTINCT 'happened', 1, date_trunc('minute', moment) FROM (
        SELECT at AS moment FROM issues_action WHERE issue_id = issue AND kind IN ('replied', 'resolved', 'escalated')
        UNION ALL SELECT sent_at FROM issues_response WHERE issue_id = issue
        UNION ALL SELECT c.started_at FROM issues_aicall c WHERE c.issue_id = issue
        UNION ALL SELECT c.started_at FROM issues_aicall c JOIN issues_response r ON r.id = c.response_id
            WHERE r.issue_id = issue
    ) AS moments WHERE moment IS NOT NULL
$$;

CREATE FUNCTION metrics_issues_made() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO metrics_stale (cells, grain, start)
    SELECT DISTINCT 'detected', 1, date_trunc('minute', detected_at) FROM made
    UNION SELECT 'happened', 1, date_trunc('minute', resolved_at) FROM made WHERE resolved_at IS NOT NULL
    UNION SELECT 'happened', 1, date_trunc('minute', rated_at) FROM made WHERE rated_at IS NOT NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER metrics_made AFTER INSERT ON issues_issue REFERENCING NEW TABLE AS made
    FOR EACH STATEMENT EXECUTE FUNCTION metrics_issues_made();

CREATE FUNCTION metrics_issue_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM metrics_mark('detected', OLD.detected_at, NEW.detected_at);
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
CREATE TRIGGER metrics_changed AFTER UPDATE ON issues_issue FOR EACH ROW WHEN (
    (OLD.detected_at, OLD.first_response_at, OLD.answered_by, OLD.response_due_at, OLD.resolution_due_at, OLD.status,
        OLD.resolved_at, OLD.resolved_by, OLD.escalated_at, OLD.escalation_reason, OLD.customer_satisfaction, OLD.rated_at,
        OLD.rated_resolver, OLD.false_positive, OLD.location, OLD.priority, OLD.type, OLD.source, OLD.metadata)
    IS DISTINCT FROM
    (NEW.detected_at, NEW.first_response_at, NEW.answered_by, NEW.response_due_at, NEW.resolution_due_at, NEW.status,
        NEW.resolved_at, NEW.resolved_by, NEW.escalated_at, NEW.escalation_reason, NEW.customer_satisfaction, NEW.rated_at,
        NEW.rated_resolver, NEW.false_positive, NEW.location, NEW.priority, NEW.type, NEW.source, NEW.metadata)
) EXECUTE FUNCTION metrics_issue_changed();

CREATE FUNCTION metrics_issue_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM metrics_mark('detected', OLD.detected_at), metrics_mark('happened', OLD.resolved_at, OLD.rated_at);
    DELETE FROM metrics_touched WHERE issue_id = OLD.id;
    DELETE FROM metrics_reopened WHERE issue_id = OLD.id;
    RETURN NULL;
END $$;
CREATE TRIGGER metrics_gone AFTER DELETE ON issues_issue FOR EACH ROW EXECUTE FUNCTION metrics_issue_gone();

-- A deed of a person, or a reopening, also changes how an end is seen. Both are rare, and every answer passes here: what
-- they need is only prepared when there are any. Customers are people, but handle nothing.
CREATE FUNCTION metrics_actions_made() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO metrics_stale (cells, grain, start)
    SELECT DISTINCT 'happened', 1, date_trunc('minute', at) FROM made WHERE kind IN ('replied', 'resolved', 'escalated');
    IF EXISTS (SELECT 1 FROM made WHERE NOT automated AND by <> 'customer') THEN
        INSERT INTO metrics_touched (issue_id)
        SELECT DISTINCT issue_id FROM made WHERE NOT automated AND by <> 'customer'
            AND kind IN ('replied', 'escalated', 'assigned', 'resolved', 'reopened', 'edited', 'noted')
        ON CONFLICT DO NOTHING;
        INSERT INTO metrics_stale (cells, grain, start)
        SELECT DISTINCT 'happened', 1, date_trunc('minute', i.resolved_at) FROM made JOIN issues_issue i ON i.id = made.issue_id
        WHERE NOT made.automated AND i.resolved_at IS NOT NULL;
    END IF;
    IF EXISTS (SELECT 1 FROM made WHERE kind = 'reopened') THEN
        INSERT INTO metrics_reopened (issue_id, at)
        SELECT DISTINCT issue_id, at FROM made WHERE kind = 'reopened' ON CONFLICT DO NOTHING;
        INSERT INTO metrics_stale (cells, grain, start)
        SELECT DISTINCT 'happened', 1, date_trunc('minute', a.at) FROM made JOIN issues_action a ON a.issue_id = made.issue_id
        WHERE made.kind = 'reopened' AND a.kind = 'resolved';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER metrics_made AFTER INSERT ON issues_action REFERENCING NEW TABLE AS made
    FOR EACH STATEMENT EXECUTE FUNCTION metrics_actions_made();

CREATE FUNCTION metrics_responses_made() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM made WHERE state = 'sent') THEN
        INSERT INTO metrics_stale (cells, grain, start)
        SELECT DISTINCT 'happened', 1, date_trunc('minute', moment) FROM made JOIN issues_issue i ON i.id = made.issue_id
            CROSS JOIN unnest(ARRAY[made.sent_at, i.resolved_at, i.rated_at]) AS moment
        WHERE made.state = 'sent' AND moment IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER metrics_made AFTER INSERT ON issues_response REFERENCING NEW TABLE AS made
    FOR EACH STATEMENT EXECUTE FUNCTION metrics_responses_made();

CREATE FUNCTION metrics_response_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM metrics_mark('happened', OLD.sent_at, NEW.sent_at);
    IF (OLD.state, OLD.kind, OLD.purpose) IS DISTINCT FROM (NEW.state, NEW.kind, NEW.purpose) THEN
        PERFORM metrics_mark('happened', resolved_at, rated_at) FROM issues_issue
            WHERE id = NEW.issue_id AND (resolved_at IS NOT NULL OR rated_at IS NOT NULL);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER metrics_changed AFTER UPDATE ON issues_response FOR EACH ROW WHEN (
    (OLD.state = 'sent' OR NEW.state = 'sent')
    AND (OLD.state, OLD.kind, OLD.purpose, OLD.sent_at, OLD.delivery, OLD.failure)
        IS DISTINCT FROM (NEW.state, NEW.kind, NEW.purpose, NEW.sent_at, NEW.delivery, NEW.failure)
) EXECUTE FUNCTION metrics_response_changed();

CREATE FUNCTION metrics_response_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM metrics_mark('happened', OLD.sent_at);
    RETURN NULL;
END $$;
CREATE TRIGGER metrics_gone AFTER DELETE ON issues_response FOR EACH ROW WHEN (OLD.state = 'sent')
    EXECUTE FUNCTION metrics_response_gone();

CREATE FUNCTION metrics_calls_made() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO metrics_stale (cells, grain, start)
    SELECT DISTINCT 'happened', 1, date_trunc('minute', started_at) FROM made;
    RETURN NULL;
END $$;
CREATE TRIGGER metrics_made AFTER INSERT ON issues_aicall REFERENCING NEW TABLE AS made
    FOR EACH STATEMENT EXECUTE FUNCTION metrics_calls_made();

CREATE FUNCTION metrics_call_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM metrics_mark('happened', OLD.started_at, NEW.started_at);
    RETURN NULL;
END $$;
CREATE TRIGGER metrics_changed AFTER UPDATE ON issues_aicall FOR EACH ROW EXECUTE FUNCTION metrics_call_changed();

CREATE FUNCTION metrics_call_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM metrics_mark('happened', OLD.started_at);
    RETURN NULL;
END $$;
CREATE TRIGGER metrics_gone AFTER DELETE ON issues_aicall FOR EACH ROW EXECUTE FUNCTION metrics_call_gone();
"""

# What is in the actions already. `rollup.NOTED` says the same.
NOTED_SO_FAR = """
INSERT INTO metrics_touched (issue_id) SELECT DISTINCT issue_id FROM issues_action WHERE NOT automated AND by <> 'customer'
    AND kind IN ('replied', 'escalated', 'assigned', 'resolved', 'reopened', 'edited', 'noted') ON CONFLICT DO NOTHING;
INSERT INTO metrics_reopened (issue_id, at) SELECT DISTINCT issue_id, at FROM issues_action WHERE kind = 'reopened'
    ON CONFLICT DO NOTHING;
"""

NO_TRIGGERS = """
DROP FUNCTION metrics_issues_made, metrics_issue_changed, metrics_issue_gone, metrics_actions_made, metrics_responses_made,
    metrics_response_changed, metrics_response_gone, metrics_calls_made, metrics_call_changed, metrics_call_gone CASCADE;
DROP FUNCTION metrics_mark_all_of, metrics_mark;
"""


class Migration(migrations.Migration):

    dependencies = [("issues", "0010_answered_by"), ("metrics", "0002_timings")]

    operations = [
        migrations.CreateModel(
            name='Covered',
            fields=[
                ('pk', models.CompositePrimaryKey('cells', 'grain', blank=True, editable=False, primary_key=True, serialize=False)),
                ('cells', models.CharField(max_length=8)),
                ('grain', models.PositiveSmallIntegerField(choices=[(1, 'minute'), (2, 'hour'), (3, 'day')])),
                ('since', models.DateTimeField()),
                ('until', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Detected',
            fields=[
                ('pk', models.CompositePrimaryKey('grain', 'start', 'dims', 'location', 'priority', 'type', blank=True, editable=False, primary_key=True, serialize=False)),
                ('grain', models.PositiveSmallIntegerField(choices=[(1, 'minute'), (2, 'hour'), (3, 'day')])),
                ('start', models.DateTimeField()),
                ('dims', models.PositiveSmallIntegerField(choices=[(0, 'Neither'), (1, 'Type'), (2, 'Location'), (3, 'Both')])),
                ('location', models.CharField(max_length=64)),
                ('priority', models.CharField(max_length=8)),
                ('type', models.CharField(max_length=100)),
                ('detected', models.IntegerField()),
                ('ended_unanswered', models.IntegerField()),
                ('ttfr_untrusted', models.IntegerField()),
                ('ttfr_sum_s', models.FloatField()),
                ('resolved', models.IntegerField()),
                ('unresolved', models.IntegerField()),
                ('ttr_untrusted', models.IntegerField()),
                ('ttr_sum_s', models.FloatField()),
                ('escalated', models.IntegerField()),
                ('reviewed', models.IntegerField()),
                ('false_positives', models.IntegerField()),
                ('response_met', models.IntegerField()),
                ('response_late', models.IntegerField()),
                ('resolution_met', models.IntegerField()),
                ('resolution_late', models.IntegerField()),
                ('ttfr', models.BinaryField(null=True)),
                ('ttr', models.BinaryField(null=True)),
                ('reasons', models.JSONField(null=True)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Happened',
            fields=[
                ('pk', models.CompositePrimaryKey('grain', 'start', 'dims', 'location', 'priority', 'type', blank=True, editable=False, primary_key=True, serialize=False)),
                ('grain', models.PositiveSmallIntegerField(choices=[(1, 'minute'), (2, 'hour'), (3, 'day')])),
                ('start', models.DateTimeField()),
                ('dims', models.PositiveSmallIntegerField(choices=[(0, 'Neither'), (1, 'Type'), (2, 'Location'), (3, 'Both')])),
                ('location', models.CharField(max_length=64)),
                ('priority', models.CharField(max_length=8)),
                ('type', models.CharField(max_length=100)),
                ('actions', models.IntegerField()),
                ('automated_actions', models.IntegerField()),
                ('ended', models.IntegerField()),
                ('ended_untouched', models.IntegerField()),
                ('ai_ended', models.IntegerField()),
                ('ai_ended_rated', models.IntegerField()),
                ('rated', models.IntegerField()),
                ('rated_well', models.IntegerField()),
                ('rated_sum', models.IntegerField()),
                ('ai_rated', models.IntegerField()),
                ('ai_rated_well', models.IntegerField()),
                ('replies_ai', models.IntegerField()),
                ('replies_cached', models.IntegerField()),
                ('replies_template', models.IntegerField()),
                ('replies_human', models.IntegerField()),
                ('replies_program', models.IntegerField()),
                ('accepted', models.IntegerField()),
                ('delivered', models.IntegerField()),
                ('undelivered', models.IntegerField()),
                ('ai_calls', models.IntegerField()),
                ('ai_calls_failed', models.IntegerField()),
                ('ai_calls_counted', models.IntegerField()),
                ('ai_calls_priced', models.IntegerField()),
                ('ai_calls_uncounted', models.IntegerField()),
                ('ai_calls_unpriced', models.IntegerField()),
                ('tokens_in', models.BigIntegerField()),
                ('tokens_out', models.BigIntegerField()),
                ('tokens_thought', models.BigIntegerField()),
                ('tokens_cached', models.BigIntegerField()),
                ('cost_usd', models.DecimalField(decimal_places=8, max_digits=20)),
                ('causes', models.JSONField(null=True)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Stale',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('cells', models.CharField(max_length=8)),
                ('grain', models.PositiveSmallIntegerField(choices=[(1, 'minute'), (2, 'hour'), (3, 'day')])),
                ('start', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['cells', 'start'], name='stale_start')],
            },
        ),
        migrations.CreateModel(
            name='Touched',
            fields=[('issue_id', models.UUIDField(primary_key=True, serialize=False))],
        ),
        migrations.CreateModel(
            name='Reopened',
            fields=[
                ('pk', models.CompositePrimaryKey('issue_id', 'at', blank=True, editable=False, primary_key=True, serialize=False)),
                ('issue_id', models.UUIDField()),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
        migrations.RunSQL(NOTED_SO_FAR, migrations.RunSQL.noop),
    ]
