"""A figure that is not what its rows say is found, named, told of, and measured again."""

import random
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.utils import timezone

from issues.models import Issue
from metrics import histogram, jobs, kpis, prove, rollup, snapshot, uptime
from metrics.kpis import BY_NAME
from metrics.measures import LISTS
from metrics.models import Detected, Grain, Maintenance, Proof, Stale, Timing
from metrics.prove import PROOFS, Line
from metrics.timing import grains
from metrics.window import Scope
from mis_dashboard.lib import recent
from mis_dashboard.lib.ids import uuid7
from mis_dashboard.models import Span
from tests.support import make
from tests.support.history_of import History
from tests.support.make import NOW

pytestmark = pytest.mark.django_db
ZONE = timezone.get_default_timezone()
SCOPES = [Scope("1h"), Scope("24h"), Scope("7d"), Scope("30d", location="loc1"), Scope("90d"), Scope("custom", start="2026-11-18", end="2026-11-18")]  # fmt: skip


@pytest.fixture(autouse=True)
def _at_now(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def run(capsys):
    """Runs the command: its exit code, what it prints, and what it says at last."""

    def run(*arguments) -> tuple[int, str, str]:
        try:
            call_command("prove", *arguments, no_color=True)
        except CommandError as error:
            return error.returncode, capsys.readouterr().out, str(error)
        return 0, capsys.readouterr().out, ""

    return run


def differing(scope) -> list[str]:
    return [line.figure for line in prove.prove(scope.at(NOW, ZONE)) if line.differs]


def corrupt(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        assert cursor.rowcount


@pytest.mark.parametrize("seed", range(3))
def test_whatever_happened_every_figure_is_proved(seed):
    history = History(seed).go(60, 200)
    rollup.catch_up(NOW)
    history.go(2, 20)
    for scope in SCOPES:
        assert differing(scope) == [], scope


def test_every_figure_of_the_tables_rows_has_a_proof_and_every_number_beside_it():
    History(1).go(60, 200)
    window = Scope("30d").at(NOW, ZONE)
    lines = {line.figure for line in prove.prove(window)}
    assert {kpi.name for kpi in BY_NAME.values() if kpi.rows in LISTS} == PROOFS.keys()
    for name, figure in kpis.measure(window).items():
        for part, value in figure["extra"].items() if name in PROOFS else ():
            assert f"{name}.{part}" in lines or not isinstance(value, int | float), (name, part)


def test_the_proof_reads_no_cell():
    make.issue(at=NOW - timedelta(days=5))
    rollup.catch_up(NOW)
    corrupt("UPDATE metrics_detected SET detected = 7")
    found = next(line for line in prove.prove(Scope("30d").at(NOW, ZONE)) if line.figure == "received")
    assert (found.shown, found.proved, found.n) == (7, 1, 1)


def coming_and_going(chance) -> list[Span]:
    """Spans of each role over some days, with breaks of any length; the last may have ended a while ago."""
    found = []
    for role in [role for role in uptime.ROLES if chance.random() < 0.95]:
        at, number = NOW - timedelta(days=chance.uniform(0.2, 12)), 0
        while at < NOW:
            until = min(
                at + timedelta(hours=chance.expovariate(1 / 8)), NOW + timedelta(seconds=chance.choice([-40, -2, 0]))
            )
            number += 1
            found.append(Span(component=role, number=number, state="up", since=at, until=max(at, until)))
            at = until + timedelta(seconds=chance.choice([-1, 7, 60, 9000]))
    return found


@pytest.mark.parametrize("seed", range(12))
def test_availability_is_proved_by_other_arithmetic(seed):
    chance = random.Random(seed)
    Span.objects.bulk_create(coming_and_going(chance))
    for _ in range(chance.randint(0, 3)):
        begins = NOW - timedelta(hours=chance.uniform(-5, 150))
        Maintenance.objects.create(starts_at=begins, ends_at=begins + timedelta(hours=chance.uniform(0, 9)), reason="x")
    for name in ("1h", "24h", "7d", "30d"):
        window = Scope(name).at(NOW, ZONE)
        lines = [line for line in prove.prove(window) if line.figure.startswith("availability")]
        assert len(lines) == 2
        assert [line for line in lines if line.differs] == [], name


def test_hours_and_days_of_requests_are_proved_by_their_minutes():
    durations = histogram.pack({300: 7, 320: 2})
    rows = [
        Timing(grain_s=60, starts_at=NOW - timedelta(minutes=minute), route="GET /performance", process=uuid7(), n=9, packed=durations)
        for minute in range(1, 3000, 7)
    ]  # fmt: skip
    grains.store(rows, NOW)
    grains.coarsen(NOW)
    assert Timing.objects.filter(grain_s=3600).exists()
    assert differing(Scope("7d")) == []
    corrupt("UPDATE metrics_timing SET n = n + 1 WHERE grain_s = 3600")
    recent.forget()
    assert differing(Scope("24h")) == ["api_p95.n"]


class TestLine:
    @pytest.mark.parametrize(
        ("shown", "proved", "unit", "allowed", "differs"),
        [
            (None, None, "rate", 0, False), (None, 0, "count", 0, True), (1, None, "count", 0, True), (5, 5, "count", 0, False),
            (5, 6, "count", 0, True), (0.5, 0.5 + 1e-12, "rate", 0, False), (0.5, 0.5001, "rate", 0, True),
            (10.001, 10.0004, "s", 0, False), (10.01, 10, "s", 0, True), (10.19, 10, "s", 0.02, False), (10.3, 10, "s", 0.02, True),
        ],
    )  # fmt: skip
    def test_it_differs_by_more_than_is_allowed(self, shown, proved, unit, allowed, differs):
        assert Line("x", unit, shown, proved, 1, allowed).differs is differs


# What breaks a cell, the window that reads it, and the figures that are then wrong.
BROKEN = [
    ("UPDATE metrics_detected SET detected = detected + 1 WHERE grain = 3 AND dims = 0", "30d", "received"),
    ("UPDATE metrics_detected SET resolved = 0 WHERE grain = 3 AND dims = 0", "30d", "resolution_rate"),
    ("UPDATE metrics_detected SET ttfr = ttfr || ttfr WHERE grain = 3 AND dims = 0", "30d", "ttfr_p50.n"),
    ("UPDATE metrics_detected SET ttfr = set_byte(ttfr, 1, 9) WHERE grain = 3 AND dims = 0 AND ttfr IS NOT NULL", "30d", "ttfr_p90"),
    ("DELETE FROM metrics_happened WHERE grain = 2 AND dims = 0", "24h", "automation_rate"),
    ("UPDATE metrics_happened SET cost_usd = cost_usd + 0.1 WHERE grain = 3 AND dims = 0", "30d", "ai_cost_usd"),
    ("UPDATE metrics_happened SET delivered = delivered + 1 WHERE grain = 2 AND dims = 0", "7d", "delivery_rate"),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "window", "figure"), BROKEN)
def test_a_wrong_cell_is_found_and_named_and_right_again_once_healed(run, sql, window, figure):
    History(12).go(80, 400)
    rollup.catch_up(NOW)
    assert run("--window", window)[0] == 0
    corrupt(sql)
    code, out, said = run("--window", window)
    assert code == 1
    assert f"{figure} ({window})" in said
    assert figure in out
    prove.heal(Scope(window).at(NOW, ZONE), ZONE, NOW)
    assert run("--window", window)[0] == 0  # what is stale is not read
    rollup.catch_up(NOW)
    assert not Stale.objects.exists()
    assert run("--window", window)[0] == 0


def test_only_the_days_in_question_are_measured_again():
    for days in range(1, 20):
        make.issue(at=NOW - timedelta(days=days))
    rollup.catch_up(NOW)
    day = Detected.objects.filter(grain=Grain.DAY, dims=0).order_by("start")[4].start
    corrupt(f"UPDATE metrics_detected SET resolved = 3 WHERE grain = 3 AND dims = 0 AND start = '{day.isoformat()}'")
    prove.heal(Scope("30d").at(NOW, ZONE), ZONE, NOW)
    marks = Stale.objects.filter(cells="detected").values_list("start", flat=True)
    assert (min(marks), max(marks) + timedelta(minutes=1)) == (day, day + timedelta(days=1))
    assert Stale.objects.filter(cells="happened").count() == Stale.objects.filter(cells="detected").count() == 24 * 60


class TestCommand:
    def test_it_proves_a_day_and_a_month_and_prints_both_numbers(self, run):
        for after_s in (10, 30):
            at = NOW - timedelta(hours=1)
            make.issue(at=at, first_response_at=at + timedelta(seconds=after_s))
        code, out, _said = run()
        assert code == 0
        assert [line for line in out.splitlines() if line in ("24h", "30d")] == ["24h", "30d"]
        (line,) = re_lines(out, "ttfr_p50")[:1]
        assert line == ["ttfr_p50", "20 s", "20 s", "2", "0%"]

    def test_it_proves_what_it_is_told_to(self, run):
        make.issue(at=NOW - timedelta(days=3), location="loc7")
        make.issue(at=NOW - timedelta(days=3), location="loc8")
        code, out, _said = run("--start", "2026-11-16", "--end", "2026-11-18", "--location", "loc7")
        assert (code, re_lines(out, "received")[0]) == (0, ["received", "1", "1", "1", "0%"])

    def test_a_wrong_window_is_refused(self, run):
        code, _out, said = run("--start", "x", "--end", "2026-11-18")
        assert (code, said) == (1, "--start must be a day as 2026-01-31, or a time as 2026-01-31T14:00")


def re_lines(out: str, name: str) -> list[list[str]]:
    return [
        re.split(r"\s{2,}", line.replace("\xa0", " ").strip())
        for line in out.splitlines()
        if line.split() and line.split()[0] == name
    ]


class TestEveryNight:
    def alerts(self):
        return [alert for alert in snapshot.build(Scope("24h"), NOW)["alerts"] if alert["title"] == "figures_differ"]

    def test_a_good_proof_is_noted_and_says_nothing(self):
        History(1).go(20, 20)
        jobs.prove_figures()
        assert set(Proof.objects.values_list("name", "since")) == {("yesterday", None), ("30d", None)}
        assert self.alerts() == []

    def test_a_figure_that_differs_is_an_alert_until_the_next_good_proof(self, run):
        for days in (1, 5):
            make.issue(at=NOW - timedelta(days=days))
        rollup.catch_up(NOW)
        corrupt("UPDATE metrics_detected SET detected = 5 WHERE grain = 3 AND dims = 0")
        jobs.prove_figures()
        (alert,) = self.alerts()
        assert (alert["id"], alert["severity"], alert["since"]) == (
            "figures_differ",
            "warning",
            "2026-11-20T13:00:00.000Z",
        )
        assert alert["about"] == "escalation_rate, received, resolution_rate"
        assert Stale.objects.exists()
        rollup.catch_up(NOW)
        assert self.alerts()  # it is healed, and nobody has looked yet
        code, _out, _said = run("--nightly")
        assert code == 0
        assert self.alerts() == []

    def test_it_is_told_since_when_it_differs(self):
        make.issue(at=NOW - timedelta(days=5))
        for days in range(3):
            rollup.catch_up(NOW)
            corrupt("UPDATE metrics_detected SET detected = 5 WHERE grain = 3 AND dims = 0")
            prove.nightly(NOW + timedelta(days=days))
        assert Proof.objects.get(name="30d").since == NOW
        assert Proof.objects.get(name="30d").at == NOW + timedelta(days=2)


@pytest.mark.django_db(transaction=True)
def test_of_a_live_system_both_measurements_see_the_same_rows():
    """An issue that comes between the two is in neither."""
    make.issue(at=NOW - timedelta(hours=1))
    lines = prove.prove(Scope("24h").at(NOW, ZONE))
    found = [next(lines)]
    with ThreadPoolExecutor(1) as elsewhere:
        elsewhere.submit(_another_issue).result()
    found += lines
    assert Issue.objects.count() == 2
    assert [line.figure for line in found if line.differs] == []
    assert {line.proved for line in found if line.figure == "received"} == {1}


def _another_issue():
    try:
        make.issue(at=NOW - timedelta(hours=1))
    finally:
        connections.close_all()
