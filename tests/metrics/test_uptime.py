"""How much of the time MIS was there, with the seconds worked out by hand. Times are seconds after START."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from issues.models import Breaker, ChannelState
from metrics import uptime
from metrics.models import Maintenance
from metrics.uptime import OURS, ROLES, Gap, Sign, Uptime, gemini, noted, whatsapp
from mis_dashboard.models import Span
from tests.support.make import NOW as START
from tests.web.admin_tools import logged_in, manager_named

HOUR = 3600.0
FIRST, SECOND = "gemini-3.5-flash-lite", "gemini-3.1-flash-lite"


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def spans(component: str, *stretches: tuple[float, float], state: str = "up") -> list[Span]:
    return [
        Span(component=component, number=number, state=state, since=at(since), until=at(until))
        for number, (since, until) in enumerate(stretches, 1)
    ]


def reckoned(*given: list[Span], start: float = 0, end: float = HOUR, now: float = HOUR, planned=()) -> Uptime:
    times = [(at(since), at(until)) for since, until in planned]
    return uptime.reckon([span for each in given for span in each], times, at(start), at(end), at(now))


def well(*but: str) -> list[Span]:
    """Each of ours, except `but`, up from long ago until now."""
    return [span for role in ROLES if role not in but for span in spans(role, (-HOUR, HOUR))]


def shared(share) -> tuple:
    return (share.up_s, share.down_s, share.planned_s, share.unknown_s)


def told(gaps: list[Gap]) -> list[tuple]:
    return [((gap.since - START).total_seconds(), (gap.until - START).total_seconds(), gap.parts) for gap in gaps]


class TestReckoning:
    def test_nothing_seen_is_none_and_not_zero(self):
        found = reckoned()
        assert (found.value, found.n, found.down_minutes, found.budget_minutes) == (None, 0, 0, 0)
        assert shared(found.whole) == (0, 0, 0, HOUR)
        assert {name: share.value for name, share in found.components.items()} == {
            "web": None, "worker": None, "clock": None, "database": None, "gemini": None, "whatsapp": None,
        }  # fmt: skip

    def test_an_hour_without_a_break_is_all_of_it(self):
        found = reckoned(well())
        assert (found.value, found.n, found.down_minutes, found.longest()) == (1.0, 3600, 0, [])
        assert found.budget_minutes == found.budget_left_minutes == pytest.approx(0.06)

    def test_a_break_of_one_of_ours_is_a_break_of_the_whole_and_of_no_other(self):
        found = reckoned(well("worker"), spans("worker", (-HOUR, 1000), (1036, HOUR)))
        assert found.value == found.components["worker"].value == 0.99  # 36 s of 3,600
        assert [found.components[name].value for name in ("web", "clock", "database")] == [1.0, 1.0, 1.0]
        assert told(found.whole.gaps) == [(1000, 1036, ["worker"])]
        assert found.down_minutes == 0.6
        assert found.budget_left_minutes == pytest.approx(0.06 - 0.6)

    def test_the_database_is_up_while_anybody_could_tell_it_so(self):
        found = reckoned(
            *(spans(role, (-HOUR, 600), (600 + back, HOUR)) for role, back in zip(ROLES, (60, 61, 62), strict=True))
        )
        assert told(found.components["database"].gaps) == [(600, 660, [])]
        assert told(found.whole.gaps) == [(600, 662, OURS)]
        assert found.whole.down_s == 62  # not 60 + 60 + 61 + 62

    def test_breaks_that_overlap_count_once(self):
        found = reckoned(
            well("web", "clock"), spans("web", (-HOUR, 100), (200, HOUR)), spans("clock", (-HOUR, 150), (250, HOUR))
        )
        assert told(found.whole.gaps) == [(100, 250, ["web", "clock"])]
        assert found.whole.down_s == 150

    def test_a_break_of_others_is_none_of_ours(self):
        line = [
            *spans("whatsapp", (0, 1200)),
            *spans("whatsapp", (1200, 1800), state="down"),
            *spans("whatsapp", (1800, HOUR)),
        ]
        found = reckoned(well(), line)
        assert shared(found.components["whatsapp"]) == (3000, 600, 0, 0)
        assert told(found.components["whatsapp"].gaps) == [(1200, 1800, [])]
        assert found.value == 1.0

    def test_while_nobody_looked_others_are_not_known_and_ours_are_down(self):
        stopped = [(0, 1200), (2400, HOUR)]
        found = reckoned(*(spans(name, *stopped) for name in (*ROLES, "gemini")))
        assert shared(found.components["gemini"]) == (2400, 0, 0, 1200)
        assert shared(found.whole) == (2400, 1200, 0, 0)

    def test_before_its_first_sign_nothing_counts(self):
        found = reckoned(*(spans(role, (first, HOUR)) for role, first in zip(ROLES, (600, 660, 720), strict=True)))
        assert shared(found.components["database"]) == (3000, 0, 0, 600)
        assert shared(found.whole) == (2880, 0, 0, 720)

    def test_one_sign_alone_is_enough_to_be_missed(self):
        found = reckoned(well("clock"), spans("clock", (600, 600)))
        assert shared(found.components["clock"]) == (0, 3000, 0, 600)

    def test_planned_maintenance_is_neither_up_nor_down(self):
        found = reckoned(
            well("web"), spans("web", (-HOUR, 1000), (1700, HOUR)), planned=[(1100, 1500), (1400, 1600), (-60, 60)]
        )
        # Down from 1,000 to 1,700, of which 1,100 to 1,600 was planned, as was the first minute, which was up.
        assert shared(found.whole) == (2840, 200, 560, 0)
        assert told(found.whole.gaps) == [(1000, 1100, ["web"]), (1600, 1700, ["web"])]
        assert found.n == 3040

    def test_a_window_is_cut_to_the_second(self):
        found = reckoned(well("web"), spans("web", (-HOUR, 100), (130, HOUR)), start=110.5, end=140.25)
        assert shared(found.whole) == (10.25, 19.5, 0, 0)
        assert told(found.whole.gaps) == [(110.5, 130, ["web"])]

    def test_a_window_in_a_break_is_all_down(self):
        found = reckoned(well("web"), spans("web", (-HOUR, 100), (3000, HOUR)), start=200, end=260)
        assert (found.value, found.n, found.down_minutes) == (0.0, 60, 1.0)

    def test_a_sign_that_is_not_late_yet_is_waited_for(self):
        found = reckoned(well("web"), spans("web", (-HOUR, HOUR - 6)))
        assert shared(found.whole) == (3594, 0, 0, 6)
        assert found.value == 1.0

    def test_while_one_is_waited_for_nobody_knows_whether_the_database_was_away(self):
        others = [spans(role, (-HOUR, 1000), (HOUR - 2, HOUR)) for role in ("worker", "clock")]
        found = reckoned(spans("web", (-HOUR, HOUR - 6)), *others)
        assert shared(found.components["web"]) == (3594, 0, 0, 6)
        assert shared(found.components["database"]) == (3596, 0, 0, 4)
        assert told(found.whole.gaps) == [(1000, 3598, ["worker", "clock"])]

    def test_between_two_signs_shortly_after_each_other_the_database_was_there_whoever_gave_them(self):
        shortly, long = spans("web", (603, HOUR)), spans("web", (603.1, HOUR))
        other = spans("clock", (603, HOUR))
        assert reckoned(spans("worker", (600, 600)), shortly, other).components["database"].gaps == []
        found = reckoned(spans("worker", (600, 600)), long, spans("clock", (604, HOUR)))
        assert told(found.components["database"].gaps) == [(600, 603.1, [])]

    def test_a_break_that_goes_on_counts_until_now_from_the_last_sign_on(self):
        found = reckoned(well("web"), spans("web", (-HOUR, HOUR - 7)))
        assert shared(found.whole) == (3593, 7, 0, 0)
        later = reckoned(well("web"), spans("web", (-HOUR, HOUR - 7)), end=2 * HOUR, now=HOUR + 60)
        assert shared(later.components["web"]) == (3593, 67, 0, 3540)  # of what is to come nothing is known

    def test_all_that_stopped_is_down_until_now(self):
        found = reckoned(*(spans(role, (0, 900)) for role in ROLES))
        assert found.value == 0.25
        assert told(found.whole.gaps) == [(900, 3600, OURS)]

    def test_what_was_noted_before_a_clock_was_set_back_ends_where_the_next_begins(self):
        found = reckoned(well("web"), spans("web", (-HOUR, 600), (3000, 3300), (660, 1200), (1260, HOUR)))
        assert told(found.components["web"].gaps) == [(600, 660, []), (1200, 1260, [])]

    def test_the_longest_breaks_come_first_and_are_few(self):
        breaks = [(0, 0), *((100 * number, 100 * number + 90 - number) for number in range(1, 30)), (3000, HOUR)]
        web = [(since_before, until) for (_, since_before), (until, _) in pairwise([(at, end) for at, end in breaks])]
        found = reckoned(well("web"), spans("web", (-HOUR, 0), *web))
        lengths = [gap.seconds for gap in found.longest()]
        assert lengths == sorted((gap.seconds for gap in found.whole.gaps), reverse=True)[:10]
        assert len(lengths) == 10


moments = st.integers(0, 200)
lives = st.lists(moments, max_size=12, unique=True).map(sorted).map(lambda m: list(zip(m[::2], m[1::2], strict=False)))


@given(
    st.fixed_dictionaries(dict.fromkeys(ROLES, lives)), st.lists(st.sampled_from(["up", "down"]), max_size=8), lives,
    moments, moments, moments,
)  # fmt: skip
def test_the_parts_of_a_window_are_the_whole_of_it(ours, line, planned, one, other, now):
    start, end = sorted((one, other))
    others = [
        Span(component="whatsapp", number=n, state=state, since=at(20 * n), until=at(20 * n + 15))
        for n, state in enumerate(line, 1)
    ]
    found = reckoned(
        *(spans(name, *life) for name, life in ours.items()), others, start=start, end=end, now=now, planned=planned
    )
    for share in (found.whole, *found.components.values()):
        assert min(shared(share)) >= 0
        assert sum(shared(share)) == end - start
        assert share.down_s == sum(gap.seconds for gap in share.gaps)
        assert share.value is None or 0 <= share.value <= 1
    for name in OURS:
        assert found.whole.down_s >= found.components[name].down_s
        assert found.whole.up_s <= found.components[name].up_s
    assert all(gap.parts for gap in found.whole.gaps)
    assert found.whole.value is None or (found.budget_left_minutes >= -1e-9) == (found.value >= 0.999 - 1e-9)


@given(st.fixed_dictionaries(dict.fromkeys(ROLES, lives)), lives, moments, moments, moments)
def test_two_windows_add_up_to_the_one_they_make(ours, planned, one, other, third):
    start, middle, end = sorted((one, other, third))
    lived = [spans(name, *life) for name, life in ours.items()]
    whole, first, second = (
        shared(reckoned(*lived, start=a, end=b, now=200, planned=planned).whole)
        for a, b in ((start, end), (start, middle), (middle, end))
    )
    assert whole == tuple(a + b for a, b in zip(first, second, strict=True))


# --- Noting -------------------------------------------------------------------------------------


def breaker(model: str, **changes) -> dict:
    given = {"model": model, "opened_at": None, "probed_at": None, "busy_until": None}
    return given | {key: value.isoformat() for key, value in changes.items()}


class TestSigns:
    def test_gemini_is_up_while_any_model_is_asked(self):
        assert gemini([], [FIRST, SECOND], START) == Sign("up", START)
        assert gemini([breaker(FIRST, opened_at=at(-9))], [FIRST, SECOND], START) == Sign("up", START)
        assert gemini([breaker(FIRST), breaker(SECOND, opened_at=at(-9))], [FIRST, SECOND], START) == Sign("up", START)

    def test_gemini_is_down_when_each_is_left_alone_since_the_last_of_them_is(self):
        both = [breaker(FIRST, opened_at=at(-90), probed_at=at(-20)), breaker(SECOND, opened_at=at(-50))]
        assert gemini(both, [FIRST, SECOND], START) == Sign("down", at(-50))
        assert gemini(both[:1], [FIRST], START) == Sign("down", at(-90))

    def test_one_that_asked_for_a_pause_is_left_alone_until_then(self):
        assert gemini([breaker(FIRST, busy_until=at(9))], [FIRST], START) == Sign("down", START)
        assert gemini([breaker(FIRST, busy_until=at(-9))], [FIRST], START) == Sign("up", START)

    def test_how_one_stands_that_nobody_asks_any_more_is_not_known(self):
        left = breaker(FIRST, opened_at=at(-900), probed_at=at(-121))
        assert gemini([left], [FIRST], START) is None
        assert gemini([left], [FIRST], at(-1)) == Sign("down", at(-900))

    def test_without_a_model_nothing_is_known(self):
        assert gemini([], [], START) is None

    @pytest.mark.parametrize(
        ("state", "told"), [("open", "up"), ("close", "down"), ("connecting", "down"), ("unknown", "down")]
    )
    def test_whatsapp_is_up_while_its_line_is_open(self, state, told):
        assert whatsapp(state, at(-500), at(-60), START) == Sign(told, at(-500))

    def test_a_line_that_nobody_heard_of_lately_is_not_known(self):
        assert whatsapp("open", at(-500), at(-121), START) is None
        assert whatsapp(None, None, None, START) is None


def kept(*signs: tuple[float, str] | tuple[float, str, float]) -> list[tuple]:
    """What is stored after signs of one component, each (when, state) or (when, state, since)."""
    rows: dict[int, Span] = {}
    for when, state, *since in signs:
        latest = rows[max(rows)] if rows else None
        for span in noted("whatsapp", latest, Sign(state, at(since[0] if since else when)), at(when)):
            rows[span.number] = span
    return [(str(s.state), (s.since - START).total_seconds(), (s.until - START).total_seconds()) for s in rows.values()]


class TestNoting:
    def test_signs_of_one_state_are_one_span(self):
        assert kept((0, "up"), (5, "up"), (20, "up")) == [("up", 0, 20)]

    def test_to_note_twice_at_the_same_moment_changes_nothing(self):
        signs = [(0, "up"), (5, "up"), (10, "down", 7), (15, "down", 7)]
        assert kept(*signs) == kept(*[sign for sign in signs for _ in range(2)])

    def test_a_change_counts_from_when_it_came(self):
        assert kept((0, "up"), (5, "up"), (10, "down", 7), (15, "up")) == [
            ("up", 0, 7),
            ("down", 7, 15),
            ("up", 15, 15),
        ]

    def test_a_change_is_not_older_than_the_last_sign_of_what_was_before(self):
        assert kept((0, "up"), (5, "down", -600)) == [("up", 0, 0), ("down", 0, 5)]

    def test_after_a_time_without_signs_a_new_span_begins_now(self):
        assert kept((0, "up"), (16, "up", -600)) == [("up", 0, 0), ("up", 16, 16)]
        assert kept((0, "up"), (60, "down", 30)) == [("up", 0, 0), ("down", 60, 60)]

    def test_what_was_noted_before_the_clock_was_set_back_ends_now(self):
        assert kept((100, "up"), (110, "up"), (50, "up")) == [("up", 50, 50)]
        assert kept((0, "up"), (10, "up"), (4, "down", 4)) == [("up", 0, 4), ("down", 4, 4)]

    @given(st.lists(st.tuples(st.integers(1, 30), st.sampled_from(["up", "down"]), st.integers(0, 40)), max_size=30))
    def test_spans_are_in_order_and_apart_and_none_is_of_the_future(self, signs):
        now, given = 0, []
        for after, state, changed_before in signs:
            now += after
            given.append((now, state, now - changed_before))
        found = kept(*given)
        assert all(since <= until <= now for _, since, until in found)
        assert all(until <= since for (_, _, until), (_, since, _) in pairwise(found))
        assert all(a[0] != b[0] for a, b in pairwise(found) if a[2] == b[1])


@pytest.mark.django_db
class TestRecord:
    @pytest.fixture(autouse=True)
    def _configured(self, settings):
        settings.GEMINI_API_KEY, settings.GEMINI_MODEL, settings.GEMINI_FALLBACK_MODEL = "key", FIRST, SECOND
        settings.EVOLUTION_BASE_URL, settings.EVOLUTION_API_KEY, settings.EVOLUTION_INSTANCE = "http://x", "key", "mis"

    def stored(self) -> list[tuple]:
        rows = Span.objects.order_by("component", "number").values_list("component", "state", "since", "until")
        return [(name, state, (a - START).total_seconds(), (b - START).total_seconds()) for name, state, a, b in rows]

    def test_it_follows_how_others_stand(self):
        line = ChannelState.objects.create(instance="mis", state="open", changed_at=at(-99), checked_at=at(0))
        uptime.record(at(0))
        uptime.record(at(5))
        for name, second in ((FIRST, 6), (SECOND, 8)):
            Breaker.objects.create(model=name, failures=3, reason="late", opened_at=at(second), probed_at=at(second))
        line.state, line.changed_at, line.checked_at = "close", at(9), at(9)
        line.save()
        uptime.record(at(10))
        assert self.stored() == [
            ("gemini", "up", 0, 8), ("gemini", "down", 8, 10), ("whatsapp", "up", 0, 9), ("whatsapp", "down", 9, 10),
        ]  # fmt: skip
        Breaker.objects.update(opened_at=None, failures=0)
        uptime.record(at(15))
        assert self.stored()[1:3] == [("gemini", "down", 8, 15), ("gemini", "up", 15, 15)]

    def test_recording_again_changes_nothing(self):
        ChannelState.objects.create(instance="mis", state="open", changed_at=at(-99), checked_at=at(0))
        uptime.record(at(0))
        before = self.stored()
        uptime.record(at(0))
        assert self.stored() == before == [("gemini", "up", 0, 0), ("whatsapp", "up", 0, 0)]

    def test_what_is_not_configured_is_not_measured(self, settings):
        settings.GEMINI_API_KEY = settings.EVOLUTION_API_KEY = ""
        ChannelState.objects.create(instance="mis", state="open", changed_at=at(-99), checked_at=at(0))
        uptime.record(at(0))
        assert self.stored() == []

    def test_it_takes_two_statements(self, django_assert_num_queries):
        ChannelState.objects.create(instance="mis", state="open", changed_at=at(-99), checked_at=at(0))
        for second in (0, 5):
            with django_assert_num_queries(2):
                uptime.record(at(second))


@pytest.mark.django_db
class TestMeasure:
    def test_it_reads_what_the_window_needs_in_one_query(self, django_assert_num_queries):
        Span.objects.bulk_create([
            *spans("web", (-9000, -8000), (-7000, -6000), (-5000, 100), (130, 500), (560, 4000)),
            *spans("worker", (-9000, 4000)), *spans("clock", (-9000, 4000)), *spans("gemini", (60, 4000)),
        ])  # fmt: skip
        Maintenance.objects.create(starts_at=at(3000), ends_at=at(5000), reason="disks")
        Maintenance.objects.create(starts_at=at(-3000), ends_at=at(0), reason="long ago")
        with django_assert_num_queries(1):
            found = uptime.measure(at(0), at(HOUR), at(HOUR))
        assert shared(found.whole) == (2910, 90, 600, 0)
        assert found.value == 0.97
        assert shared(found.components["gemini"]) == (2940, 0, 600, 60)
        assert uptime.measure(at(-6500), at(-5500), at(HOUR)).whole.down_s == 500

    def test_the_rows_of_the_figure_add_up_to_it_and_the_newest_comes_first(self):
        Span.objects.bulk_create([*spans("web", (-9000, 100), (130, 500), (560, 4000)), *spans("worker", (-9000, 4000)), *spans("clock", (-9000, 520), (540, 4000))])  # fmt: skip
        found = uptime.rows(at(0), at(HOUR), at(HOUR))
        assert told(found) == [(500, 560, ["web", "clock"]), (100, 130, ["web"])]
        assert sum(row.seconds for row in found) == uptime.measure(at(0), at(HOUR), at(HOUR)).whole.down_s == 90
        assert told(uptime.rows(at(0), at(HOUR), at(HOUR), "clock")) == [(520, 540, [])]

    def test_a_window_reads_few_rows_of_many(self):
        many = [(float(10 * n), float(10 * n + 9)) for n in range(20_000)]
        Span.objects.bulk_create(spans("web", *many))
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE mis_dashboard_span")
            given = {"components": ["web"], "start": at(150_000), "end": at(150_060)}
            cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + uptime.READ, given)
            [[[plan]]] = cursor.fetchall()
        assert rows_read(plan["Plan"]) < 50


def rows_read(plan: dict) -> int:
    """Rows that the plan's scans of spans have touched."""
    mine = (
        plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
        if plan.get("Relation Name") == Span._meta.db_table
        else 0
    )
    return mine * plan["Actual Loops"] + sum(rows_read(part) for part in plan.get("Plans", []))


# --- Maintenance --------------------------------------------------------------------------------


def maintenance(begins: float, ends: float) -> Maintenance:
    """Minutes from now."""
    now = timezone.now()
    return Maintenance(
        starts_at=now + timedelta(minutes=begins), ends_at=now + timedelta(minutes=ends), reason="new disks"
    )


def refusals(row: Maintenance) -> set[str]:
    """The fields that its form would complain about."""
    try:
        row.full_clean()
    except ValidationError as error:
        return set(error.message_dict)
    return set()


@pytest.mark.django_db
class TestMaintenance:
    @pytest.mark.parametrize(
        ("begins", "ends", "refused"),
        [(-4, 60, set()), (60, 90, set()), (-6, 60, {"starts_at"}), (60, 60, {"ends_at"})],
    )
    def test_it_is_planned_before_it_begins(self, begins, ends, refused):
        assert refusals(maintenance(begins, ends)) == refused

    @pytest.mark.parametrize(("begun", "change", "refused"), [
        ((-60, 60), (-60, 5), set()), ((-60, 60), (-60, 90), set()), ((-60, 60), (-30, 60), {"starts_at"}),
        ((-60, 60), (-60, -30), {"ends_at"}), ((-60, -30), (-60, 30), {"ends_at"}), ((30, 60), (10, 20), set()),
        ((30, 60), (-10, 20), {"starts_at"}),
    ])  # fmt: skip
    def test_what_is_past_stays_as_it_was_planned(self, begun, change, refused):
        row, wanted = maintenance(*begun), maintenance(*change)
        row.save()
        if change[0] != begun[0]:
            row.starts_at = wanted.starts_at
        if change[1] != begun[1]:
            row.ends_at = wanted.ends_at
        assert refusals(row) == refused

    def test_an_administrator_plans_it_in_the_admin(self, admin_user):
        planned = maintenance(60, 90)
        local = [timezone.localtime(moment) for moment in (planned.starts_at, planned.ends_at)]
        fields = {f"{name}_{n}": moment.strftime(form) for name, moment in zip(("starts_at", "ends_at"), local, strict=True) for n, form in ((0, "%Y-%m-%d"), (1, "%H:%M:%S"))}  # fmt: skip
        browser = logged_in(admin_user)
        answer = browser.post(reverse("admin:metrics_maintenance_add"), fields | {"reason": "new disks"})
        assert answer.status_code == 302
        row = Maintenance.objects.get()
        assert (row.created_by, row.starts_at) == (admin_user, planned.starts_at.replace(microsecond=0))
        assert "new disks" in browser.get(reverse("admin:metrics_maintenance_changelist")).content.decode()

    def test_whoever_was_not_given_the_right_cannot(self):
        assert logged_in(manager_named("bia")).get(reverse("admin:metrics_maintenance_add")).status_code == 403
