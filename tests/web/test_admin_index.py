"""The administration's first page: the work that waits comes first, and the screens are one click away."""

import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.contrib.admin import site
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from tests.support import make
from tests.web.admin_tools import LIST, logged_in, may_only, page_of, text_of

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


def test_what_people_work_with_is_listed_before_what_only_the_product_writes(admin_client):
    sections = admin_client.get(reverse("admin:index")).context["app_list"]
    assert [section["models"][0]["object_name"] for section in sections] == ["Issue", "AlertRule", "User", "Response"]
    assert [table["object_name"] for table in sections[0]["models"]] == [
        "Issue", "Customer", "ReplyTemplate", "KnowledgeNote", "Policy", "SlaPolicy", "Calendar",
    ]  # fmt: skip
    shown = {table["object_name"] for section in sections for table in section["models"]}
    assert shown == {model.__name__ for model in site._registry if model is not LogEntry}


def test_who_may_see_few_tables_sees_no_empty_section():
    browser = may_only("view_issue")
    sections = browser.get(reverse("admin:index")).context["app_list"]
    assert [[table["object_name"] for table in section["models"]] for section in sections] == [["Issue"]]


class TestLogin:
    @pytest.mark.parametrize("address", ["/admin/", "/admin/issues/issue/?status=open", "/design"])
    def test_a_stranger_is_led_to_the_products_login_and_back(self, client, address):
        page = client.get(address, follow=True)
        assert page.redirect_chain[-1][0] == f"/login/?{urlencode({'next': address}, safe='/')}"
        assert "admin/login.html" not in [template.name for template in page.templates]

    @pytest.mark.parametrize("address", ["/admin/", "/admin/issues/issue/", "/design", "/admin/login/"])
    def test_who_is_signed_in_and_may_not_come_in_is_told_so(self, address):
        guest = logged_in(User.objects.create_user("visita"))
        page = guest.get(address, follow=True)
        assert page.status_code == 403
        assert "This is not for this account" in text_of(page)

    def test_who_may_come_in_is_not_asked_again(self, browser):
        assert browser.get("/admin/login/?next=/admin/issues/issue/", follow=True).redirect_chain[-1][0] == (
            "/admin/issues/issue/"
        )


def test_the_administration_has_the_header_of_the_other_pages(browser):
    def header(address: str) -> str:
        return re.search(r'<nav class="page-nav".*?</nav>', text_of(browser.get(address)), re.DOTALL)[0]

    def plain(html: str) -> str:
        return html.replace(' aria-current="page"', "")

    assert plain(header("/admin/")) == plain(header("/crt"))
    assert 'href="/admin/" aria-current="page"' in header("/admin/issues/issue/")


def test_a_list_is_called_by_what_is_in_it_and_a_page_by_its_row(browser):
    issue = make.issue()
    for address, title in ((reverse(LIST), "Issues"), (page_of(issue), f"Technical issue {issue.short}")):
        body = text_of(browser.get(address))
        assert f"<h1>{title}</h1>" in body
        assert f"<title>{title} · " in body


def test_who_may_not_see_issues_sees_no_numbers_of_them():
    nobody = logged_in(User.objects.create_user("novo", is_staff=True))
    assert told(nobody) == []
    assert 'href="/crt"' in text_of(nobody.get(reverse("admin:index")))
