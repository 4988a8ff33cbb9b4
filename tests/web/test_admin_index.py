"""The administration's first page: the work that waits comes first, and the screens are one click away."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from tests.support import make
from tests.web.admin_tools import logged_in, text_of

pytestmark = pytest.mark.django_db


def told(browser) -> list[tuple[str, int]]:
    body = text_of(browser.get(reverse("admin:index")))
    return [(url, int(n)) for url, n in re.findall(r'class="worklist-\w+" href="([^"]+)"><strong>(\d+)</strong>', body)]


def test_escalated_without_owner_stands_first_and_every_number_is_that_of_its_list(browser, manager):
    now = timezone.now()
    kept = {"response_due_at": now + timedelta(hours=1), "resolution_due_at": now + timedelta(days=1)}
    make.issue(at=now, status="escalated", escalated_at=now, **kept)
    make.issue(at=now, status="escalated", escalated_at=now, assignee=manager, **kept)
    make.issue(at=now - timedelta(hours=1), assignee=manager)
    make.issue(at=now, status="resolved", resolved_at=now)
    found = told(browser)
    assert [n for _url, n in found] == [1, 1, 0, 2, 2, 3]
    assert found[0][0].endswith("?counted=yes&status=escalated&owner=none")
    for url, n in found:
        assert len(browser.get(url).context["cl"].result_list) == n, url


def test_it_costs_one_query_more(browser, django_assert_max_num_queries):
    make.issue()
    with django_assert_max_num_queries(9):
        browser.get(reverse("admin:index"))


def test_who_may_not_see_issues_sees_no_numbers_of_them():
    nobody = logged_in(User.objects.create_user("novo", is_staff=True))
    assert told(nobody) == []
    assert 'href="/crt"' in text_of(nobody.get(reverse("admin:index")))
