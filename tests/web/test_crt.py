"""The page /crt: who sees what, what can be done on it, and that every number opens its rows."""

import re
from datetime import timedelta
from html import unescape
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from issues.models import Issue
from issues.models.response import State
from tests.support import make
from tests.support.history_of import History
from tests.web.admin_tools import kinds, logged_in, may_only, page_of, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def late():
    """An issue whose customer should have been answered an hour ago."""
    at = timezone.now() - timedelta(hours=1)
    customer = make.customer(phone="+5511987654321", name="Ana Beatriz Segredo")
    return make.issue(at=at, customer=customer, text="Minha senha secreta", response_due_at=at + timedelta(minutes=2))


def do(browser, work: str, issue, query="?window=7d", **data):
    return browser.post(f"/crt{query}", {"work": work, "issue": issue.pk, **data})


class TestPage:
    def test_a_stranger_is_led_to_the_login(self, client):
        for path in ("/crt", "/crt/now"):
            assert client.get(path).url.startswith("/login/")

    def test_with_nothing_measured_nothing_is_zero_or_good(self, browser):
        page = browser.get("/crt")
        body = text_of(page)
        assert "No issue was detected in this period." in body
        assert "Nothing needs anybody now" in body
        goals = body[body.index('class="table goals"') : body.index("</table>")]
        assert set(re.findall(r'<tr data-state="(\w+)"', goals)) == {"none"}
        assert goals.count(">—</a>") == 9

    def test_the_usual_period_is_30_days_and_filters_stay_on_this_page(self, browser):
        body = text_of(browser.get("/crt?priority=high"))
        assert 'aria-current="page">30 days' in body
        assert 'action="/crt"' in body
        assert browser.get("/crt?window=7d&type=").url == "/crt?window=7d"
        refused = browser.get("/crt?window=2h&priority=urgent")
        assert refused.status_code == 400
        assert 'action="/crt"' in text_of(refused)

    @pytest.mark.parametrize("scope", ["", "?window=24h", "?window=custom&start=2020-01-01&end=2020-01-31"])
    def test_every_number_opens_a_page_that_exists(self, browser, scope, late):
        body = unescape(browser.get(f"/crt{scope}").content.decode())
        addresses = set(re.findall(r'href="(/performance/[^"]+|/admin/issues/[^"]+)"', body))
        assert len(addresses) >= 9
        for address in addresses:
            assert browser.get(address).status_code == 200, address

    def test_no_customer_is_named_and_no_word_of_theirs_is_said(self, browser, late):
        body = text_of(browser.get("/crt"))
        assert str(late.pk)[-6:] in body
        for secret in ("87654321", "Segredo", "Ana Beatriz", "senha secreta"):
            assert secret not in body

    def test_a_long_history_and_a_long_list_cost_no_more_queries(self, browser, django_assert_max_num_queries):
        History(2).go(60, 60)
        with django_assert_max_num_queries(45):
            browser.get("/crt?window=90d")

    def test_the_part_that_is_fetched_again_is_that_of_the_page(self, browser, late):
        part = text_of(browser.get("/crt/now?window=7d"))
        assert part.strip().startswith('<div class="urgent"')
        assert f'data-issue="{str(late.pk)[-6:]}"' in part
        assert "<html" not in part

    def test_however_many_look_the_issues_are_read_once_a_second_for_each_choice_of_filters(self, browser, late):
        reader = may_only("view_issue")
        with CaptureQueriesContext(connection) as queries:
            for each in (browser, reader):
                for query in ("?window=7d", "?window=30d", "?priority=high"):
                    each.get(f"/crt/now{query}")
        assert len([query for query in queries if "WITH urgent" in query["sql"]]) == 2
        late.delete()
        assert f'data-issue="{str(late.pk)[-6:]}"' not in text_of(
            browser.get("/crt")
        )  # who has just done something sees it

    def test_what_many_see_has_what_each_may_do(self, browser, late):
        assert 'name="work" value="take"' in text_of(browser.get("/crt/now"))
        assert 'name="work"' not in text_of(may_only("view_issue").get("/crt/now"))
        assert "/admin/" not in text_of(logged_in(User.objects.create_user("visita")).get("/crt/now"))

    def test_it_holds_no_script_or_style_of_its_own(self, browser, late):
        body = browser.get("/crt").content.decode()
        assert not [found for found in ("style=", "onclick=", "<style", "<script>", "javascript:") if found in body]


class TestWork:
    def test_taking_it_makes_it_mine_and_leads_back_to_the_same_place(self, browser, manager, late):
        answer = do(browser, "take", late)
        assert answer.url == "/crt?window=7d#now"
        late.refresh_from_db()
        assert late.assignee == manager
        assert "The issue is yours." in text_of(browser.get("/crt?window=7d"))
        assert kinds(late) == ["assigned"]

    def test_what_somebody_else_has_taken_meanwhile_is_told_and_left_with_them(self, browser, manager, late):
        assert 'name="owner" value=""' in text_of(browser.get("/crt"))
        caio = User.objects.create_user("caio", is_staff=True)
        Issue.objects.update(assignee=caio)
        body = text_of(do(browser, "take", late, owner=""))
        assert "caio has taken it already." in body
        late.refresh_from_db()
        assert (late.assignee, kinds(late)) == (caio, [])
        assert 'name="owner" value="caio"' in body
        do(browser, "take", late, owner="caio")
        do(browser, "take", late, owner="caio")  # pressed twice
        late.refresh_from_db()
        assert late.assignee == manager

    def test_it_is_assigned_by_user_name(self, browser, late):
        other = User.objects.create_user("caio", is_staff=True)
        do(browser, "assign", late, to="caio")
        late.refresh_from_db()
        assert late.assignee == other

    def test_escalating_keeps_reason_and_owner(self, browser, manager, late):
        do(browser, "escalate", late, reason="Pede reembolso", to="")
        late.refresh_from_db()
        assert (late.status, late.escalation_reason, late.assignee) == ("escalated", "Pede reembolso", None)
        assert late.actions.get().user == manager

    def test_resolving_keeps_the_notes(self, browser, late):
        do(browser, "resolve", late, notes="Senha trocada")
        late.refresh_from_db()
        assert (late.status, late.resolved_by, late.resolution_notes) == ("resolved", "bia", "Senha trocada")

    def test_what_is_refused_is_told_on_the_page_and_what_was_written_stays(self, browser, late):
        answer = do(browser, "escalate", late, reason="Pede reembolso", to="nobody")
        body = text_of(answer)
        assert answer.status_code == 200
        assert 'role="alert"' in body
        assert 'value="Pede reembolso"' in body
        assert 'value="nobody"' in body
        assert 'aria-current="page">7 days' in body
        assert kinds(late) == []

    def test_a_wrong_name_is_told_at_its_field_in_words_that_help(self, browser, late):
        body = text_of(do(browser, "assign", late, to="nobody"))
        assert re.search(r'<input name="to"[^>]* aria-invalid="true" aria-describedby="wrong-to"', body)
        assert re.search(r'id="wrong-to">Nobody here has this user name: choose a person from the list.<', body)

    def test_what_has_ended_meanwhile_is_told_and_left_alone(self, browser):
        ended = make.issue(status="resolved", resolved_at=make.NOW)
        assert "no longer possible" in text_of(do(browser, "resolve", ended))
        assert kinds(ended) == []

    def test_a_reply_on_its_way_is_not_dropped(self, browser, late):
        make.response(late, kind="human", text="Já vi", state=State.WAITING)
        assert "just being sent" in text_of(do(browser, "resolve", late))

    @pytest.mark.parametrize("work", ["take", "assign", "escalate", "resolve"])
    def test_what_is_not_permitted_is_neither_shown_nor_done(self, late, work):
        reader = may_only("view_issue")
        assert f'name="work" value="{work}"' not in text_of(reader.get("/crt"))
        assert do(reader, work, late, to="user0", reason="x").status_code == 403
        assert kinds(late) == []

    def test_who_does_not_work_here_sees_no_link_into_the_administration(self, late):
        guest = logged_in(User.objects.create_user("visita"))
        body = text_of(guest.get("/crt"))
        assert "/admin/" not in body
        assert do(guest, "take", late).status_code == 403

    def test_each_work_is_offered_to_who_may_do_it(self, late):
        body = text_of(may_only("view_issue", "resolve_issue").get("/crt"))
        assert set(re.findall(r'name="work" value="(\w+)"', body)) == {"resolve"}
        assert page_of(late) in body

    def test_nothing_unknown_is_done(self, browser, late):
        assert do(browser, "reply", late).status_code == 404
        assert browser.post("/crt", {"work": "take", "issue": uuid4()}).status_code == 404
        assert browser.post("/crt", {"work": "take", "issue": "x"}).status_code == 404

    def test_work_is_not_done_from_another_site(self, manager, late):
        assert do(logged_in(manager, enforce_csrf_checks=True), "take", late).status_code == 403
        assert kinds(late) == []


def test_what_counts_under_several_reasons_is_said_to_do_so(browser, late):
    assert "1 issue. <a" in text_of(browser.get("/crt/now"))
    Issue.objects.update(status="escalated", escalated_at=timezone.now())
    assert "1 issue. One with several reasons counts under each." in text_of(browser.get("/crt"))


def test_the_list_in_the_administration_holds_what_is_counted(browser, late):
    make.issue(
        at=timezone.now(),
        status="escalated",
        escalated_at=timezone.now(),
        resolution_due_at=timezone.now() + timedelta(hours=4),
    )
    body = unescape(browser.get("/crt").content.decode())
    for address, n in re.findall(r'class="badge" href="([^"]+)">.*?<strong>(\d+)</strong>', body):
        assert len(browser.get(address).context["cl"].result_list) == int(n)
    assert reverse("admin:issues_issue_changelist") in body
