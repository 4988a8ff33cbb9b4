import threading
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils.module_loading import import_string

from mis_dashboard.clock import Clock, Leader, Runner
from mis_dashboard.database import connect
from mis_dashboard.schedules import EVERY, Periodic

ZONE = ZoneInfo("America/Sao_Paulo")  # UTC-3
START = datetime(2026, 3, 2, 15, 0, 0, tzinfo=UTC)  # noon there
KEY = 77_001


def before_long(happens) -> bool:
    """Whether it happens within ten seconds: the server notices the end of a connection a moment later."""
    pause = threading.Event()
    return any(happens() or pause.wait(0.02) for _ in range(500))


class Noted:
    """Stands where a Runner stands, and notes when it was poked."""

    def __init__(self, entry: Periodic):
        self.entry = entry
        self.pokes = 0

    def poke(self) -> None:
        self.pokes += 1


class World:
    """A clock whose time and leadership the test decides."""

    def __init__(self, *entries: Periodic):
        self.now = START
        self.leads = True
        self.clock = Clock(entries, leads=lambda: self.leads, now=lambda: self.now, runner=Noted, zone=ZONE)

    def pokes(self, seconds: int) -> list[int]:
        """Lets that many seconds pass, a tick in each; how often each entry was poked in all."""
        for _ in range(seconds):
            self.clock.tick()
            self.now += timedelta(seconds=1)
        return [runner.pokes for runner in self.clock.runners]


def every(seconds: float | time) -> Periodic:
    return Periodic(f"every {seconds}", seconds, "mis_dashboard.lib.jobs.forget")


def test_each_entry_has_its_own_pace():
    assert World(every(1.0), every(5.0), every(60.0)).pokes(60) == [60, 12, 1]


def test_a_late_tick_is_one_turn_and_not_many():
    world = World(every(1.0))
    world.pokes(1)
    world.now += timedelta(seconds=30)
    assert world.pokes(1) == [2]


def test_a_daily_entry_runs_when_its_hour_strikes_there_and_not_at_the_start():
    world = World(every(time(12, 0, 10)))
    assert world.pokes(10) == [0]
    assert world.pokes(5) == [1]
    world.now = START + timedelta(days=1, seconds=9)
    assert world.pokes(1) == [1]
    assert world.pokes(1) == [2]


def test_a_clock_that_stands_by_does_nothing_and_takes_up_everything_when_it_leads():
    world = World(every(1.0), every(3600.0))
    world.leads = False
    assert world.pokes(5) == [0, 0]
    world.leads = True
    assert world.pokes(1) == [1, 1]


def test_every_periodic_job_exists_and_has_a_name_of_its_own():
    assert all(callable(import_string(entry.path)) for entry in EVERY)
    assert len({entry.name for entry in EVERY}) == len(EVERY)


class Slow:
    """A periodic function that takes until it is let go."""

    runs = 0
    began = threading.Semaphore(0)
    go = threading.Semaphore(0)

    @classmethod
    def run(cls) -> None:
        cls.runs += 1
        cls.began.release()
        cls.go.acquire(timeout=10)


def test_a_slow_one_does_not_stack_up():
    runner = Runner(Periodic("slow", 1.0, f"{__name__}.Slow.run"))
    runner.call = Slow.run
    runner.poke()
    assert Slow.began.acquire(timeout=10)
    runner.poke()
    runner.poke()
    Slow.go.release()
    assert not Slow.began.acquire(timeout=0.05)
    assert Slow.runs == 1


@pytest.mark.django_db
def test_what_raises_is_logged_and_runs_again(caplog):
    runner = Runner(Periodic("broken", 1.0, "mis_dashboard.no_such_thing"))
    runner.call()
    runner.call()
    assert [record.entry for record in caplog.records] == ["broken", "broken"]


@pytest.mark.django_db(transaction=True)
def test_of_two_clocks_one_acts_until_it_ends_or_loses_its_connection():
    first, second = Leader(KEY), Leader(KEY)
    try:
        assert first.holds()
        assert first.holds()
        assert not second.holds()
        first.release()
        assert before_long(second.holds)
        with connect() as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [second._connection.info.backend_pid])
        assert not second.holds()
        assert first.holds()
    finally:
        first.release()
        second.release()
