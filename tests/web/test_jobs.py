from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from django_q.exceptions import TimeoutException

from mis_dashboard.lib import jobs
from mis_dashboard.lib.jobs import Lease, UnknownJob, backoff_s, enqueue, job, run
from mis_dashboard.models import Job

OWNER = "0192a000-0000-7000-8000-000000000001"
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


class Called(list):
    """A job that notes its arguments, and raises what it is told to."""

    error: BaseException | None = None

    def __call__(self, *args):
        self.append(args)
        if self.error:
            raise self.error


@pytest.fixture
def called(monkeypatch):
    function = Called()
    monkeypatch.setitem(jobs.REGISTRY, "note", function)
    return function


def leased(attempt: int = 1, **fields) -> Lease:
    row = Job.objects.create(
        name="note", leased_by=OWNER, leased_until=timezone.now() + timedelta(seconds=90), attempts=attempt, **fields
    )
    return Lease(row.id, attempt, OWNER)


def test_a_job_that_is_async_is_refused():
    async def never() -> None: ...

    with pytest.raises(TypeError, match="async_to_sync"):
        job("never")(never)
    assert "never" not in jobs.REGISTRY


def test_a_name_belongs_to_one_function(monkeypatch):
    monkeypatch.setattr(jobs, "REGISTRY", {})
    job("mine")(timezone.now)
    job("mine")(timezone.now)  # a module imported again registers the same function again
    with pytest.raises(ValueError, match="choose another name"):
        job("mine")(timezone.localtime)


def test_each_failure_waits_twice_as_long_up_to_five_minutes():
    assert [backoff_s(attempt, chance=0.5) for attempt in (1, 2, 3)] == [2, 4, 8]
    assert (backoff_s(1, chance=0), backoff_s(1, chance=1)) == (1, 3)
    assert backoff_s(20, chance=0.5) == 300


def test_a_lease_survives_being_written_down():
    lease = Lease(7, 2, OWNER)
    assert Lease.parse(str(lease)) == lease


@pytest.mark.django_db
def test_a_job_nobody_registered_cannot_be_queued():
    with pytest.raises(UnknownJob):
        enqueue("typo")
    assert not Job.objects.exists()


@pytest.mark.django_db
def test_what_is_queued_is_one_row(called):
    enqueue("note", 7, {"a": "b"}, due=NOON, rank=1)
    row = Job.objects.get()
    assert (row.name, row.args, row.due_at, row.rank, row.attempts) == ("note", [7, {"a": "b"}], NOON, 1, 0)


@pytest.mark.django_db
def test_a_rolled_back_job_is_gone(called):
    with transaction.atomic():
        enqueue("note")
        assert Job.objects.exists()
        transaction.set_rollback(True)
    assert not Job.objects.exists()


@pytest.mark.django_db
def test_of_one_key_one_job_waits_as_early_and_as_urgent_as_either(called):
    enqueue("note", key="k", due=NOON + timedelta(hours=1), rank=1)
    enqueue("note", key="k", due=NOON, rank=5)
    enqueue("note", key="k", due=NOON + timedelta(hours=2), rank=5)
    row = Job.objects.get()
    assert (row.due_at, row.rank) == (NOON, 1)


@pytest.mark.django_db
def test_while_a_job_of_a_key_runs_another_may_wait(called):
    leased(key="k")
    enqueue("note", key="k")
    assert Job.objects.filter(key="k").count() == 2


@pytest.mark.django_db
def test_a_job_that_returns_is_done(called):
    run(str(leased()), "note", [1, 2])
    assert called == [(1, 2)]
    assert not Job.objects.exists()


@pytest.mark.django_db
def test_a_lost_lease_does_not_run(called):
    lease = leased(attempt=2)
    run(str(Lease(lease.job_id, 1, OWNER)), "note", [])
    assert called == []
    assert Job.objects.get().attempts == 2


@pytest.mark.django_db
@pytest.mark.parametrize("error", [ValueError("Ana Souza"), TimeoutException("60 seconds")])
def test_a_job_that_raises_waits_to_run_again(called, error):
    called.error = error
    before = timezone.now()
    run(str(leased()), "note", [])
    row = Job.objects.get()
    assert before + timedelta(seconds=1) <= row.due_at <= timezone.now() + timedelta(seconds=3)
    assert (row.leased_by, row.dead, row.started_at) == (None, False, None)
    assert "Ana" not in row.error


@pytest.mark.django_db
def test_the_third_failure_is_the_last(called):
    called.error = ValueError("Ana Souza")
    run(str(leased(attempt=3)), "note", [])
    row = Job.objects.get()
    assert (row.dead, row.leased_by, row.error) == (True, None, "ValueError")


@pytest.mark.django_db
def test_a_failed_job_gives_way_to_a_waiting_one_of_its_key(called):
    called.error = ValueError()
    lease = leased(key="k")
    enqueue("note", key="k")
    run(str(lease), "note", [])
    row = Job.objects.get()
    assert (row.id != lease.job_id, row.leased_by) == (True, None)


@pytest.mark.django_db
def test_a_job_no_longer_known_fails_like_any_other():
    run(str(leased(attempt=3)), "gone", [])
    assert Job.objects.get().error.endswith("UnknownJob: gone")


@pytest.mark.django_db
def test_dead_jobs_are_kept_a_week():
    ages = {"old": 8, "new": 6}
    for name, days in ages.items():
        Job.objects.create(name=name, dead=True, created_at=timezone.now() - timedelta(days=days))
    Job.objects.create(name="waiting", created_at=timezone.now() - timedelta(days=8))
    assert jobs.forget() == 1
    assert set(Job.objects.values_list("name", flat=True)) == {"new", "waiting"}


@pytest.mark.django_db
def test_wake_ups_for_about_the_same_moment_are_one_job_that_is_not_early(called):
    due = timezone.now() + timedelta(seconds=30)
    tenth = due.replace(microsecond=due.microsecond // 100_000 * 100_000 + 1)
    for later_us in (0, 50_000, 99_998):
        jobs.wake("note", tenth + timedelta(microseconds=later_us))
    [job] = Job.objects.all()
    assert job.due_at >= tenth + timedelta(microseconds=99_998)


@pytest.mark.django_db
def test_a_wake_up_at_once_stores_nothing(called):
    jobs.wake("note", timezone.now())
    assert not Job.objects.exists()


def test_a_wake_up_that_fails_is_logged_and_nothing_more(caplog):
    jobs.run("", "nobody-registered-this", [])
    assert "a wake-up failed" in caplog.text
