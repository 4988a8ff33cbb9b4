"""The cells say what the rows say: in every window, at any moment, whatever has happened and whoever has refreshed."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone

from issues.models import Action, Issue, Response
from metrics import facts, kpis, rollup, snapshot
from metrics.measures import HANDLING, MEASURES, Count, Sum
from metrics.models import Covered, Detected, Dims, Grain, Happened, Reopened, Stale, Touched
from metrics.window import Scope
from tests.support import make
from tests.support.history_of import History
from tests.support.make import NOW

ZONE = ZoneInfo("America/Sao_Paulo")
SCOPES = [
    Scope("1h"), Scope("24h"), Scope("7d"), Scope("30d"), Scope("90d"),
    Scope("7d", location="loc1"), Scope("30d", priority="high"), Scope("7d", type="billing"),
    Scope("30d", location="loc2", type="billing", priority="low"),
    Scope("custom", start="2026-11-17", end="2026-11-18"), Scope("custom", start="2026-10-01T07:13", end="2026-11-20T06:59"),
]  # fmt: skip
pytestmark = pytest.mark.django_db


def read(scope):
    return facts.read(scope.at(NOW, ZONE), ZONE)


NUMBERS = [measure.name for measure in MEASURES if isinstance(measure, Count | Sum)]


def told(tally) -> dict:
    """All that a tally says. Sums of fractions depend on their order."""
    return {
        "numbers": {name: round(tally[name], 6) for name in [*NUMBERS, "response_overdue", "resolution_overdue"]},
        "bins": {
            name: {who: [*bins.nonzero()[0], *bins[bins > 0]] for who, bins in tally.bins_by_who(name).items()}
            for name in ("ttfr", "ttr")
        },
        "names": {name: tally.names(name) for name in ("reasons", "causes")},
        "ttfr": tally.times("ttfr").percentiles([0.1, 0.5, 0.9]),
        "ttr": tally.times("ttr").percentiles([0.1, 0.5, 0.9]),
    }


def all_told(scope) -> list[dict]:
    found, by_priority = read(scope), facts.by(scope.at(NOW, ZONE), "priority", ZONE)
    parts = [by_priority[name] for name in sorted(by_priority)]
    return [told(tally) for tally in (found.total, found.previous, *found.buckets, *parts)]


def from_rows(scope) -> list[dict]:
    """The same, measured without a single cell."""
    kept = list(Covered.objects.all())
    Covered.objects.all().delete()
    found = all_told(scope)
    Covered.objects.bulk_create(kept)
    return found


def from_cells(scope) -> list[dict]:
    return all_told(scope)


def assert_same(moment: str):
    for scope in SCOPES:
        assert from_cells(scope) == from_rows(scope), (moment, scope)


@pytest.mark.parametrize("seed", range(3))
def test_cells_and_rows_agree_in_every_window_whatever_happens(seed):
    history = History(seed)
    for _ in range(60):
        history.begin()
    for _ in range(150):
        history.happen()
    rollup.catch_up(NOW)
    assert Happened.objects.filter(grain=Grain.DAY).exists()
    assert Detected.objects.filter(grain=Grain.MINUTE).exists()
    assert not Stale.objects.exists()
    assert_same("after refreshing")
    assert snapshot.text(snapshot.build(Scope("30d"), NOW))
    for _ in range(40):
        history.happen()
    history.begin()
    assert_same("with stale cells")
    rollup.refresh(Grain.MINUTE, NOW)
    assert_same("with only the minutes refreshed")
    rollup.refresh(Grain.HOUR, NOW)
    assert_same("with minutes and hours refreshed")
    rollup.refresh(Grain.DAY, NOW)
    assert_same("with all refreshed")


def dump() -> list:
    with connection.cursor() as cursor:
        found = []
        for table in ("detected", "happened"):
            cursor.execute(f"SELECT * FROM metrics_{table} ORDER BY grain, start, dims, location, priority, type")
            found += [tuple(bytes(v) if isinstance(v, memoryview) else v for v in row) for row in cursor.fetchall()]
        return found


def test_measuring_again_and_from_nothing_gives_the_same_cells():
    history = History(7)
    for _ in range(30):
        history.begin()
    for _ in range(90):
        history.happen()
    rollup.catch_up(NOW)
    before = dump()
    rollup.catch_up(NOW)
    assert dump() == before
    rollup.rebuild(NOW)
    assert dump() == before


def test_shares_of_the_parts_add_up_to_the_whole():
    history = History(11)
    for _ in range(60):
        history.begin()
    rollup.catch_up(NOW)
    window = Scope("30d").at(NOW, ZONE)
    whole = facts.read(window, ZONE).total
    for dimension in ("location", "priority", "type"):
        parts = facts.by(window, dimension, ZONE)
        assert sum(part["detected"] for part in parts.values()) == whole["detected"]
        assert sum(part.times("ttfr").n for part in parts.values()) == whole.times("ttfr").n
    by_who = whole.bins_by_who("ttfr")
    assert sum(bins.sum() for bins in by_who.values()) == whole.times("ttfr").done


class TestMarks:
    """What changes a figure is marked in the same transaction; what does not, is not."""

    @pytest.fixture
    def marks(self):
        def of() -> set:
            found = set(Stale.objects.values_list("cells", "start"))
            Stale.objects.all().delete()
            return found

        return of

    def at(self, **ago):
        return (NOW - timedelta(**ago)).replace(second=0, microsecond=0)

    def test_an_issue_marks_the_minute_in_which_it_was_detected(self, marks):
        make.issue(at=NOW - timedelta(hours=1, seconds=20))
        assert marks() == {("detected", self.at(hours=1, minutes=1))}

    def test_its_end_marks_also_the_minute_of_its_end(self, marks):
        issue = make.issue(at=NOW - timedelta(hours=1))
        marks()
        issue.status, issue.resolved_at = "resolved", NOW
        issue.save()
        assert marks() == {("detected", self.at(hours=1)), ("happened", self.at())}

    def test_what_is_of_no_consequence_marks_nothing(self, marks):
        issue = make.issue(at=NOW - timedelta(hours=1))
        response = make.response(issue)
        marks()
        Issue.objects.filter(pk=issue.pk).update(sentiment="angry", silent_since=NOW)
        Response.objects.filter(pk=response.pk).update(attempts=2)
        Action.objects.create(issue=issue, kind="received", at=NOW, by="customer", automated=False)
        assert marks() == set()

    def test_a_change_of_what_it_is_about_marks_all_that_happened_to_it(self, marks):
        issue = make.issue(at=NOW - timedelta(hours=3))
        make.response(issue, state="sent", sent_at=NOW - timedelta(hours=2), text="Olá", kind="ai")
        Action.objects.create(
            issue=issue, kind="replied", at=NOW - timedelta(hours=2, minutes=1), by="system", automated=True
        )
        marks()
        Issue.objects.filter(pk=issue.pk).update(type="billing")
        assert marks() == {
            ("detected", self.at(hours=3)), ("happened", self.at(hours=2)), ("happened", self.at(hours=2, minutes=1))
        }  # fmt: skip


def test_nobody_else_measures_at_the_same_time():
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connections

    def elsewhere():
        try:
            return rollup.refresh(Grain.MINUTE, NOW)
        finally:
            connections.close_all()

    with rollup._alone("detected") as one, rollup._alone("happened") as another, ThreadPoolExecutor(1) as other:
        assert one
        assert another
        assert other.submit(elsewhere).result() == 0


@pytest.mark.parametrize("name", ["24h", "30d"])
def test_a_figure_is_the_same_when_nothing_but_what_it_needs_is_read(name):
    history = History(7)
    for _ in range(60):
        history.begin()
    for _ in range(200):
        history.happen()
    rollup.catch_up(NOW)
    window = Scope(name).at(NOW, ZONE)
    whole = kpis.measure(window)
    for kpi in kpis.KPIS:
        assert kpis.figures(facts.read(window, ZONE, kpis.needs(kpi)), [kpi]) == {kpi.name: whole[kpi.name]}


class TestWhenItIsTime:
    EVERYTHING = {(table, grain) for table in rollup.TABLES for grain in Grain}

    @staticmethod
    def due(after=timedelta(0)):
        return set(rollup.due(NOW + after))

    def test_all_of_it_at_first_and_then_nothing(self):
        assert self.due() == self.EVERYTHING
        rollup.catch_up(NOW)
        assert self.due() == set()

    def test_each_when_more_of_its_kind_is_complete(self):
        rollup.catch_up(NOW)
        assert self.due(timedelta(minutes=4)) == set()
        assert {grain for _table, grain in self.due(timedelta(minutes=5))} == {Grain.MINUTE}
        assert {grain for _table, grain in self.due(timedelta(hours=1))} == {Grain.MINUTE, Grain.HOUR}
        assert self.due(timedelta(days=1)) == self.EVERYTHING

    def test_one_change_waits_and_many_do_not(self, monkeypatch):
        monkeypatch.setattr(rollup, "MANY_MARKS", 3)
        rollup.catch_up(NOW)
        make.issue(at=NOW - timedelta(days=2))
        assert self.due() == set()
        make.issue(at=NOW - timedelta(days=2))
        make.issue(at=NOW - timedelta(days=2))
        assert self.due() == {("detected", Grain.MINUTE)}

    def test_what_is_older_than_all_before_is_covered_too(self):
        make.issue(at=NOW - timedelta(days=2))
        rollup.catch_up(NOW)
        make.issue(at=NOW - timedelta(days=40))
        rollup.catch_up(NOW)
        assert Covered.objects.get(cells="detected", grain=Grain.DAY).since <= NOW - timedelta(days=40)
        assert self.due() == set()


def test_minutes_and_hours_are_dropped_when_they_are_old_and_days_stay():
    make.issue(at=NOW - timedelta(days=2))
    rollup.catch_up(NOW)
    later = NOW + timedelta(days=200)
    rollup.catch_up(later)
    assert set(Detected.objects.values_list("grain", flat=True)) == {Grain.DAY}
    assert (
        facts.read(Scope("custom", start="2026-11-01", end="2026-11-30").at(later, ZONE), ZONE).total["detected"] == 1
    )


def test_what_was_added_up_stays_when_the_actions_of_its_time_are_dropped(settings):
    settings.PARTITIONED = settings.PARTITIONED | {"issues_action": ("at", timedelta(days=400))}
    issue = make.issue(
        at=timezone.now() - timedelta(days=600), status="resolved", resolved_at=NOW - timedelta(days=599)
    )
    action = Action.objects.create(issue=issue, kind="replied", at=issue.detected_at, by="system", automated=True)
    rollup.catch_up()
    with connection.cursor() as cursor:  # as a dropped month takes it
        cursor.execute("ALTER TABLE issues_action DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM issues_action WHERE id = %s", [action.pk])
        cursor.execute("ALTER TABLE issues_action ENABLE TRIGGER USER")
    Issue.objects.filter(pk=issue.pk).update(type="billing")
    rollup.catch_up()
    assert Happened.objects.filter(grain=Grain.DAY, dims=Dims.ALL, actions=1).count() == 1


def test_what_the_triggers_note_of_the_actions_is_what_the_actions_say():
    history = History(5)
    for _ in range(20):
        history.begin()
    for _ in range(120):
        history.happen()
    noted = set(Touched.objects.values_list("issue_id", flat=True)), set(Reopened.objects.values_list("issue_id", "at"))
    assert all(noted)
    by_people = Action.objects.filter(automated=False, kind__in=HANDLING).exclude(by="customer")
    reopened = Action.objects.filter(kind="reopened")
    assert noted == (set(by_people.values_list("issue_id", flat=True)), set(reopened.values_list("issue_id", "at")))
    Touched.objects.all().delete()
    Reopened.objects.all().delete()
    rollup.rebuild(NOW)
    assert noted == (
        set(Touched.objects.values_list("issue_id", flat=True)), set(Reopened.objects.values_list("issue_id", "at"))
    )  # fmt: skip
