import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import psutil
import pytest
from django.conf import settings
from django.core.management.base import CommandError
from django.db import connection

from mis_dashboard.models import Process
from mis_dashboard.serve import children, refuse_taken_port, web_command
from mis_dashboard.supervisor import Child, Kept, Supervisor, bury

PATIENCE_S = 30


def until(happens: Callable[[], object]):
    """What `happens` returns once it is true; fails the test when that takes too long."""
    deadline = time.monotonic() + PATIENCE_S
    pause = threading.Event()
    while not (found := happens()):
        assert time.monotonic() < deadline, "it never happened"
        pause.wait(0.02)
    return found


def shell(script: str, name: str = "child", **fields) -> Child:
    return Child(name, ["/bin/sh", "-c", script], **fields)


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def number_in(file) -> int:
    """The pid a child wrote, once it has."""
    return int(until(lambda: file.exists() and file.read_text().strip()))


def while_running(supervisor: Supervisor, do: Callable[[], None]) -> None:
    """Runs the supervisor here, where signals arrive, and `do` beside it; then stops it."""
    problems = []

    def beside() -> None:
        try:
            do()
        except BaseException as problem:
            problems.append(problem)
        finally:
            connection.close()
            supervisor.stop()

    thread = threading.Thread(target=beside)
    thread.start()
    supervisor.run()
    thread.join()
    if problems:
        raise problems[0]


@pytest.fixture
def kept():
    """Makes a Kept; kills what is left of it after the test."""
    made = []

    def make(child: Child) -> Kept:
        made.append(Kept(child))
        return made[-1]

    yield make
    for one in made:
        one.finish()


def test_an_ended_child_is_started_again_later_each_time_up_to_ten_seconds(kept):
    child = kept(shell("exit 1"))
    now, waits = 100.0, []
    for _ in range(8):
        child.look(now)
        child.process.wait()
        child.look(now)
        waits.append(round(child.due_at - now, 1))
        child.look(child.due_at - 0.01)
        assert child.process is None
        now = child.due_at
    assert waits == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0]


def test_a_child_that_was_well_for_half_a_minute_starts_again_at_once(kept):
    child = kept(shell("exit 1"))
    child.backoff_s = 6.4
    child.look(100.0)
    child.process.wait()
    child.look(130.0)
    assert round(child.due_at - 130.0, 1) == 0.2


def test_what_an_ended_child_left_behind_is_killed(kept, tmp_path):
    child = kept(shell(f"sleep 600 & echo $! > {tmp_path}/pid"))
    child.look(0.0)
    left = number_in(tmp_path / "pid")
    child.process.wait()
    assert not gone(left)
    child.look(0.0)
    assert gone(left)


def test_a_child_gets_its_environment_and_a_session_of_its_own(kept, tmp_path):
    child = kept(shell(f"echo $MIS_ROLE $PATH > {tmp_path}/env; sleep 600", env={"MIS_ROLE": "clock"}))
    child.start(0.0)
    assert os.getsid(child.process.pid) == child.process.pid
    assert until((tmp_path / "env").exists)
    assert until((tmp_path / "env").read_text).split(maxsplit=1)[0] == "clock"


def test_stopping_asks_the_child_alone_and_lets_it_finish(tmp_path):
    script = f"trap 'echo asked > {tmp_path}/main; exit 0' TERM; "
    script += f"(trap 'echo asked > {tmp_path}/inner' TERM; while :; do sleep 0.02; done) & "
    script += f"echo $! > {tmp_path}/pid; while :; do sleep 0.02; done"
    while_running(Supervisor([shell(script)]), lambda: number_in(tmp_path / "pid"))
    assert (tmp_path / "main").exists()
    assert not (tmp_path / "inner").exists()
    assert gone(number_in(tmp_path / "pid"))


DEAF = "trap '' TERM; echo $$ > {file}; while :; do sleep 0.02; done"


def test_a_child_that_does_not_stop_in_its_time_is_killed(tmp_path):
    child = shell(DEAF.format(file=tmp_path / "pid"), stop_timeout_s=0.2)
    while_running(Supervisor([child]), lambda: number_in(tmp_path / "pid"))
    assert gone(number_in(tmp_path / "pid"))


def test_a_second_signal_hurries(tmp_path):
    supervisor = Supervisor([shell(DEAF.format(file=tmp_path / "pid"), stop_timeout_s=600)])

    def two_signals() -> None:
        number_in(tmp_path / "pid")
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)

    before = signal.getsignal(signal.SIGINT)
    while_running(supervisor, two_signals)
    assert gone(number_in(tmp_path / "pid"))
    assert signal.getsignal(signal.SIGINT) is before


def test_a_chore_that_fails_is_logged_and_costs_nothing(tmp_path, caplog):
    def broken() -> None:
        raise ValueError("no")

    child = shell(f"echo $$ > {tmp_path}/pid; sleep 600")
    while_running(Supervisor([child], each_second=[broken]), lambda: number_in(tmp_path / "pid"))
    assert "each second" in caplog.text


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_children_stop_when_the_supervisor_is_killed(tmp_path):
    program = (
        "from mis_dashboard.supervisor import Child, Supervisor\n"
        f"Supervisor([Child('c', ['/bin/sh', '-c', 'echo $$ > {tmp_path}/pid; sleep 600'])]).run()"
    )
    supervisor = subprocess.Popen([sys.executable, "-c", program], cwd=settings.BASE_DIR)
    child = number_in(tmp_path / "pid")
    supervisor.kill()
    supervisor.wait()
    assert until(lambda: gone(child))


def test_burying_nobody_is_no_error():
    ended = subprocess.Popen(["/bin/true"], start_new_session=True)
    ended.wait()
    bury(ended.pid)


def test_a_taken_port_is_named_with_what_to_write():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(CommandError, match=rf"port {port} .*--port {port + 1}"):
            refuse_taken_port("127.0.0.1", port)
    refuse_taken_port("127.0.0.1", port)


def test_a_proxys_headers_are_believed_only_behind_one(settings):
    settings.HTTPS = False
    assert "--proxy-headers" not in web_command("127.0.0.1", 8000)
    settings.HTTPS = True
    assert "--proxy-headers" in web_command("127.0.0.1", 8000)


@pytest.mark.django_db(transaction=True)
def test_a_cluster_that_lost_a_worker_is_replaced_whole_and_leaves_nobody():
    """The real cluster: django-q2 would stay up and never run a job again."""
    address = settings.DATABASES["default"]
    url = f"postgresql://{address['USER']}@/{address['NAME']}?host={address['HOST']}"
    [child] = [one for one in children("127.0.0.1", 1, workers=2) if one.name == "worker"]
    child = Child(child.name, child.argv, {**child.env, "DATABASE_URL": url}, child.stop_timeout_s)
    supervisor = Supervisor([child])
    seen: list[set[int]] = []

    def workers(number: int) -> set[int]:
        """The pids of the two newest workers, once there are `number` in all."""
        rows = until(lambda: (found := list(Process.objects.order_by("started_at"))) and len(found) == number and found)
        return {row.pid for row in rows[-2:]}

    def lose_one() -> None:
        seen.append(workers(2))
        os.kill(min(seen[0]), signal.SIGKILL)
        seen.append(workers(4))
        assert all(map(gone, seen[0]))

    while_running(supervisor, lose_one)
    assert not seen[0] & seen[1]
    assert until(lambda: all(map(gone, seen[1])))
