"""What a process says by its beats: that it is alive, and how long its role has been up."""

import threading
from datetime import timedelta

import psycopg
import pytest
from django.db import connection
from django.db.models import F

from mis_dashboard import database
from mis_dashboard.lib import processes
from mis_dashboard.lib.ids import uuid7
from mis_dashboard.models import Process, Span


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


class Alive:
    """A process that beats when the test says so."""

    def __init__(self, role: str = "web"):
        self.row = {"id": uuid7(), "role": role, "host": "h", "pid": 1}

    def beats(self, *, steady: bool = True, over: psycopg.Connection | None = None) -> None:
        connection.ensure_connection()
        processes.say_alive(over or connection.connection, self.row, steady=steady)


def passes(count: float) -> None:
    """Makes everything noted so many seconds older; below zero, as if the server's clock had been set back."""
    Process.objects.update(seen_at=F("seen_at") - seconds(count))
    Span.objects.update(since=F("since") - seconds(count), until=F("until") - seconds(count))


def lengths(role: str = "web") -> list[float]:
    """How long each of the role's spans is, in whole seconds."""
    spans = Span.objects.filter(component=role).order_by("number")
    return [round((span.until - span.since).total_seconds()) for span in spans]


@pytest.mark.django_db
class TestSpans:
    def test_beats_that_follow_each_other_are_one_span(self):
        web = Alive()
        for _ in range(4):
            web.beats()
            passes(2)
        assert lengths() == [6]
        assert Process.objects.count() == 1

    def test_a_late_beat_tells_of_the_time_before_it(self):
        web = Alive()
        web.beats()
        passes(5.9)
        web.beats()
        assert lengths() == [6]

    def test_a_beat_that_comes_too_late_begins_a_new_span(self):
        web = Alive()
        web.beats()
        passes(6.1)  # stopped, or the machine slept
        web.beats()
        passes(2)
        web.beats()
        assert lengths() == [0, 2]

    def test_after_a_beat_that_failed_nothing_is_known_of_the_time_before(self):
        web = Alive()
        web.beats()
        passes(4)
        web.beats(steady=False)  # the database was away
        assert lengths() == [0, 0]

    def test_a_process_is_followed_by_the_next_one_of_its_role(self):
        Alive().beats()
        passes(2.9)  # the first may have lived until then
        Alive().beats()
        assert lengths() == [3]

    def test_a_process_that_began_after_a_break_does_not_tell_of_it(self):
        Alive().beats()
        passes(3.1)
        Alive().beats()
        assert lengths() == [0, 0]

    def test_one_that_lives_is_enough_and_another_role_is_not(self):
        first, second = Alive(), Alive()
        for dead_since in (0, 2, 4, 6, 8):
            if dead_since < 2:
                first.beats()
            second.beats()
            passes(2)
        Alive("worker").beats()
        assert lengths() == [8]
        assert lengths("worker") == [0]

    def test_a_late_one_tells_of_the_time_before_its_successor_began(self):
        late = Alive()
        late.beats()
        passes(4)
        Alive().beats()
        passes(1)
        late.beats()
        # The second span has grown to its left, over the break.
        assert lengths() == [0, 5]

    def test_many_processes_write_their_span_once_a_second(self):
        many = [Alive() for _ in range(5)]
        for one in many:
            one.beats()
        before = Span.objects.get().until
        for one in many:
            one.beats()
        assert Span.objects.get().until == before

    def test_what_was_noted_before_the_clock_was_set_back_ends_now(self):
        web = Alive()
        web.beats()
        passes(-3600)
        web.beats()
        passes(2)
        web.beats()
        assert lengths() == [2]

    def test_a_clock_set_back_a_little_is_waited_for(self):
        web = Alive()
        web.beats()
        passes(4)
        web.beats()
        passes(-2)
        web.beats()
        assert lengths() == [4]


@pytest.mark.django_db(transaction=True)
def test_those_who_begin_at_the_same_moment_write_one_span():
    Alive().beats()
    passes(60)
    ready = threading.Barrier(8)

    def begin():
        with database.connect() as own:
            ready.wait()
            Alive().beats(over=own)

    threads = [threading.Thread(target=begin) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lengths() == [0, 0]


@pytest.mark.django_db(transaction=True)
def test_a_beating_thread_says_again_when_the_database_is_back_that_it_lives(monkeypatch):
    monkeypatch.setattr(processes, "RETRY_S", 0.01)
    told, failures, again = [], [psycopg.OperationalError()] * 2, threading.Event()
    say = processes.say_alive

    def sometimes(connection, row, *, steady):
        told.append(steady)
        if len(told) > 1 and failures:
            raise failures.pop()
        say(connection, row, steady=steady)
        if len(told) == 4:
            again.set()

    monkeypatch.setattr(processes, "say_alive", sometimes)
    monkeypatch.setattr(processes, "BEAT_S", 0.01)
    beat = processes.Beat("web", uuid7())
    beat.start()
    assert again.wait(10)
    beat.stop()
    assert told[:4] == [True, True, False, False]
    assert Process.objects.count() == 1
