import threading
from datetime import timedelta

import psycopg
import pytest
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.signing import SignedPackage

from mis_dashboard.database import connect
from mis_dashboard.lib import broker as module
from mis_dashboard.lib import jobs
from mis_dashboard.lib.broker import PostgresBroker
from mis_dashboard.lib.jobs import Lease, enqueue
from mis_dashboard.models import Job

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def noted(monkeypatch):
    monkeypatch.setattr(module, "POLL_S", 0.02)
    monkeypatch.setattr(module, "RETRY_S", 0)
    monkeypatch.setattr(module.Conf, "BULK", 1)
    calls = []
    monkeypatch.setitem(jobs.REGISTRY, "note", lambda *args: calls.append(args))
    return calls


@pytest.fixture
def new_broker():
    made = []

    def new() -> PostgresBroker:
        made.append(PostgresBroker("mis"))
        return made[-1]

    yield new
    for one in made:
        if one._connection:
            one._connection.close()


@pytest.fixture
def broker(new_broker):
    return new_broker()


def taken(broker: PostgresBroker) -> list:
    """The first argument of each job that one look brings."""
    return [SignedPackage.loads(task)["args"][2][0] for _, task in broker.dequeue()]


def expire_leases() -> None:
    Job.objects.update(leased_until=timezone.now() - timedelta(seconds=1))


def test_a_job_is_brought_in_the_form_a_worker_runs(broker, noted):
    enqueue("note", "a", 2)
    [(lease, package)] = broker.dequeue()
    task = SignedPackage.loads(package)
    import_string(task["func"])(*task["args"], **task["kwargs"])
    assert noted == [("a", 2)]
    assert (task["name"], task["args"][0]) == ("note", lease)
    assert not Job.objects.exists()


def test_a_job_is_seen_when_its_transaction_commits(broker):
    with transaction.atomic():
        enqueue("note", 1)
        assert taken(broker) == []
    assert taken(broker) == [1]


def test_the_urgent_come_first_and_then_the_oldest(broker):
    now = timezone.now()
    for name, rank, age_s in [("old", 2, 20), ("new", 2, 10), ("urgent", 0, 1)]:
        enqueue("note", name, rank=rank, due=now - timedelta(seconds=age_s))
    assert [taken(broker)[0] for _ in range(3)] == ["urgent", "old", "new"]


def test_a_job_waits_until_it_is_due(broker):
    enqueue("note", 1, due=timezone.now() + timedelta(hours=1))
    assert taken(broker) == []


def test_a_job_is_brought_the_moment_it_falls_due(broker, monkeypatch):
    monkeypatch.setattr(module, "POLL_S", 30)
    due = timezone.now() + timedelta(milliseconds=80)
    enqueue("note", 1, due=due)
    assert (taken(broker) or taken(broker)) == [1]
    assert due <= timezone.now() < due + timedelta(seconds=10)


def test_a_waiting_broker_is_woken_by_a_new_job(broker, monkeypatch):
    monkeypatch.setattr(module, "POLL_S", 60)
    broker._connected()  # listens from here on
    found = []
    waiting = threading.Thread(target=lambda: found.extend(taken(broker)))
    waiting.start()
    enqueue("note", 1)
    waiting.join(timeout=20)
    assert found == [1]


def test_two_brokers_never_take_the_same_job(new_broker):
    for number in range(30):
        enqueue("note", number)
    found: list[list] = [[], []]

    def drain(broker: PostgresBroker, into: list) -> None:
        while batch := taken(broker):
            into.extend(batch)

    threads = [threading.Thread(target=drain, args=(new_broker(), into)) for into in found]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found[0] + found[1]) == list(range(30))


def test_a_job_is_taken_again_when_its_lease_has_run_out(broker, new_broker):
    enqueue("note", 1)
    assert taken(broker) == [1]
    assert taken(new_broker()) == []
    expire_leases()
    assert taken(new_broker()) == [1]
    assert Job.objects.get().attempts == 2


def test_a_job_that_costs_three_workers_is_given_up(broker):
    enqueue("note", 1)
    for _ in range(Job.MAX_ATTEMPTS):
        assert taken(broker) == [1]
        expire_leases()
    assert taken(broker) == []
    row = Job.objects.get()
    assert (row.dead, row.leased_by, row.error) == (True, None, "its worker was lost each time")


def test_a_restarted_cluster_takes_over_at_once_and_counts_only_what_was_started(new_broker, monkeypatch):
    monkeypatch.setenv("MIS_CLUSTER", "0192a000-0000-7000-8000-000000000001")
    enqueue("note", "started", rank=0)
    enqueue("note", "only taken", rank=1)
    before = new_broker()
    [(lease, _)] = before.dequeue()
    assert Lease.parse(lease).start()
    assert taken(before) == ["only taken"]
    after = new_broker()
    assert [taken(after)[0], taken(after)[0]] == ["started", "only taken"]
    assert list(Job.objects.order_by("rank").values_list("attempts", flat=True)) == [2, 1]


def test_a_cluster_may_be_lost_again_before_it_takes_what_it_took_over(new_broker, monkeypatch):
    monkeypatch.setenv("MIS_CLUSTER", "0192a000-0000-7000-8000-000000000001")
    enqueue("note", 1)
    assert taken(new_broker()) == [1]
    for _ in range(3):
        new_broker()._connected()
    assert taken(new_broker()) == [1]
    assert Job.objects.get().attempts == 1


def test_a_lost_connection_costs_one_look(broker):
    assert taken(broker) == []
    with connect() as other:
        other.execute("SELECT pg_terminate_backend(%s)", [broker._connection.info.backend_pid])
    enqueue("note", 1)
    assert taken(broker) == []
    assert taken(broker) == [1]


def test_without_a_database_nothing_is_raised_and_work_begins_when_it_is_there(broker, settings, monkeypatch):
    enqueue("note", 1)
    with monkeypatch.context() as away:
        away.setitem(settings.DATABASES["default"], "HOST", "/nowhere")
        with pytest.raises(psycopg.OperationalError):
            connect()
        assert taken(broker) == []
        assert broker.ping()
    assert taken(broker) == [1]


def test_what_cannot_be_read_is_given_up(broker):
    enqueue("note", 1)
    [(lease, _)] = broker.dequeue()
    broker.fail(lease)
    assert Job.objects.get().dead


def test_the_queue_counts_what_waits_and_what_is_taken(broker):
    enqueue("note", 1)
    enqueue("note", 2)
    enqueue("note", 3, due=timezone.now() + timedelta(hours=1))
    taken(broker)
    assert (broker.queue_size(), broker.lock_size()) == (1, 1)
    assert broker.purge_queue() == 2


def test_tasks_do_not_pass_around_our_door(broker):
    with pytest.raises(TypeError, match="enqueue"):
        broker.enqueue("task")


def test_a_wake_up_is_brought_once_however_often_a_transaction_calls_and_leaves_nothing_behind(broker, noted):
    broker.dequeue()
    with transaction.atomic():
        jobs.wake("note")
        jobs.wake("note")
    [(lease, package)] = broker.dequeue()
    import_string(SignedPackage.loads(package)["func"])(*SignedPackage.loads(package)["args"])
    assert (lease, noted) == ("", [()])
    assert broker.dequeue() == []


def test_a_wake_up_comes_with_the_jobs_that_are_ready(broker):
    broker.dequeue()
    with transaction.atomic():
        enqueue("note", 1)
        jobs.wake("note")
    assert len(broker.dequeue() + broker.dequeue()) == 2  # two notices, which need not arrive together
