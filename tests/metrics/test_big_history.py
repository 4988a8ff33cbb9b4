"""The long histories of the benchmarks: the product could have written them, and every figure has something to measure."""

from datetime import UTC, datetime

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.db.models import ForeignKey

from issues.models import Action, AICall, Issue, Message, Response
from issues.models.issue import UNRESOLVED, Status
from metrics import snapshot
from metrics.window import Scope
from tests.support import history
from tests.support.history import arrivals, live

UNTIL = datetime(2026, 11, 25, 18, 0, tzinfo=UTC)  # a Wednesday afternoon in Brazil
COUNT = 3_000

pytestmark = pytest.mark.django_db


@pytest.fixture
def told():
    history.load(COUNT, UNTIL)


def newest(count: int) -> list[tuple]:
    issues = Issue.objects.order_by("-detected_at")[:count]
    return list(issues.values_list("id", "location", "type", "priority", "status", "first_response_at", "resolved_at"))


def rows_of(count: int) -> list[tuple]:
    """What the newest 200 issues are in a history of `count`, which is then undone."""
    with transaction.atomic():
        history.load(count, UNTIL)
        found = newest(200)
        transaction.set_rollback(True)
    return found


def test_a_longer_history_ends_with_the_shorter_one():
    assert rows_of(300) == rows_of(900)


def test_the_same_history_is_told_each_time():
    assert rows_of(300) == rows_of(300)


def test_as_many_issues_as_wanted_are_told_and_nothing_lies_in_the_future(told):
    assert Issue.objects.count() == COUNT
    assert Issue.objects.filter(detected_at__gte=UNTIL).count() == 0
    assert Action.objects.filter(at__gte=UNTIL).count() == 0
    assert Response.objects.filter(sent_at__gte=UNTIL).count() == 0


@pytest.mark.parametrize("model", [Issue, Message, Response, Action, AICall])
def test_every_row_is_one_that_the_product_could_have_written(told, model):
    for row in model.objects.order_by("?")[:150]:
        # What is not known is null, also where a form would want it filled in.
        unknown = [field.name for field in model._meta.fields if getattr(row, field.attname) is None]
        row.full_clean(exclude=unknown, validate_unique=False)
        assert all(model._meta.get_field(name).null for name in unknown)


def test_every_row_belongs_to_one_that_is_there(told):
    """Nothing else would notice: foreign keys are not looked at while a history is written."""
    for model in apps.get_app_config("issues").get_models():
        for field in (f for f in model._meta.get_fields() if isinstance(f, ForeignKey)):
            there = field.related_model._base_manager.values("pk")
            lost = model._base_manager.exclude(**{field.name: None}).exclude(**{f"{field.name}__in": there})
            assert not lost.exists(), field


def test_an_issue_stands_as_its_actions_tell(told):
    for issue in Issue.objects.prefetch_related("actions")[:500]:
        kinds = [action.kind for action in issue.actions.all()]
        ends = [kind for kind in kinds if kind in ("resolved", "reopened")]
        assert kinds.count("received") == 1
        assert (issue.status == Status.RESOLVED) == (ends[-1:] == ["resolved"])
        assert (issue.first_response_at is None) == ("replied" not in kinds)
        assert (issue.rated_at is None) == ("rated" not in kinds)
        assert (issue.escalated_at is None) == ("escalated" not in kinds)


def test_some_wait_at_the_end_and_many_are_not_solved_yet(told):
    unresolved = Issue.objects.filter(status__in=UNRESOLVED)
    assert 40 <= unresolved.filter(first_response_at=None).count() <= 80
    assert 500 <= unresolved.count() <= COUNT


def test_every_figure_has_something_to_measure(told):
    kpis = snapshot.build(Scope("24h"), UNTIL)["kpis"]
    of_issues = {name: kpi for name, kpi in kpis.items() if name not in ("availability", "api_p95")}
    assert [name for name, kpi in of_issues.items() if not kpi["n"]] == []


def differing(table: str, left_out: set[str]) -> int:
    """How many rows of `next_` something have not become the product's."""
    names = ", ".join(f.column for f in apps.get_model("issues", table)._meta.concrete_fields if f.name not in left_out)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM (SELECT {names} FROM next_{table} EXCEPT SELECT {names} FROM issues_{table}) AS e"
        )
        return cursor.fetchone()[0]


def test_what_happens_step_by_step_ends_as_if_told_at_once():
    history.load(50, UNTIL)
    with live.coming(150, UNTIL) as steps:
        for step in steps:
            step.take()
        # A history told at once says what is true at its end, and nothing of how it was put into words.
        own = {"updated_at", "silent_since", "claimed_by", "claimed_at", "verdict", "metadata"}
        tables = ["issue", "message", "response", "aicall", "action", "inboundevent"]
        json_ones = {"payload", "detail"}
        assert {table: differing(table, own | json_ones) for table in tables} == dict.fromkeys(tables, 0)


def test_nothing_is_left_of_the_tools(told):
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regnamespace('history'), to_regclass('pg_temp.story')")
        assert cursor.fetchone() == (None, None)


def test_a_day_brings_as_many_issues_as_it_should():
    week = [hour for hour in arrivals.before(UNTIL, 90_000) if (UNTIL - hour.ends_at).days < 7]
    assert sum(hour.n for hour in week) == pytest.approx(7 * arrivals.PER_DAY, rel=0.05)


def test_what_comes_after_goes_on_where_the_history_ends():
    past, future = arrivals.before(UNTIL, 1_000), arrivals.after(UNTIL, 1_000)
    assert (past[0].first, past[0].ends_at) == (0, UNTIL)
    assert (future[0].first + future[0].n, future[0].starts_at) == (0, UNTIL)
