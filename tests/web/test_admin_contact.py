"""Contact data in the admin: masked until somebody asks for it, which is written down, and masked again soon after."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from issues import wording
from issues.admin import contact
from issues.ingest import ingest
from issues.models import Issue
from metrics import kpis
from metrics.window import Window
from tests.support import make
from tests.web.admin_tools import LIST, kinds, logged_in, may_only, page_of, text_of

pytestmark = pytest.mark.django_db
SECRETS = ["+5511987654321", "987654321", "Rui Braga", "Braga", "contact-of-rui"]


@pytest.fixture
def issue() -> Issue:
    inbound = make.inbound(
        payload={"phone": "+5511987654321", "name": "Rui Braga"}, phone="+5511987654321", name="Rui Braga",
        contact_id="contact-of-rui",
    )  # fmt: skip
    found = Issue.objects.get(pk=ingest(inbound, now=timezone.now()).issue_id)
    Issue.objects.filter(pk=found.pk).update(metadata={"mail": "rui@example.com, Rui Braga"})
    return found


def ask(browser: Client, row, follow=True):
    return browser.post(reverse(f"admin:issues_{row._meta.model_name}_contact", args=[row.pk]), follow=follow)


def seen(browser: Client, row) -> str:
    return text_of(browser.get(reverse(f"admin:issues_{row._meta.model_name}_change", args=[row.pk])))


def leaks(body: str) -> list[str]:
    return [secret for secret in SECRETS if secret in body]


def test_no_page_shows_contact_data_by_itself(browser, issue):
    event, customer = issue.events.get(), issue.customer
    rows = [customer, event, issue.messages.get(), issue.responses.get(), issue.actions.get()]
    lists = ["customer", "message", "response", "action", "inboundevent", "aicall"]
    pages = [
        page_of(issue),
        reverse(LIST),
        *(reverse(f"admin:issues_{name}_changelist") for name in lists),
        *(reverse(f"admin:issues_{row._meta.model_name}_change", args=[row.pk]) for row in rows),
        *(reverse(f"admin:issues_issue_{work}", args=[issue.pk]) for work in ("reply", "escalate", "resolve")),
    ]
    for page in pages:
        assert leaks(text_of(browser.get(page))) == [], page
    assert "Rui B." in seen(browser, issue)
    assert "+55 11 •••• 4321" in seen(browser, issue)


def test_who_asks_sees_it_and_it_stands_in_the_history_of_the_issue(browser, manager, issue):
    body = text_of(ask(browser, issue))
    for told in ("+5511987654321", "Rui Braga", "contact-of-rui", "rui@example.com"):
        assert told in body
    action = issue.actions.last()
    assert (action.kind, action.user, action.by, action.automated, action.detail) == (
        "disclosed",
        manager,
        "bia",
        False,
        {},
    )
    assert "contact data shown" in body
    assert "Shown to you until" in body


def test_it_is_masked_again_soon_and_then_asked_for_again(browser, issue, monkeypatch):
    ask(browser, issue)
    assert leaks(seen(browser, issue))
    later = timezone.now() + contact.SHOWN_FOR
    monkeypatch.setattr("issues.admin.contact.timezone.now", lambda: later)
    assert leaks(seen(browser, issue)) == []
    ask(browser, issue)
    assert kinds(issue).count("disclosed") == 2
    assert len(browser.session[contact.KEY]) == 1


def test_it_is_shown_to_who_asked_and_of_what_was_asked_for(browser, issue):
    other = Issue.objects.get(
        pk=ingest(make.inbound(contact_id="ct9", phone="+5511987650000", name="Eva Dias")).issue_id
    )
    ask(browser, other)
    assert leaks(seen(browser, issue)) == []
    colleague = may_only("view_issue")
    assert "Eva Dias" not in seen(colleague, other)
    assert "Eva D." in seen(colleague, other)


@pytest.mark.parametrize("which", ["customer", "inboundevent"])
def test_of_other_rows_it_stands_in_their_own_history(browser, manager, issue, which):
    row = issue.customer if which == "customer" else issue.events.get()
    assert "Rui Braga" in text_of(ask(browser, row))
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id, entry.get_change_message()) == (manager, str(row.pk), "contact data shown")
    assert leaks(entry.object_repr) == []


def test_asking_needs_a_click_of_this_site_and_the_right_to_look(manager, issue):
    assert ask(logged_in(manager, enforce_csrf_checks=True), issue).status_code == 403
    assert ask(may_only("view_customer"), issue).status_code == 403
    looking = logged_in(manager)
    assert looking.get(reverse("admin:issues_issue_contact", args=[issue.pk])).status_code == 405
    assert looking.post(reverse("admin:issues_issue_contact", args=[issue.customer_id])).status_code == 404
    assert "disclosed" not in kinds(issue)


def test_looking_is_no_work_on_the_issue(browser, issue):
    now = timezone.now() + timedelta(seconds=5)
    Issue.objects.update(status="resolved", resolved_at=timezone.now())
    before = kpis.measure(Window.parse("24h", now))["automation_rate"]
    ask(browser, issue)
    assert kpis.measure(Window.parse("24h", now))["automation_rate"] == before


@pytest.mark.parametrize(
    ("name", "told"),
    [("Ana Beatriz Souza", "Ana B. S."), ("Ana", "Ana"), ("Ana da Silva", "Ana S."), ("  ", ""), ("", "")],
)
def test_of_a_name_the_first_part_is_whole(name, told):
    assert wording.initials(name) == told


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("+5511987654321", ""),
        ("(11)98765-4321", ""),
        ("+55 11 98765-4321", ""),
        ("11 9 87 65 43 21", ""),
        ("maria@x.com", ""),
        ("Maria +5511987654321", "Maria"),
        ("maria@x.com Maria Souza", "Maria S."),
        ("Rui 2", "Rui"),
    ],
)
def test_a_phone_or_an_address_is_no_name(name, told):
    assert wording.initials(name) == told
