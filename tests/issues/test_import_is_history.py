"""What was imported is history: nobody is answered, asked, judged or offered because of it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from issues import jobs, programs, queries, resolve
from issues.ingest import ingest
from issues.models import Issue, Message, Response
from issues.models.issue import Basis
from metrics import facts, kpis
from metrics import queries as figures
from metrics.window import Window
from mis_dashboard.models import Job
from tests.support import make

pytestmark = pytest.mark.django_db
PHONE = "+5511900000001"


@pytest.fixture
def left_open(tmp_path):
    """An issue of 2016 that another system never ended, of a customer whom we meet today, and one resolved yesterday."""
    yesterday = (timezone.now() - timedelta(days=1)).isoformat()
    path = tmp_path / "issues.csv"
    path.write_text(
        "id,opened_at,first_response_at,resolved_at,phone,location,priority\n"
        f"A,2016-03-01,,,{PHONE},loc1,critical\nB,{yesterday},{yesterday},{yesterday},{PHONE},loc1,high\n"
    )
    call_command("import_issues", str(path))
    return Issue.objects.get(external_id="A")


def test_nothing_is_queued_said_or_judged(left_open):
    jobs.sweep()
    assert not Response.objects.exists()
    assert not Message.objects.exists()
    assert not Job.objects.exists()
    assert not queries.silent(timezone.now() + timedelta(days=1)).exists()


def test_programs_that_poll_are_not_offered_it(left_open):
    assert not programs.unresolved(attempted=True).exists()
    assert not programs.unanswered().exists()


def test_what_the_customer_writes_today_is_an_issue_of_today(left_open):
    found = ingest(make.inbound(phone=PHONE, contact_id=None, location="loc1"))
    assert found.issue_id not in (None, *Issue.objects.filter(source="import").values_list("pk", flat=True))
    assert Issue.objects.get(pk=found.issue_id).customer == left_open.customer


def test_nobody_is_asked_for_a_rating_of_it(left_open):
    resolve.resolve(Issue.objects.get(external_id="A"), by="ana", basis=Basis.HUMAN)
    assert not Response.objects.exists()


def test_nobody_waits_now_but_somebody_waited_then(left_open):
    now = timezone.now()
    today = Window.parse("24h", now)
    then = Window("2016", datetime(2016, 3, 1, tzinfo=UTC), datetime(2016, 4, 1, tzinfo=UTC), timedelta(days=1))
    assert not figures.open_ones(today)
    # Neither answered nor solved by the targets for critical, in its own time.
    found = facts.read(then, timezone.get_default_timezone()).total
    assert (found["response_overdue"], found["resolution_overdue"]) == (1, 1)
    assert kpis.measure(then)["ttfr_p50"]["extra"]["waiting"] == 1
