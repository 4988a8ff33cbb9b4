import multiprocessing
import os
import signal

from mis_dashboard.lib.watchdog import Watchdog

fork = multiprocessing.get_context("fork")


class Time:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def member():
    """A process that lives until it is told to go."""
    go = fork.Event()
    process = fork.Process(target=go.wait, daemon=True)
    process.start()
    return process, go


def test_a_killed_member_ends_the_trust():
    process, _ = member()
    watchdog = Watchdog(75)
    assert watchdog.verdict([process], waiting=0, replaced=0, last_start=0) == ""
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert watchdog.verdict([], waiting=0, replaced=0, last_start=0) == "a member ended with -9"


def test_a_member_that_left_by_itself_is_no_cause_for_alarm():
    process, go = member()
    watchdog = Watchdog(75)
    watchdog.verdict([process], waiting=0, replaced=0, last_start=0)
    go.set()
    process.join()
    assert watchdog.verdict([], waiting=0, replaced=1, last_start=0) == ""


def test_a_member_lost_before_it_was_ever_seen_ends_the_trust():
    assert Watchdog(75).verdict([], waiting=0, replaced=1, last_start=0) == "a member was lost between two looks"


def test_jobs_that_wait_while_none_is_started_end_the_trust():
    time = Time()
    watchdog = Watchdog(75, clock=time)
    time.now = 1070.0
    assert watchdog.verdict([], waiting=1, replaced=0, last_start=0) == ""
    time.now = 1076.0
    assert watchdog.verdict([], waiting=1, replaced=0, last_start=1070.0) == ""
    assert "1 jobs wait" in watchdog.verdict([], waiting=1, replaced=0, last_start=0)


def test_an_idle_cluster_is_trusted_however_long():
    time = Time()
    watchdog = Watchdog(75, clock=time)
    time.now = 90_000.0
    assert watchdog.verdict([], waiting=0, replaced=0, last_start=0) == ""
    assert watchdog.verdict([], waiting=1, replaced=0, last_start=0) == ""


def test_it_kills_no_group_that_is_not_the_clusters_own(caplog):
    watchdog = Watchdog(75)
    watchdog.main = os.getpid() if os.getpgrp() != os.getpid() else os.getppid()
    watchdog.end("a test")
    assert "stop and start them: a test" in caplog.text
