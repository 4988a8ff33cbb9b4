"""Every number of the screens and of the administration's first page is that of the list it leads to."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from issues.models import Issue
from issues.models.response import State
from issues.queries import counted
from metrics import measures, queries
from tests.support import make
from tests.web.admin_tools import text_of

pytestmark = pytest.mark.django_db

SCOPE = {"location": "São Paulo/1 & 2", "priority": "high", "type": "billing"}
NARROWED = "location=S%C3%A3o%20Paulo/1%20%26%202&priority=high&type=billing"


@pytest.fixture
def _some_of_everything(manager):
    """In and out of the scope, each with an answer and a solution that are late, near and far, of every source, probes too."""
    now = timezone.now()
    for hours in (-1, 0.1, 9):
        for more in (SCOPE, {}):
            due = {"at": now - timedelta(hours=1), "resolution_due_at": now + timedelta(hours=hours)} | more
            late, far = (now + timedelta(hours=by) for by in (-0.5, 9))
            make.issue(response_due_at=late, **due)
            make.issue(response_due_at=late, status="escalated", escalated_at=now, **due)
            make.issue(response_due_at=far, status="escalated", escalated_at=now, assignee=manager, **due)
            make.issue(response_due_at=now + timedelta(minutes=2), **due)
            answered = make.issue(response_due_at=far, first_response_at=now, **due)
            for turn in (1, 2):
                make.response(answered, turn=turn, state=State.UNSURE)
            for left_out in ({"source": "import"}, {"source": "demo"}, {"metadata": {"probe": True}}):
                ghost = make.issue(response_due_at=late, status="escalated", escalated_at=now, **due, **left_out)
                if left_out != {"source": "import"}:
                    make.response(ghost, state=State.UNSURE)
            make.issue(response_due_at=late, status="resolved", resolved_at=now, **due)


def rows(browser, address: str) -> int:
    page = browser.get(address)
    assert page.status_code == 200, address
    return page.context["cl"].result_count


@pytest.mark.parametrize("demo", [False, True])
@pytest.mark.parametrize("query", ["", NARROWED])
@pytest.mark.usefixtures("_some_of_everything")
class TestANumberAndItsList:
    def test_what_needs_action_now(self, browser, settings, demo, query):
        settings.DEMO = demo
        body = unescape(text_of(browser.get(f"/crt?{query}")))
        found = re.findall(r'class="badge" href="([^"]+)">.*?<strong>(\d+)</strong>', body)
        assert len(found) == len(queries.WHYS)
        assert [rows(browser, address) for address, _n in found] == [int(n) for _address, n in found]

    def test_the_strip_of_now(self, browser, settings, demo, query):
        settings.DEMO = demo
        page = browser.get(f"/performance?{query}")
        now, sla = page.context["snapshot"]["now"], page.context["snapshot"]["sla"]
        links = dict(
            re.findall(
                r'data-now="(\w+)"(?:(?!data-now=).)*?<a href="([^"]+)"', unescape(text_of(page)).replace("\n", " ")
            )
        )
        numbers = {"waiting": now["waiting"], "escalated": now["escalated_unassigned"], "unsure": now["unsure"]}
        assert {name: rows(browser, links[name]) for name in numbers} == numbers
        # There deadlines are counted, of which an issue may have two: each kind has its own list.
        for state in ("at_risk", "breached"):
            each = {"response": "first_response", "resolution": "resolution"}
            for kind, promise in each.items():
                listed = rows(browser, links[state].replace(f"deadline={state}", f"deadline={kind}_{state}"))
                assert listed == sum(promises[promise][state] for promises in sla.values()) > 0

    def test_the_first_page_of_the_administration(self, browser, settings, demo, query):
        settings.DEMO = demo
        body = unescape(text_of(browser.get(reverse("admin:index"))))
        found = re.findall(r'class="worklist-\w+" href="([^"]+)"><strong>(\d+)</strong>', body)
        assert len(found) == 6
        assert [rows(browser, address) for address, _n in found] == [int(n) for _address, n in found]


@pytest.mark.parametrize("demo", [False, True])
@pytest.mark.usefixtures("_some_of_everything")
def test_the_administration_and_the_screens_count_the_same_issues(settings, demo):
    settings.DEMO = demo
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM issues_issue i WHERE {queries.OPEN} AND {measures.counted()}")
        on_screens = {pk for (pk,) in cursor.fetchall()}
    ours = Issue.objects.filter(counted(), status__in=["open", "in_progress", "escalated"])
    assert set(ours.values_list("pk", flat=True)) == on_screens
    assert 0 < len(on_screens) < Issue.objects.count()


def test_a_list_that_is_not_there_is_all_of_them(browser):
    make.issue()
    assert rows(browser, reverse("admin:issues_issue_changelist") + "?deadline=never&counted=no") == 1
