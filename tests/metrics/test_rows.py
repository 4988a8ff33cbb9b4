"""The rows behind a figure are as many as it says, in every window, and pages of them leave none out."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from issues.models import Issue
from metrics import facts, kpis, rollup, rows
from metrics.columns import Column
from metrics.kpis import KPIS
from metrics.measures import LISTS
from metrics.models import Covered, Grain
from metrics.rows import MADE, Made, Place
from metrics.window import BadScope, Scope
from tests.support import make
from tests.support.history_of import History
from tests.support.make import NOW

ZONE = ZoneInfo("America/Sao_Paulo")
SCOPES = [
    Scope("1h"), Scope("24h"), Scope("7d"), Scope("30d"), Scope("90d"), Scope("7d", location="loc1"),
    Scope("30d", priority="high"), Scope("30d", type="billing"), Scope("30d", location="loc2", type="billing", priority="low"),
    Scope("custom", start="2026-10-01T07:13", end="2026-11-20T06:59"),
]  # fmt: skip
pytestmark = pytest.mark.django_db


def pages(name: str, window, size: int) -> list[list[tuple]]:
    """The list page by page, to the end."""
    found, after = [], None
    while True:
        page = rows.source(name).page(window, after, size)
        found.append(page.rows)
        if page.next is None:
            return found
        after = Place.parse(str(page.next))


def ids(found) -> list:
    return [row[0] for page in found for row in page]


def assert_all_lists_are_as_long_as_shown(scope):
    window = scope.at(NOW, ZONE)
    tally = facts.read(window, ZONE).total
    for name in LISTS:
        count = rows.source(name).count(window)
        assert rows.shown(tally, name) == count, (scope, name)
        assert sum(len(page) for page in pages(name, window, 19)) == count, (scope, name)


@pytest.mark.parametrize("seed", range(2))
def test_every_list_is_as_long_as_its_number_whatever_happens(seed):
    history = History(seed).go(50, 150)
    for scope in SCOPES[1:3]:
        assert_all_lists_are_as_long_as_shown(scope)
    rollup.catch_up(NOW)
    for scope in SCOPES:
        assert_all_lists_are_as_long_as_shown(scope)
    history.go(3, 40)  # some cells are stale now
    for scope in SCOPES[3:6]:
        assert_all_lists_are_as_long_as_shown(scope)


def test_every_figure_and_every_part_of_it_opens_a_list_that_it_counts():
    History(5).go(60, 200)
    rollup.catch_up(NOW)
    window = Scope("30d").at(NOW, ZONE)
    figures = kpis.measure(window)
    for kpi in KPIS:
        if kpi.rows in MADE:
            continue
        assert figures[kpi.name]["n"] == rows.source(kpi.rows).count(window), kpi.name
        for part, name in kpi.parts.items():
            shown = figures[kpi.name]["extra"][part]
            if isinstance(shown, int):
                assert shown == rows.source(name).count(window), (kpi.name, part)


def test_pages_leave_none_out_and_show_none_twice_when_many_are_of_the_same_instant():
    for minutes in (0, 0, 0, 0, 0, 1, 1, 1, 2):
        make.issue(at=NOW - timedelta(hours=1, minutes=minutes))
    window = Scope("24h").at(NOW, ZONE)
    expected = [issue.pk for issue in Issue.objects.order_by("-detected_at", "-pk")]
    for size in (1, 2, 3, 4, 9):
        assert ids(pages("detected", window, size)) == expected


def test_a_row_that_comes_while_somebody_turns_the_pages_moves_none_to_another_page():
    for minutes in range(6):
        make.issue(at=NOW - timedelta(hours=1, minutes=minutes))
    window = Scope("24h").at(NOW, ZONE)
    expected = ids(pages("detected", window, 99))
    first = rows.source("detected").page(window, None, 3)
    make.issue(at=NOW - timedelta(minutes=5))
    second = rows.source("detected").page(window, first.next, 3)
    assert [row[0] for row in first.rows + second.rows] == expected


def test_the_cells_lead_to_the_few_rows_there_are(django_assert_num_queries):
    """What cells there are, their days, their hours, then the rows themselves: of those hours alone."""
    for days in range(1, 60):
        make.issue(at=NOW - timedelta(days=days))
    make.issue(at=NOW - timedelta(days=40, hours=1), false_positive=True)
    rollup.catch_up(NOW)
    window = Scope("90d").at(NOW, ZONE)
    listed = rows.source("false_positives")
    with django_assert_num_queries(5):
        assert len(listed.page(window).rows) == 1
    inside = [
        s
        for s in listed._stretches(window, window.end, 51)
        if NOW - timedelta(days=50) < s[0] < NOW - timedelta(days=39)
    ]
    assert sum((end - start for start, end in inside), timedelta()) < timedelta(hours=25)


def test_without_cells_the_rows_themselves_are_looked_through():
    make.issue(at=NOW - timedelta(days=40), false_positive=True)
    rollup.catch_up(NOW)
    Covered.objects.filter(grain=Grain.DAY).delete()
    window = Scope("90d").at(NOW, ZONE)
    assert len(rows.source("false_positives").page(window).rows) == 1
    Covered.objects.all().delete()
    assert len(rows.source("false_positives").page(window).rows) == 1


def test_no_row_holds_a_name_a_phone_or_what_a_customer_said():
    customer = make.customer(name="Zacarias Segredo", phone="+5511987654321")
    issue = make.issue(
        customer=customer, text="minha senha", at=NOW - timedelta(hours=1), status="escalated", resolved_by="maria",
        escalated_at=NOW, escalation_reason="Maria disse que o Zacarias ligou",
    )  # fmt: skip
    make.response(issue, state="sent", sent_at=NOW - timedelta(hours=1), text="Olá Zacarias", kind="human")
    window = Scope("24h").at(NOW, ZONE)
    told = " ".join(str(rows.source(name).page(window).rows) for name in LISTS).lower()
    for secret in ("zacarias", "987654321", "senha", "maria", "olá"):
        assert secret not in told


@pytest.mark.parametrize("text", ["x", "2026-11-20T10:00:00Z", "2026-11-20T10:00:00~abc", "~", "2026-99-01T00:00:00Z~1", "2026-11-20T10:00:00Z~\0"])  # fmt: skip
def test_a_place_that_no_page_has_named_is_refused(text):
    with pytest.raises(BadScope) as refused:
        Place.parse(text)
    assert refused.value.field == "after"


def test_a_place_of_another_kind_of_row_is_refused_and_not_an_error_of_the_database():
    place = Place.parse("2026-11-20T10:00:00Z~not-an-id")
    with pytest.raises(BadScope):
        rows.source("detected").page(Scope("24h").at(NOW, ZONE), place)


class TestRowsOfAFunction:
    """Some figures are of no table's rows."""

    @pytest.fixture
    def made(self):
        def make_rows(window):
            return [(NOW - timedelta(minutes=n // 2), f"{n:02}", NOW, float(n)) for n in range(7)]

        return Made([Column("at", "At", "", "instant"), Column("s", "Took", "", "seconds")], make_rows)

    def test_they_are_counted_and_come_in_pages_too(self, made):
        window = Scope("1h").at(NOW)
        assert made.count(window) == 7
        first = made.page(window, None, 4)
        second = made.page(window, first.next, 4)
        assert [row[1] for row in first.rows + second.rows] == [1, 0, 3, 2, 5, 4, 6]
        assert second.next is None

    async def test_they_are_read_at_once(self, made):
        assert [len(batch) async for batch in made.stream(Scope("1h").at(NOW))] == [7]
