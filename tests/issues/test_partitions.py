"""Tables that are kept in months: every row finds its month, old months go whole, and nothing else notices."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from issues import actions, jobs, queries
from issues.ingest import ingest
from issues.models import Action, EventKey, InboundEvent, Issue
from mis_dashboard.lib import partitions, repartition
from tests.support import make
from tests.support.make import NOW, inbound

pytestmark = pytest.mark.django_db

TABLES = ["issues_action", "issues_inboundevent"]


def month(year: int, number: int) -> datetime:
    return datetime(year, number, 1, tzinfo=UTC)


def happened(at: datetime, issue: Issue | None = None) -> Action:
    return actions.record(issue or make.issue(), Action.Kind.NOTED, at=at, note="x")


def part_of(row: Action | InboundEvent) -> str:
    """The part of the table that holds `row`."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT tableoid::regclass::text FROM {row._meta.db_table} WHERE id = %s", [row.pk])
        [(part,)] = cursor.fetchall()
    return part


def all_is_checked() -> None:
    """What waits for the commit is done, as a test's rows are never committed."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


# --- Every row finds its month --------------------------------------------------------------------


def test_a_row_of_each_month_lands_in_the_part_of_that_month_in_utc():
    partitions.cover("issues_action", month(2026, 1), month(2026, 3))
    issue = make.issue()
    moments = {
        "2026-01-01T00:00:00+00:00": "issues_action_2026_01",
        "2026-01-31T23:59:59.999999+00:00": "issues_action_2026_01",
        "2026-01-31T21:00:00-03:00": "issues_action_2026_02",
        "2026-03-15T12:00:00+00:00": "issues_action_2026_03",
    }
    for moment, part in moments.items():
        assert part_of(happened(datetime.fromisoformat(moment), issue)) == part


@pytest.mark.parametrize("table", TABLES)
def test_this_month_and_the_next_three_are_made_ahead(table):
    partitions.make_ahead(datetime(2031, 11, 30, 23, 59, tzinfo=UTC))
    made = {m for m in partitions.parts(table) if m.year > 2030}
    assert made == {month(2031, 11), month(2031, 12), month(2032, 1), month(2032, 2)}


def test_a_fresh_database_is_ready():
    ahead = partitions.stretch(datetime.now(UTC), datetime.now(UTC) + timedelta(days=80))
    for table in TABLES:
        assert set(ahead) <= partitions.parts(table)


def test_making_ahead_again_costs_a_look_and_changes_nothing(django_assert_max_num_queries):
    partitions.keep()
    before = [partitions.parts(table) for table in TABLES]
    with django_assert_max_num_queries(2 + 3 * len(partitions.tables())):
        partitions.keep()
    assert [partitions.parts(table) for table in TABLES] == before


def test_a_stretch_of_the_past_is_covered_to_its_last_month():
    partitions.cover("issues_action", datetime(2011, 11, 9, tzinfo=UTC), datetime(2012, 2, 1, tzinfo=UTC))
    made = {m for m in partitions.parts("issues_action") if m.year < 2013}
    assert made == {month(2011, 11), month(2011, 12), month(2012, 1), month(2012, 2)}


def test_a_row_of_a_month_without_a_part_is_not_refused_and_is_moved_to_its_own_part_soon():
    stray = happened(datetime(2003, 5, 5, 5, 5, tzinfo=UTC))
    assert part_of(stray) == "issues_action_strays"
    all_is_checked()
    partitions.make_ahead(NOW)
    assert part_of(stray) == "issues_action_2003_05"
    assert Action.objects.values().get(pk=stray.pk) == {
        "id": stray.pk, "issue_id": stray.issue_id, "response_id": None, "kind": "noted", "at": stray.at, "by": "system",
        "user_id": None, "automated": True, "success": True, "detail": {"note": "x"},
    }  # fmt: skip


def test_strays_of_the_past_do_not_keep_a_month_from_being_made():
    stray, other = happened(datetime(2040, 5, 5, tzinfo=UTC)), happened(datetime(2040, 9, 5, tzinfo=UTC))
    all_is_checked()
    partitions.cover("issues_action", month(2040, 5), month(2040, 5))
    assert (part_of(stray), part_of(other)) == ("issues_action_2040_05", "issues_action_strays")


# --- Old months go whole --------------------------------------------------------------------------


@pytest.fixture
def kept_400_days(settings):
    settings.PARTITIONED = {**settings.PARTITIONED, "issues_action": ("at", timedelta(days=400))}


def test_a_month_is_dropped_when_its_youngest_row_is_old_and_the_others_stay(kept_400_days):
    partitions.cover("issues_action", month(2027, 1), month(2027, 3))
    rows = [happened(datetime(2027, number, 28, tzinfo=UTC)) for number in (1, 2, 3)]
    all_is_checked()
    partitions.drop_old(month(2027, 3) + timedelta(days=400, microseconds=-1))
    assert list(Action.objects.filter(pk__in=[row.pk for row in rows])) == rows[1:]
    partitions.drop_old(month(2027, 3) + timedelta(days=400))
    assert list(Action.objects.all()) == rows[2:]


def test_actions_are_kept_for_ever_unless_said_otherwise():
    partitions.cover("issues_action", month(2011, 1), month(2011, 1))
    partitions.drop_old(NOW)
    assert month(2011, 1) in partitions.parts("issues_action")


def test_a_month_of_events_is_dropped_30_days_after_its_end():
    partitions.cover("issues_inboundevent", month(2026, 9), month(2026, 11))
    partitions.drop_old(datetime(2026, 10, 30, 23, 59, tzinfo=UTC))
    assert month(2026, 9) in partitions.parts("issues_inboundevent")
    partitions.drop_old(datetime(2026, 10, 31, tzinfo=UTC))
    assert month(2026, 9) not in partitions.parts("issues_inboundevent")
    assert month(2026, 10) in partitions.parts("issues_inboundevent")


# --- Nothing else notices -------------------------------------------------------------------------


def test_a_repeat_of_an_event_of_last_month_is_known():
    partitions.cover("issues_inboundevent", month(2026, 10), month(2026, 11))
    first = ingest(inbound(key="ghl:same"), now=NOW - timedelta(days=29))
    again = ingest(inbound(key="ghl:same"), now=NOW)
    assert part_of(InboundEvent.objects.get()) == "issues_inboundevent_2026_10"
    assert (again.repeated, again.issue_id, Issue.objects.count()) == (True, first.issue_id, 1)


def test_a_repeat_is_known_when_its_events_month_was_dropped_early():
    partitions.cover("issues_inboundevent", month(2026, 10), month(2026, 10))
    first = ingest(inbound(key="ghl:same"), now=NOW - timedelta(days=29))
    all_is_checked()
    partitions.drop_old(NOW + timedelta(days=60))
    again = ingest(inbound(key="ghl:same"), now=NOW)
    assert (first.repeated, again.repeated) == (False, True)


def test_the_key_of_an_event_is_forgotten_with_it():
    now = datetime.now(UTC)
    for days in (29, 31):
        ingest(inbound(key=f"ghl:{days}"), now=now - timedelta(days=days))
    jobs.forget()
    assert list(EventKey.objects.values_list("key", flat=True)) == ["ghl:29"]
    assert list(InboundEvent.objects.values_list("key", flat=True)) == ["ghl:29"]


def test_an_event_is_found_by_its_key_in_one_query(django_assert_num_queries):
    ingest(inbound(key="ghl:one"), now=NOW)
    with django_assert_num_queries(1):
        assert queries.event("ghl:one").key == "ghl:one"
    assert queries.event("ghl:other") is None


def test_what_happened_can_be_neither_changed_nor_removed_in_any_part():
    partitions.cover("issues_action", month(2026, 1), month(2026, 1))
    for row in (happened(datetime(2026, 1, 5, tzinfo=UTC)), happened(datetime(2003, 1, 5, tzinfo=UTC))):
        for change in ("UPDATE {} SET success = FALSE", "DELETE FROM {}", "UPDATE {} SET at = at + interval '1 year'"):
            for table in (part_of(row), "issues_action"):
                with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
                    connection.cursor().execute(change.format(table))


def test_months_before_an_issue_are_not_looked_into_unless_it_was_imported():
    partitions.cover("issues_action", month(2003, 1), month(2003, 1))
    ours, imported = make.issue(), make.issue(source="import")
    old, first = happened(datetime(2003, 1, 5, tzinfo=UTC), imported), happened(NOW, ours)
    assert (list(queries.happened(ours)), list(queries.happened(imported))) == ([first], [old])
    assert "issues_action_2003_01" not in queries.happened(ours).explain()
    assert "issues_action_2003_01" in queries.happened(imported).explain()


def test_rows_are_stored_read_and_counted_as_ever():
    issue, now = make.issue(), datetime.now(UTC)
    rows = [
        Action(issue=issue, kind="noted", at=now - timedelta(days=30 * n), by="x", automated=True) for n in range(4)
    ]
    Action.objects.bulk_create(rows)
    assert list(issue.actions.select_related("issue", "response")) == rows[::-1]
    assert Action.objects.in_bulk([row.pk for row in rows]).keys() == {row.pk for row in rows}
    assert Issue.objects.filter(actions__in=rows).distinct().count() == 1
    rows[0].refresh_from_db()
    assert (rows[0].issue, rows[0].at) == (issue, now)


def test_an_issue_takes_its_responses_along_and_leaves_its_events():
    outcome = ingest(inbound(message=False, text=""), now=NOW)
    issue = make.issue()
    make.response(issue)
    InboundEvent.objects.filter(key=InboundEvent.objects.get().key).update(issue=issue)
    issue.delete()
    assert (outcome.issue_id, InboundEvent.objects.get().issue) == (None, None)


def test_an_issue_to_which_something_happened_cannot_be_removed():
    action = happened(NOW)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        action.issue.delete()


def test_an_action_of_no_issue_is_refused():
    orphan = Action(issue_id=make.uuid7(), kind="noted", at=NOW, by="x", automated=True)

    def store() -> None:
        orphan.save()
        all_is_checked()

    with pytest.raises(IntegrityError, match="foreign key"), transaction.atomic():
        store()


# --- Nobody waits for long ------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_who_reads_is_waited_for_and_who_writes_does_not_wait_long(monkeypatch):
    monkeypatch.setattr(partitions, "PAUSE_S", 0.05)
    reading, enough = threading.Event(), threading.Event()

    def read() -> None:
        with transaction.atomic():
            Action.objects.exists()
            reading.set()
            enough.wait(10)
        connection.close()

    reader = threading.Thread(target=read)
    reader.start()
    reading.wait(10)
    monkeypatch.setattr(partitions, "TRIES", 2)
    with pytest.raises(OperationalError):
        partitions.cover("issues_action", month(2050, 1), month(2050, 1))
    monkeypatch.setattr(partitions, "TRIES", 50)
    threading.Timer(0.5, enough.set).start()
    partitions.cover("issues_action", month(2050, 1), month(2050, 1))
    assert month(2050, 1) in partitions.parts("issues_action")
    reader.join()


@pytest.mark.django_db(transaction=True)
def test_who_has_changed_an_issue_and_now_writes_an_action_is_let_finish(monkeypatch):
    monkeypatch.setattr(partitions, "TRIES", 1)
    monkeypatch.setattr(partitions, "LOCK_WAIT_MS", 5000)
    issue, changed, written = make.issue(), threading.Event(), threading.Event()

    def write() -> None:
        with transaction.atomic():
            Issue.objects.filter(pk=issue.pk).update(location="loc2")
            changed.set()
            until_somebody_waits_for("issues_issue")
            happened(NOW, issue)
        written.set()
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    changed.wait(10)
    partitions.cover("issues_action", month(2050, 3), month(2050, 3))
    writer.join()
    assert written.is_set()
    assert month(2050, 3) in partitions.parts("issues_action")


def until_somebody_waits_for(table: str) -> None:
    pause = threading.Event()
    for _ in range(200):
        with connection.cursor() as cursor:
            cursor.execute("SELECT FROM pg_locks WHERE relation = %s::regclass AND NOT granted", [table])
            if cursor.rowcount:
                return
        pause.wait(0.02)


def test_the_rest_of_a_transaction_waits_for_locks_as_before():
    partitions.cover("issues_action", month(2050, 2), month(2050, 2))
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)


# --- Tables that have rows already ----------------------------------------------------------------


def definitions() -> list[tuple]:
    """Constraints, indexes and triggers of the two tables, as far as both forms have them."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
            WHERE conrelid = ANY(%(tables)s::regclass[]) AND contype IN ('c', 'f') AND conparentid = 0
            UNION SELECT indexname, replace(indexdef, ' ON ONLY ', ' ON ') FROM pg_indexes
            WHERE tablename = ANY(%(tables)s::text[]) AND indexname NOT IN ('one_event_per_key') AND indexname NOT LIKE '%%pkey'
            UNION SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger
            WHERE tgrelid = ANY(%(tables)s::regclass[]) AND NOT tgisinternal ORDER BY 1, 2
            """,
            {"tables": TABLES},
        )
        return cursor.fetchall()


def test_tables_with_rows_are_made_whole_and_turned_into_months_again_without_loss():
    issue, now = make.issue(), datetime.now(UTC)
    for days in (0, 40, 400, 4000):
        happened(now - timedelta(days=days), issue)
    ingest(inbound(), now=now - timedelta(days=3))
    all_is_checked()
    before = [list(model.objects.values()) for model in (Action, InboundEvent)], definitions()
    for table in TABLES:
        repartition.into_one(table)
    assert not set(TABLES) & set(partitions.tables())
    partitions.keep()  # looks at nothing that is not in months
    assert ([list(model.objects.values()) for model in (Action, InboundEvent)], definitions()) == before
    for table in TABLES:
        repartition.into_months(table)
        assert not partitions.months_in(partitions.strays_of(table), settings.PARTITIONED[table][0])
    assert ([list(model.objects.values()) for model in (Action, InboundEvent)], definitions()) == before
    assert {"append_only", "action_issue_at", "action_kind_at", "a_person_is_not_automation"} <= dict(before[1]).keys()


@pytest.mark.django_db(transaction=True)
def test_an_installation_with_rows_is_upgraded():
    before = ("issues", "0007_ai_calls_of_an_issue")
    executor = MigrationExecutor(connection)
    executor.migrate([before])
    try:
        old = executor.loader.project_state([before]).apps
        now = datetime.now(UTC)
        issue = old.get_model("issues", "Issue").objects.create(
            detected_at=now, received_at=now, response_due_at=now, resolution_due_at=now
        )
        given = {"issue": issue, "kind": "noted", "by": "x", "automated": True}
        rows = [
            old.get_model("issues", "Action").objects.create(at=now - timedelta(days=days), **given)
            for days in (4000, 40, 0)
        ]
        old.get_model("issues", "InboundEvent").objects.create(
            source="api", key="ghl:same", kind="x", payload={}, issue=issue, received_at=now - timedelta(days=3)
        )
    finally:
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes())
    assert list(Action.objects.values_list("pk", "at")) == [(row.pk, row.at) for row in rows]
    assert {part_of(action) for action in Action.objects.all()} == {
        partitions.name_of("issues_action", partitions.month_of(row.at)) for row in rows
    }
    assert set(TABLES) <= set(partitions.tables())
    again = ingest(inbound(key="ghl:same"))
    assert (again.repeated, again.issue_id) == (True, issue.pk)
