"""How long requests took: counted once each, stored whatever happens, and read back right."""

import asyncio
import random
import threading
import time
import timeit
import uuid
from datetime import UTC, datetime, timedelta
from functools import partial
from statistics import quantiles
from zoneinfo import ZoneInfo

import pytest
from asgiref.testing import ApplicationCommunicator
from django.db import OperationalError, connection

from metrics import histogram, kpis, timing
from metrics.models import Timing
from metrics.timing import grains, reading
from metrics.timing.grains import DAY, HOUR, MINUTE
from metrics.window import Window
from mis_dashboard.lib import processes
from mis_dashboard.lib.timed import GONE, OTHER, Timed
from tests.support.make import NOW

DAY_WINDOW = Window.parse("24h", NOW)
GHL, PAGE = "POST /api/webhooks/ghl", "GET /performance"


class Clock:
    """Stands where it is put."""

    def __init__(self, now: datetime = NOW):
        self.now = now

    def __call__(self) -> float:
        return self.now.timestamp()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def counting(clock) -> timing.Counting:
    return timing.Counting(clock)


@pytest.fixture
def away(monkeypatch):
    """A database that is away until it is told to come back."""
    store = grains.store

    def refuse(*_):
        raise OperationalError("no database")

    monkeypatch.setattr(grains, "store", refuse)
    return lambda: monkeypatch.setattr(grains, "store", store)


def minute(at: datetime, durations: list[float], route: str = GHL, **more) -> Timing:
    """A stored row of the minute of `at`."""
    bins = [histogram.bin_of(each) for each in durations]
    packed = histogram.pack({code: bins.count(code) for code in bins})
    given = {"grain_s": 60, "starts_at": grains.floor(at, MINUTE), "route": route, "process": uuid.uuid4()}
    return Timing.objects.create(**given | more, n=len(durations), packed=packed)


def stored() -> list[tuple]:
    return list(Timing.objects.order_by("starts_at", "route").values_list("starts_at", "route", "n"))


def near(seconds: float):
    return pytest.approx(seconds, rel=0.02)


@pytest.mark.django_db
class TestCounting:
    def test_requests_of_a_minute_and_route_are_one_row(self, counting, clock):
        for seconds, status in [(0.1, 200), (0.2, 302), (0.3, 404), (0.4, 429), (0.5, 500)]:
            counting.note(GHL, status, seconds)
        counting.note(PAGE, 200, 1.0)
        assert counting.flush() == 2
        row = Timing.objects.get(route=GHL)
        assert (row.grain_s, row.starts_at, row.process) == (60, NOW, processes.current_id())
        assert (row.n, row.redirected, row.refused, row.failed) == (5, 1, 2, 1)
        assert histogram.percentiles(histogram.unpack(row.packed), [0.5]) == [near(0.3)]

    def test_a_minute_that_goes_on_is_stored_again_whole(self, counting, clock):
        counting.note(GHL, 200, 0.1)
        counting.flush()
        clock.now += timedelta(seconds=59)
        counting.note(GHL, 200, 0.1)
        counting.flush()
        clock.now += timedelta(seconds=1)
        counting.note(GHL, 200, 0.1)
        counting.flush()
        assert stored() == [(NOW, GHL, 2), (NOW + MINUTE, GHL, 1)]

    def test_what_has_not_changed_is_not_written(self, counting, django_assert_num_queries):
        counting.note(GHL, 200, 0.1)
        counting.flush()
        with django_assert_num_queries(0):
            assert counting.flush() == 0

    def test_without_the_database_it_goes_on_counting(self, counting, clock, away):
        counting.note(GHL, 200, 0.1)
        with pytest.raises(OperationalError):
            counting.flush()
        clock.now += MINUTE
        counting.note(GHL, 200, 0.1)
        with pytest.raises(OperationalError):
            counting.flush()
        away()
        assert counting.flush() == 2
        assert stored() == [(NOW, GHL, 1), (NOW + MINUTE, GHL, 1)]

    def test_a_flush_whose_answer_was_lost_doubles_nothing(self, counting, monkeypatch):
        store = grains.store

        def lose_the_answer(*given):
            store(*given)
            raise OperationalError("connection lost")

        counting.note(GHL, 200, 0.1)
        monkeypatch.setattr(grains, "store", lose_the_answer)
        with pytest.raises(OperationalError):
            counting.flush()
        monkeypatch.setattr(grains, "store", store)
        assert counting.flush() == 1
        assert stored() == [(NOW, GHL, 1)]

    def test_two_processes_do_not_overwrite_each_other(self, clock, monkeypatch):
        for _ in range(2):
            monkeypatch.setattr(processes, "current_id", uuid.uuid4)
            one = timing.Counting(clock)
            one.note(GHL, 200, 0.1)
            one.flush()
        assert [row.n for row in Timing.objects.all()] == [1, 1]

    def test_a_clock_set_back_adds_to_the_minute_that_was_over(self, counting, clock):
        counting.note(GHL, 200, 0.1)
        counting.flush()
        clock.now += timedelta(minutes=30)
        counting.flush()
        clock.now = NOW
        counting.note(GHL, 200, 0.1)
        counting.flush()
        assert stored() == [(NOW, GHL, 2)]

    def test_minutes_long_over_leave_the_memory(self, counting, clock):
        for _ in range(200):
            counting.note(GHL, 200, 0.1)
            counting.flush()
            clock.now += MINUTE
        assert len(counting.totals) == 61

    def test_a_database_away_for_long_costs_the_oldest_minutes_and_no_more_memory(self, clock, away):
        counting = timing.Counting(clock, most_rows=10)
        for _ in range(12):
            counting.note(GHL, 200, 0.1)
            with pytest.raises(OperationalError):
                counting.flush()
            clock.now += MINUTE
        assert len(counting.totals) == len(counting.changed) == 10
        away()
        counting.flush()
        assert stored()[0] == (NOW + 2 * MINUTE, GHL, 1)

    def test_many_threads_lose_no_request_while_it_is_flushed(self, counting):
        def work():
            for _ in range(2000):
                counting.note(GHL, 200, 0.1)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            counting.flush()
        counting.flush()
        assert stored() == [(NOW, GHL, 16_000)]


@pytest.mark.django_db(transaction=True)
def test_a_thread_of_its_own_stores_what_was_counted(clock):
    counting = timing.Counting(clock, flush_s=0.05)
    counting.start()
    counting.note(GHL, 200, 0.1)
    deadline = time.monotonic() + 10
    while not stored() and time.monotonic() < deadline:
        time.sleep(0.05)
    counting.stop()
    assert stored() == [(NOW, GHL, 1)]


@pytest.mark.django_db(transaction=True)
def test_what_was_counted_last_is_stored_when_the_process_ends(clock):
    counting = timing.Counting(clock, flush_s=60)
    counting.start()
    counting.note(GHL, 200, 0.1)
    counting.stop()
    assert stored() == [(NOW, GHL, 1)]


def test_to_count_a_request_costs_little(counting):
    note = partial(counting.note, GHL, 200, 0.123)
    best = min(timeit.repeat(note, number=2000, repeat=5, timer=time.thread_time)) / 2000
    assert best < 10e-6


@pytest.mark.django_db
class TestGrains:
    def test_hours_and_days_are_the_sum_of_their_minutes(self):
        day = datetime(2026, 11, 18, 3, tzinfo=UTC)  # midnight in São Paulo
        minute(day, [0.1])
        minute(day + timedelta(minutes=59), [0.2, 0.3], failed=1)
        minute(day + timedelta(minutes=59), [0.4], refused=1)  # another process
        minute(day + timedelta(hours=23, minutes=59), [1.0], redirected=1)
        grains.coarsen(NOW)
        hours = Timing.objects.filter(grain_s=3600).order_by("starts_at")
        assert [(h.starts_at, h.n, h.refused, h.failed) for h in hours] == [
            (day, 4, 1, 1),
            (day + timedelta(hours=23), 1, 0, 0),
        ]
        (whole,) = Timing.objects.filter(grain_s=86_400)
        assert (whole.starts_at, whole.n, whole.redirected, whole.refused, whole.failed) == (day, 5, 1, 1, 1)
        bins = [histogram.bin_of(each) for each in (0.1, 0.2, 0.3, 0.4, 1.0)]
        assert bytes(whole.packed) == histogram.pack(dict.fromkeys(bins, 1))

    def test_an_hour_or_a_day_that_goes_on_is_not_made(self):
        minute(NOW + timedelta(minutes=5), [0.1])
        minute(NOW - timedelta(minutes=5), [0.1])
        grains.coarsen(NOW + timedelta(minutes=30))
        assert [row.starts_at for row in Timing.objects.filter(grain_s=3600)] == [NOW - HOUR]
        assert not Timing.objects.filter(grain_s=86_400).exists()

    def test_made_twice_it_is_the_same(self):
        minute(NOW - DAY, [0.1, 0.2])
        grains.coarsen(NOW)
        before = list(Timing.objects.order_by("pk").values())
        grains.coarsen(NOW)
        assert list(Timing.objects.order_by("pk").values()) == before

    def test_all_hours_that_no_clock_made_are_made_up_for(self):
        for hours in range(1, 50):
            minute(NOW - hours * HOUR, [0.1])
        grains.coarsen(NOW - 40 * HOUR)
        grains.coarsen(NOW)
        assert Timing.objects.filter(grain_s=3600).count() == 49

    def test_a_minute_stored_late_makes_its_hour_and_day_again(self, counting, clock):
        late = NOW - timedelta(hours=30)
        minute(late, [0.1])
        minute(NOW - HOUR, [0.1])
        grains.coarsen(NOW)
        clock.now = late
        counting.note(GHL, 200, 0.1)
        clock.now = NOW
        counting.flush()
        assert Timing.objects.get(grain_s=3600, starts_at=grains.floor(late, HOUR)).n == 2
        assert Timing.objects.get(grain_s=86_400, starts_at=grains.floor(late, DAY)).n == 2

    def test_a_late_minute_makes_the_hours_between_as_well(self, counting, clock):
        """Else they would count as made, and be missing."""
        minute(NOW - 5 * HOUR, [0.1])
        clock.now = NOW - HOUR
        counting.note(GHL, 200, 0.1)
        clock.now = NOW
        counting.flush()
        assert Timing.objects.filter(grain_s=3600).count() == 2
        assert timing.measure(NOW - DAY, NOW, NOW)["n"] == 2

    def test_minutes_and_hours_go_in_time_and_leave_what_was_made_of_them(self):
        for days in (1, 34, 36, 180, 200):
            at = NOW - days * DAY
            minute(at, [0.1])
            minute(at, [0.1], grain_s=3600)
            minute(at, [0.1], grain_s=86_400)
        assert grains.forget(NOW) == 4
        grains.coarsen(NOW)
        left = Timing.objects.order_by("-starts_at").values_list("grain_s", "starts_at")
        kept = {grain: [(NOW - at).days for g, at in left if g == grain] for grain in (60, 3600, 86_400)}
        assert kept[60] == [1, 34]
        assert set(kept[3600]) == {1, 34, 36, 180}
        assert set(kept[86_400]) >= {1, 34, 36, 180, 200}


@pytest.mark.django_db
class TestReading:
    def test_nothing_is_none(self):
        assert timing.measure(NOW - DAY, NOW, NOW) is None
        assert list(timing.rows([NOW - DAY], NOW, NOW)) == []

    def test_a_window_tells_of_all_routes_and_of_each(self):
        at = NOW - timedelta(minutes=10)
        minute(at, [0.1] * 98 + [2.0] * 2, failed=2)
        minute(at, [0.5], route=PAGE, refused=1)
        found = timing.measure(NOW - HOUR, NOW, NOW)
        assert found == {
            "n": 101, "p50": near(0.1), "p95": near(0.1), "p99": near(2.0), "refused": 1, "errors": 2,
            "routes": [
                {"route": GHL, "n": 100, "p50": near(0.1), "p95": near(0.1), "p99": near(2.0), "refused": 0, "errors": 2},
                {"route": PAGE, "n": 1, "p50": near(0.5), "p95": near(0.5), "p99": near(0.5), "refused": 1, "errors": 0},
            ],
        }  # fmt: skip

    def test_a_minute_belongs_to_the_window_that_holds_its_beginning(self):
        at = NOW - timedelta(minutes=10)
        minute(at, [0.1])
        just_after = at + timedelta(seconds=1)
        assert timing.measure(at, NOW, NOW)["n"] == 1
        assert timing.measure(just_after, NOW, NOW) is None
        assert timing.measure(NOW - HOUR, just_after, NOW)["n"] == 1
        assert timing.measure(NOW - HOUR, at, NOW) is None

    def test_the_minute_that_goes_on_is_told_of(self):
        minute(NOW, [0.1])
        now = NOW + timedelta(seconds=30)
        assert timing.measure(now - HOUR, now, now)["n"] == 1

    @pytest.mark.parametrize("seed", range(5))
    def test_any_window_is_the_sum_of_its_minutes_however_far_they_were_added_up(self, seed):
        rng = random.Random(seed)
        now = NOW + timedelta(minutes=rng.randrange(60), seconds=rng.randrange(60))
        requests = [(now - timedelta(minutes=rng.randrange(34 * 1440)), rng.lognormvariate(-2, 1)) for _ in range(300)]
        for at, seconds in requests:
            minute(at, [seconds], route=rng.choice([GHL, PAGE]))
        made = now - timedelta(hours=rng.randrange(60))
        grains.coarsen(made)
        for _ in range(10):
            start, end = sorted(now - timedelta(seconds=rng.randrange(34 * 86_400)) for _ in range(2))
            inside = [s for at, s in requests if start <= grains.floor(at, MINUTE) < end]
            found = timing.measure(start, end, now)
            assert (found["n"] if found else 0) == len(inside)
            if len(inside) > 1:
                assert found["p50"] == near(quantiles(inside, n=2, method="inclusive")[0])

    def test_rows_are_what_the_figure_is_made_of(self):
        rng = random.Random(1)
        for _ in range(300):
            at = NOW - timedelta(minutes=rng.randrange(10 * 1440))
            minute(at, [rng.lognormvariate(-2, 1)], route=rng.choice([GHL, PAGE]), failed=rng.randrange(2))
        grains.coarsen(NOW)
        midnight_in_brazil = NOW.replace(hour=3) - 8 * DAY
        for first, step in ((midnight_in_brazil, DAY), (NOW - 3 * DAY, HOUR), (NOW - 5 * HOUR, timedelta(minutes=5))):
            starts = [first + n * step for n in range((NOW - first) // step + 1)]
            whole, parts = timing.measure(first, NOW, NOW), list(timing.rows(starts, NOW, NOW))
            assert sum(row["n"] for row in parts) == whole["n"]
            assert sum(row["errors"] for row in parts) == whole["errors"]
            assert parts == sorted(parts, key=lambda row: (-row["start"].timestamp(), -row["n"], row["route"]))
            for row in parts[:5]:
                alone = timing.measure(row["start"], min(row["start"] + step, NOW), NOW)["routes"]
                assert {**row, "start": None} in [{**route, "start": None} for route in alone]

    def test_a_figure_of_ninety_days_reads_no_minutes_but_at_its_edges(self):
        made = {HOUR: NOW, DAY: grains.floor(NOW, DAY)}
        now = NOW + timedelta(minutes=30, seconds=30)
        day = datetime(2026, 10, 22, 3, tzinfo=UTC)  # midnight in São Paulo
        assert reading.pieces(now - 30 * DAY, now, now, made) == [
            (MINUTE, datetime(2026, 10, 21, 13, 31, tzinfo=UTC), datetime(2026, 10, 21, 14, tzinfo=UTC)),
            (HOUR, datetime(2026, 10, 21, 14, tzinfo=UTC), day),
            (DAY, day, day + 29 * DAY),
            (HOUR, day + 29 * DAY, NOW),
            (MINUTE, NOW, NOW + timedelta(minutes=31)),
        ]
        # Of the first day's minutes nothing is left: it is exact to the hour.
        assert reading.pieces(now - 90 * DAY, now, now, made)[0] == (
            HOUR, datetime(2026, 8, 22, 14, tzinfo=UTC), datetime(2026, 8, 23, 3, tzinfo=UTC)
        )  # fmt: skip

    @pytest.mark.parametrize("zone", ["America/Sao_Paulo", "Asia/Kolkata", "America/New_York"])
    def test_days_are_those_of_the_wall_clock_also_when_it_is_changed(self, settings, zone):
        settings.TIME_ZONE = zone
        here = ZoneInfo(zone)
        for midnight in (datetime(2018, 11, 4, tzinfo=here), datetime(2026, 11, 1, tzinfo=here)):
            start = midnight.astimezone(UTC)
            end = (midnight + DAY).astimezone(UTC)
            assert grains.floor(end - MINUTE, DAY) == grains.floor(start, DAY) == grains.ceil(start, DAY) == start
            assert grains.following(start, DAY) == grains.ceil(start + MINUTE, DAY) == end
            assert grains.floor(start, HOUR) == start  # so that hours add up to it

    def test_it_takes_one_query_and_another_one_now_and_then(self, django_assert_num_queries):
        minute(NOW - HOUR, [0.1])
        with django_assert_num_queries(2):
            timing.measure(NOW - DAY, NOW, NOW)
        with django_assert_num_queries(1):
            timing.measure(NOW - DAY, NOW, NOW)


@pytest.mark.django_db
class TestFigure:
    def test_it_is_what_nineteen_in_twenty_waited_at_most_with_the_busiest_routes_beside(self):
        for number in range(7):
            minute(NOW - HOUR, [0.2] * (10 - number), route=f"GET /{number}", failed=number == 3)
        minute(NOW - HOUR, [0.9] * 5, route=PAGE)
        found = kpis.measure(DAY_WINDOW)["api_p95"]
        assert (found["value"], found["unit"], found["n"], found["state"]) == (near(0.9), "s", 54, "warn")
        assert (found["extra"]["p50"], found["extra"]["p99"], found["extra"]["errors"]) == (near(0.2), near(0.9), 1)
        assert [(route["route"], route["n"]) for route in found["extra"]["routes"]] == [
            ("GET /0", 10), ("GET /1", 9), ("GET /2", 8), ("GET /3", 7), ("GET /4", 6)
        ]  # fmt: skip

    def test_without_requests_there_is_no_figure(self):
        found = kpis.measure(DAY_WINDOW)["api_p95"]
        assert (found["value"], found["n"], found["state"]) == (None, 0, "none")


# --- What is timed ---------------------------------------------------------------------------


class Noted(list):
    def __call__(self, route: str, status: int, seconds: float) -> None:
        self.append((route, status, seconds))

    @property
    def kinds(self) -> list[tuple[str, int]]:
        return [(route, status) for route, status, _ in self]


def scope(path: str, method: str = "GET", **more) -> dict:
    return {
        "type": "http",
        "method": method,
        "path": path,
        "headers": [(b"host", b"localhost")],
        "query_string": b"",
        **more,
    }


async def ask(app, path: str, method: str = "GET", body: bytes = b"") -> int:
    """The status of the answer."""
    talk = ApplicationCommunicator(app, scope(path, method))
    await talk.send_input({"type": "http.request", "body": body})
    start = await talk.receive_output(10)
    while (await talk.receive_output(10)).get("more_body"):
        pass
    await talk.wait(10)
    return start["status"]


@pytest.fixture
def noted() -> Noted:
    return Noted()


@pytest.fixture
def product(noted):
    """The whole product's HTTP, with `noted` in place of what counts."""
    from mis_dashboard import asgi

    return Timed(asgi.pages_and_doors, noted, asgi.UNTIMED)


@pytest.mark.django_db(transaction=True)
async def test_each_request_is_named_by_method_and_pattern_and_never_by_its_path(product, noted):
    assert await ask(product, "/") == 302
    assert await ask(product, "/admin/issues/issue/0190-secret/change/") == 302
    assert await ask(product, "/no/such/5511900000001") == 404
    assert await ask(product, "/login/", "BREW") == 403
    assert await ask(product, "/api/webhooks/ghl", "POST", b"{}") == 401
    assert await ask(product, "/api/webhooks/ghl", "POST", b"x" * 300_000) == 413
    assert await ask(product, "/api/issues/open") == 401
    assert noted.kinds[0] == ("GET /", 302)
    assert noted.kinds[1] == ("GET /admin/issues/issue/<path:object_id>/change/", 302)
    assert noted.kinds[2] == (OTHER, 404)
    assert noted.kinds[3] == ("OTHER /login/", 403)
    assert noted.kinds[4:] == [
        ("POST /api/webhooks/ghl", 401),
        ("POST /api/webhooks/ghl", 413),
        ("GET /api/issues/open", 401),
    ]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/static/css/base.css", "/healthz", "/readyz"])
async def test_static_files_and_those_who_ask_how_we_are_are_left_out(product, noted, path):
    await ask(product, path)
    assert noted == []


def answering(*bodies: dict, wait_s: float = 0, status: int = 200):
    """An application that answers with these parts."""

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": status})
        for body in bodies:
            await asyncio.sleep(wait_s)
            await send({"type": "http.response.body", "body": b"x", **body})

    return app


async def test_the_time_is_until_the_last_byte_and_not_the_first(noted):
    app = answering({"more_body": True}, {"more_body": True}, {}, wait_s=0.02)
    await ask(Timed(app, noted), "/")
    assert noted[0][1] == 200
    assert 0.06 <= noted[0][2] < 1


async def test_what_follows_the_last_byte_is_not_counted(noted):
    async def app(scope, receive, send):
        await answering({})(scope, receive, send)
        await asyncio.sleep(0.2)

    await ask(Timed(app, noted), "/")
    assert noted[0][2] < 0.2


async def test_a_request_that_fails_counts_as_an_error(noted):
    async def app(scope, receive, send):
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await Timed(app, noted)(scope("/"), None, None)
    assert noted.kinds == [(OTHER, 500)]


async def test_whoever_leaves_before_the_answer_is_whole_counts_with_the_time_they_waited(noted):
    started = asyncio.Event()

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200})
        started.set()
        await asyncio.sleep(10)

    async def send(message):
        pass

    task = asyncio.create_task(Timed(app, noted)(scope("/"), None, send))
    await started.wait()
    await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert noted.kinds == [(OTHER, GONE)]
    assert noted[0][2] >= 0.02


@pytest.mark.django_db
def test_the_table_goes_by_months_and_has_the_columns_of_the_model():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_partkeydef('metrics_timing'::regclass)")
        assert cursor.fetchone() == ("RANGE (starts_at)",)
        found = {column.name for column in connection.introspection.get_table_description(cursor, "metrics_timing")}
    assert found == {field.column for field in Timing._meta.concrete_fields}
