"""The admin of issues: what people see in the list, on the page of an issue, and in the records behind it."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from issues import actions, receipts, sla
from issues.admin import said, words
from issues.admin.base import Bounded
from issues.admin.filters import promised
from issues.admin.issue import IssueAdmin
from issues.ingest import ingest
from issues.models import Action, AICall, Customer, Issue, Message, ReplyTemplate
from issues.models.response import Delivery, State
from tests.support import make
from tests.web.admin_tools import LIST, may_only, page_of, text_of

pytestmark = pytest.mark.django_db

COLUMNS = [
    "customer", "type", "priority", "detected_at", "received_at", "response_due_at", "response_risk_at", "resolution_due_at",
    "resolution_risk_at",
]  # fmt: skip
LONG_AGO = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
FAR_AWAY = datetime(2099, 1, 1, tzinfo=UTC)


def listed(browser: Client, **query) -> list[Issue]:
    response = browser.get(reverse(LIST), query)
    assert response.status_code == 200
    return list(response.context["cl"].result_list)


class TestList:
    def test_escalated_without_owner_comes_first_then_the_newest(self, browser, manager):
        old = make.issue(at=LONG_AGO, status="escalated", escalated_at=LONG_AGO)
        owned = make.issue(at=LONG_AGO + timedelta(days=1), status="escalated", escalated_at=LONG_AGO, assignee=manager)
        newest = make.issue(at=LONG_AGO + timedelta(days=2))
        assert listed(browser) == [old, newest, owned]

    def test_pages_go_on_where_the_one_before_ended(self, browser, monkeypatch):
        monkeypatch.setattr(IssueAdmin, "list_per_page", 2)
        made = [make.issue(at=LONG_AGO + timedelta(days=day)) for day in range(7)]
        Issue.objects.filter(pk__in=[made[1].pk, made[3].pk, made[4].pk]).update(
            status="escalated", escalated_at=LONG_AGO
        )
        days = [[made.index(issue) for issue in listed(browser, p=page)] for page in (1, 2, 3, 4)]
        assert days == [[4, 3], [1, 6], [5, 2], [0]]

    def test_a_chosen_order_is_kept_as_it_is(self, browser):
        old = make.issue(at=LONG_AGO, status="escalated", escalated_at=LONG_AGO)
        newest = make.issue()
        assert listed(browser, o="7") == [newest, old]

    def test_the_number_of_queries_does_not_grow_with_the_rows(self, browser, manager):
        def queries() -> int:
            with CaptureQueriesContext(connection) as seen:
                listed(browser)
            return len(seen)

        make.issue(assignee=manager)
        queries()
        few = queries()
        for _ in range(30):
            make.issue(assignee=manager)
        assert queries() == few <= 10

    @pytest.mark.parametrize(
        "typed", ["11 98888-7777", "+55 11 98888-7777", "5511988887777", "(11) 8888-7777", "8888-7777", "7777"]
    )
    def test_a_phone_is_found_in_any_form(self, browser, typed):
        wanted = make.issue(customer=make.customer(phone="+5511988887777"))
        make.issue(customer=make.customer(phone="+5511900000002"))
        assert listed(browser, q=typed) == [wanted]

    def test_a_name_is_found_by_any_of_its_words(self, browser):
        wanted = make.issue(customer=make.customer(name="Ana Maria Souza"))
        make.issue(customer=make.customer(name="Ana Costa"))
        assert listed(browser, q="souza ana") == [wanted]

    def test_the_customers_words_are_found_in_every_turn_for_90_days(self, browser):
        now = timezone.now()
        first, later = make.issue(at=now, text="O boleto venceu"), make.issue(at=now - timedelta(days=89))
        Message.objects.create(issue=later, turn=2, text="e o boleto também", sent_at=now)
        make.issue(at=now)
        make.issue(at=now - timedelta(days=91), text="O boleto venceu")
        assert listed(browser, q="BOLETO") == [first, later]

    def test_an_issue_is_found_by_its_identifier(self, browser):
        wanted = make.issue()
        make.issue()
        assert listed(browser, q=str(wanted.pk)) == [wanted]

    @pytest.mark.parametrize("shown", ["…{}", "{}", " ...{} "])
    def test_an_issue_is_found_by_the_end_of_its_identifier_as_the_screens_show_it(self, browser, shown):
        wanted = make.issue(pk=UUID("01a2b3c4-0000-7000-8000-00000003a7b6"))
        make.issue(pk=UUID("01a2b3c4-0000-7000-8000-00000003a7b7"))
        assert listed(browser, q=shown.format(str(wanted.pk)[-6:])) == [wanted]
        assert listed(browser, q="…ffffff") == []

    def test_figures_that_end_no_identifier_are_still_part_of_a_phone(self, browser):
        wanted = make.issue(customer=make.customer(phone="+5511988887777"))
        assert listed(browser, q="887777") == [wanted]

    @pytest.mark.parametrize("left", [-1, 0, 1, 23, 24, 25, 60])
    def test_a_deadline_is_at_risk_or_breached_as_on_the_live_screen(self, left):
        now = make.NOW + timedelta(seconds=120 - left)
        issue = make.issue()  # 120 s to answer, of which 24 are a fifth
        state = sla.state(issue.response_risk_at, issue.response_due_at, None, now)
        for asked in ("at_risk", "breached"):
            assert Issue.objects.filter(promised(now, asked)).exists() == (state == asked), asked

    def test_the_deadline_of_a_resolution_counts_until_the_issue_has_ended(self):
        now = make.NOW + timedelta(hours=3, minutes=30)
        issue = make.issue(first_response_at=make.NOW)
        assert Issue.objects.filter(promised(now, "at_risk")).get() == issue
        assert Issue.objects.filter(promised(now + timedelta(hours=1), "breached")).get() == issue
        Issue.objects.update(status="resolved", resolved_at=now)
        assert not Issue.objects.filter(promised(now, "at_risk") | promised(now, "breached")).exists()

    def test_filters_show_what_they_say(self, browser, manager):
        ownerless = make.issue(status="escalated", escalated_at=make.NOW, location="loc9")
        late = make.issue(at=LONG_AGO, type="billing")
        waiting = make.issue(response_due_at=FAR_AWAY, priority="critical")
        answered = make.issue(first_response_at=make.NOW, status="in_progress", assignee=manager)
        done = make.issue(first_response_at=make.NOW, status="resolved", resolved_at=make.NOW, false_positive=True)
        unsure = make.response(answered, state=State.UNSURE).issue

        def found(**query):
            return set(listed(browser, **query))

        assert found(owner="none") == {ownerless}
        assert found(owner="me") == {answered}
        assert found(status="escalated", owner="none") == {ownerless}
        assert late in found(deadline="breached")
        assert late not in found(deadline="at_risk")
        assert found(answer="waiting") == {ownerless, late, waiting}
        assert late in found(answer="late")
        assert waiting not in found(answer="late")
        assert found(answer="unsure") == {unsure}
        assert found(status="unresolved") == {ownerless, late, waiting, answered}
        assert found(status="resolved") == {done}
        assert found(priority__exact="critical") == {waiting}
        assert found(type="billing") == {late}
        assert found(location="loc9") == {ownerless}
        assert found(false_positive__exact="1") == {done}
        assert found(source__exact="whatsapp") == set()
        assert found(customer__exact=late.customer_id) == {late}

    def test_all_locations_are_offered(self, browser):
        for location in ("b", "a", "a", "", "c"):
            make.issue(location=location)
        specs = browser.get(reverse(LIST)).context["cl"].filter_specs
        [locations] = [spec.lookup_choices for spec in specs if getattr(spec, "parameter_name", "") == "location"]
        assert [value for value, _ in locations] == ["a", "b", "c"]

    def test_phones_are_masked(self, browser):
        make.issue(customer=make.customer(phone="+5511987654321"))
        body = text_of(browser.get(reverse(LIST)))
        assert "+55 11 •••• 4321" in body
        assert "987654321" not in body

    def test_an_issue_is_named_as_on_the_screens_and_its_name_leads_to_it(self, browser):
        issue = make.issue()
        assert f'<a href="{page_of(issue)}">…{issue.short}</a>' in text_of(browser.get(reverse(LIST)))

    def test_the_deadline_is_that_of_the_promise_that_is_worst_off(self, browser):
        now = timezone.now()
        late, near, kept = now - timedelta(minutes=98), now + timedelta(minutes=5, seconds=5), now + timedelta(hours=4)
        make.issue(at=now - timedelta(hours=2), first_response_at=now, resolution_due_at=late)
        make.issue(at=now - timedelta(hours=2), response_due_at=near, resolution_due_at=kept)
        make.issue(at=now - timedelta(minutes=1), response_due_at=kept, resolution_due_at=kept)
        make.issue(at=now - timedelta(hours=9), status="resolved", resolved_at=now, resolution_due_at=late)
        cells = re.findall(r'class="field-deadline">(.*?)</td>', text_of(browser.get(reverse(LIST))))
        told = [" ".join(re.sub(r"<[^>]+>", " ", cell).replace("\N{NO-BREAK SPACE}", " ").split()) for cell in cells]
        assert told == ["○ In time 4 h left", "▲ At risk 5 min 5 s left", "◆ Breached 1 h 38 min late", "◐ Met late"]

    def test_a_list_that_is_longer_than_is_counted_says_so_in_numbers_that_can_be_read(self, browser, monkeypatch):
        monkeypatch.setattr(Bounded, "LIMIT", 1000)
        customer = make.customer()
        row = {name: getattr(make.issue(customer=customer), name) for name in COLUMNS}
        Issue.objects.bulk_create(Issue(**row) for _ in range(999))
        assert "1,000 results" in text_of(browser.get(reverse(LIST), {"status": "open"}))
        make.issue(customer=customer)
        body = text_of(browser.get(reverse(LIST), {"status": "open"}))
        assert "more than 1,000 results" in body
        assert "The first 1,000: search or filter to find others." in body

    def test_an_empty_list_says_what_belongs_there(self, admin_client):
        ReplyTemplate.objects.all().delete()
        for name in ("issues_knowledgenote", "issues_apikey", "issues_replytemplate", "metrics_wallscreen"):
            page = admin_client.get(reverse(f"admin:{name}_changelist"))
            assert str(page.context["cl"].model_admin.nothing_yet) in text_of(page), name
        notes = reverse("admin:issues_knowledgenote_changelist")
        assert "nothing-yet" not in text_of(admin_client.get(notes, {"q": "preço"}))
        assert "nothing-yet" not in text_of(admin_client.get(notes, {"active__exact": "1"}))

    def test_lists_of_every_table_say_how_many_there_are(self, admin_client):
        for name in ("metrics_incident", "auth_user", "issues_issue"):
            page = admin_client.get(reverse(f"admin:{name}_changelist"))
            assert re.search(
                rf"\b{page.context['cl'].result_count}\s+\w", text_of(page).split('class="paginator"')[1]
            ), name

    def test_the_name_that_a_screen_says_leads_straight_to_the_issue(self, browser):
        issue = make.issue()
        assert browser.get(f"{reverse(LIST)}of/{issue.short}").url == page_of(issue)
        assert browser.get(f"{reverse(LIST)}of/000000").url == f"{reverse(LIST)}?q=%E2%80%A6000000"
        assert may_only("view_response").get(f"{reverse(LIST)}of/{issue.short}").status_code == 403

    def test_a_no_is_a_word_and_no_red_cross(self, browser):
        actions.record(make.issue(), Action.Kind.RECEIVED, by=actions.CUSTOMER)
        body = text_of(browser.get(reverse("admin:issues_action_changelist")))
        assert '<td class="field-automated">no</td>' in body
        assert "icon-no" not in body


class TestPage:
    def test_it_tells_the_whole_story(self, browser):
        issue = make.issue(customer=make.customer(phone="+5511987654321"))
        Message.objects.create(issue=issue, turn=1, text="Não entra <b>nada</b>", sent_at=make.NOW)
        response = make.response(
            issue, state=State.SENT, kind="ai", text="Olá, Ana!", sent_at=make.NOW + timedelta(seconds=2.1),
            delivery="read", delivered_at=make.NOW + timedelta(seconds=3), read_at=make.NOW + timedelta(seconds=9),
        )  # fmt: skip
        AICall.objects.create(
            response=response, prompt=make.prompt(), model="gemini-3.5-flash-lite", outcome="answered",
            started_at=make.NOW, latency_s=1.25, tokens_in=500, tokens_out=80, cost_usd=Decimal("0.00035"),
        )  # fmt: skip
        actions.record(issue, Action.Kind.RECEIVED, by=actions.CUSTOMER, response=response, at=make.NOW)
        actions.record(issue, Action.Kind.REPLIED, response=response, at=response.sent_at, how="ai")
        body = browser.get(page_of(issue)).content.decode()
        # 13:00:02.1 UTC is 10:00:02 in São Paulo.
        for told in (
            "10:00:02", "replied by AI", "2.1\N{NO-BREAK SPACE}s", "automatic", "Olá, Ana!", "gemini-3.5-flash-lite",
            "1.25", "0.000350", "read 10:00:09", "+55 11 •••• 4321", "answer to the customer v", "Não entra &lt;b&gt;nada&lt;/b&gt;",
        ):  # fmt: skip
            assert told in body, told
        assert "<b>nada" not in body
        assert body.count("read 10:00:09") == body.count("10:00:09") == 1

    def test_what_whatsapp_could_not_deliver_is_not_called_sent(self, browser):
        issue = make.issue()
        response = make.response(
            issue, state=State.SENT, kind="ai", text="Olá", sent_at=make.NOW, delivery="sent", channel_id="W1"
        )
        receipts.receipt("W1", Delivery.FAILED, make.NOW + timedelta(seconds=5))
        page = browser.get(page_of(issue))
        [said] = page.context["conversation"]
        assert (said.response, said.state, said.receipts) == (response, "not delivered", [])
        [failed] = [line for line in page.context["timeline"] if line.kind == "failed"]
        assert (failed.notes, failed.failed_quietly) == (["WhatsApp could not deliver the answer"], False)

    def test_what_a_person_wrote_and_never_went_out_says_so_and_has_no_time_left(self, browser):
        issue = make.issue()
        make.response(issue, state=State.HANDED_OVER, kind="human", text="Já vi", failure="Este número não existe")
        make.response(issue, turn=2, state=State.HANDED_OVER, kind="ai", text="Olá")
        make.response(issue, turn=3, state=State.WAITING, purpose="survey", deadline_at=make.NOW + timedelta(hours=1))
        page = browser.get(page_of(issue))
        assert [(said.state, said.failed, said.latest) for said in page.context["conversation"]] == [
            ("not sent", True, None), ("handed to a person", False, None), ("waiting", False, make.NOW + timedelta(hours=1)),
        ]  # fmt: skip
        body = text_of(page)
        assert '<span class="tag tag-bad"><span aria-hidden="true">◆</span> not sent</span>' in body
        assert body.count("by 11:00:00") == 1

    def test_a_failure_is_told_by_its_reason_or_in_a_word_and_by_no_code(self, browser):
        issue = make.issue()
        actions.record(issue, Action.Kind.ESCALATED, reason="This number is not on WhatsApp.", code="not_on_whatsapp")
        actions.record(issue, Action.Kind.FAILED, success=False, code="not_on_whatsapp")
        assert [line.notes for line in browser.get(page_of(issue)).context["timeline"]] == [
            ["This number is not on WhatsApp."], ["this number is not on WhatsApp"],
        ]  # fmt: skip

    def test_a_promise_names_its_day_only_where_it_is_another_one(self, browser):
        issue = make.issue(resolution_due_at=make.NOW + timedelta(days=1))
        assert [clock.due for clock in browser.get(page_of(issue)).context["clocks"]] == [
            "10:02:00", "11/21/2026 10:00",
        ]  # fmt: skip

    def test_times_are_of_24_hours_with_their_minutes(self, browser):
        assert "Nov. 20, 2026, 10:00" in text_of(browser.get(page_of(make.issue())))

    def test_a_persons_reply_took_as_long_as_the_customer_waited_for_it(self, browser, manager):
        issue = make.issue()
        for minutes in (0, 10, 30):
            at = make.NOW + timedelta(minutes=minutes)
            Message.objects.create(issue=issue, turn=1, text="Oi", sent_at=at)
        answered = make.NOW + timedelta(minutes=15)
        response = make.response(
            issue, turn=2, at=answered, state=State.SENT, kind="human", text="Já vi", sent_at=answered
        )
        actions.record(issue, Action.Kind.REPLIED, response=response, user=manager, at=answered, how="human")
        [line] = browser.get(page_of(issue)).context["timeline"]
        # The customer last wrote at 10 min, the reply went out at 15.
        assert line.notes == ["5\N{NO-BREAK SPACE}min"]
        assert words.line(issue.actions.get()).notes == []

    def test_a_long_story_takes_no_more_queries_than_a_short_one(self, browser):
        def queries(issue) -> int:
            with CaptureQueriesContext(connection) as seen:
                assert browser.get(page_of(issue)).status_code == 200
            return len(seen)

        def story(turns: int) -> Issue:
            issue = make.issue()
            for turn in range(1, turns + 1):
                Message.objects.create(issue=issue, turn=turn, text="Oi", sent_at=make.NOW)
                response = make.response(issue, turn=turn, state=State.SENT, kind="ai", text="Olá", sent_at=make.NOW)
                AICall.objects.create(
                    response=response, prompt=make.prompt(), model="m", outcome="answered",
                    started_at=make.NOW, latency_s=1,
                )  # fmt: skip
                actions.record(issue, Action.Kind.REPLIED, response=response, how="ai")
            return issue

        short, long = story(1), story(9)
        queries(short)
        assert queries(long) == queries(short)

    def test_a_notice_and_a_judgement_are_told_as_such(self, browser):
        issue = make.issue(status="resolved", resolved_at=make.NOW, resolution_basis="silence", rated_resolver="system")
        response = make.response(
            issue, state=State.SENT, kind="template", purpose="handover", text="Uma pessoa vem", sent_at=make.NOW
        )
        AICall.objects.create(
            issue=issue, prompt=make.prompt("triage"), model="judge-model", outcome="answered",
            started_at=make.NOW, latency_s=1,
        )  # fmt: skip
        actions.record(issue, Action.Kind.REPLIED, response=response, at=make.NOW, how="template", purpose="handover")
        actions.record(issue, Action.Kind.TRIAGED, resolved=False)
        actions.record(issue, Action.Kind.FELL_BACK, success=False, why=["late", "price"], to="template")
        actions.record(issue, Action.Kind.EDITED, why="told twice")
        page = browser.get(page_of(issue))
        body = page.content.decode()
        for told in (
            "notice that a person takes over",
            "judge-model",
            "judgement whether an issue is solved v1",
            "the customer wrote nothing more",
        ):
            assert told in body, told
        assert [line.notes[-2:] for line in page.context["timeline"]] == [
            ["0.0\N{NO-BREAK SPACE}s", "says that a person takes over"],
            ["it is not solved"],
            ["the AI was late", "the AI's answer named a price that is not written down"],
            ["the CRM and WhatsApp both told of it"],
        ]

    def test_nothing_of_an_issue_can_be_edited_added_or_deleted(self, admin_user):
        superuser = Client()
        superuser.force_login(admin_user)
        issue = make.issue()
        assert superuser.post(page_of(issue), {"status": "closed"}).status_code == 403
        assert superuser.get(reverse("admin:issues_issue_add")).status_code == 403
        assert superuser.post(reverse("admin:issues_issue_delete", args=[issue.pk]), {"post": "yes"}).status_code == 403
        issue.refresh_from_db()
        assert issue.status == "open"

    def test_only_work_that_makes_sense_is_offered(self, browser, manager):
        def offered(issue) -> set[str]:
            return {each.name for each in browser.get(page_of(issue)).context["works"]}

        running = {"reply", "escalate", "take", "assign", "resolve", "no-problem", "problem"}
        assert offered(make.issue()) == running
        assert offered(make.issue(assignee=manager)) == running - {"take"}
        ended = make.issue(status="resolved", resolved_at=make.NOW, false_positive=False)
        assert offered(ended) == {"no-problem", "reopen"}

    def test_the_pages_hold_no_script_or_style_of_their_own(self, browser):
        issue = make.issue()
        for address in (page_of(issue), reverse(LIST), reverse("admin:issues_issue_reply", args=[issue.pk])):
            body = browser.get(address).content.decode()
            assert not [found for found in ("style=", "onclick=", "<style", "<script>", "javascript:") if found in body]


class TestConsent:
    ADDRESS = "admin:issues_customer_changelist"

    def let_write(self, client, *customers):
        chosen = {"action": "let_automation_write", "_selected_action": [str(each.pk) for each in customers]}
        return client.post(reverse(self.ADDRESS), chosen, follow=True)

    def test_a_person_lets_automation_write_again_and_that_is_logged(self, browser, manager):
        silent, other = make.customer(opted_out_at=make.NOW), make.customer()
        assert "Automation may write to 1 customer again." in text_of(self.let_write(browser, silent, other))
        assert not Customer.objects.filter(opted_out_at__isnull=False).exists()
        entry = LogEntry.objects.get()
        assert (entry.user, entry.object_id) == (manager, str(silent.pk))
        assert "it was not to since 11/20/2026 10:00" in entry.get_change_message()

    def test_those_who_want_no_automatic_messages_can_be_listed(self, browser):
        silent, _other = make.customer(opted_out_at=make.NOW), make.customer()
        found = browser.get(reverse(self.ADDRESS), {"automatic": "no"})
        assert list(found.context["cl"].result_list) == [silent]

    def test_who_may_not_answer_customers_may_not_either(self):
        silent = make.customer(opted_out_at=make.NOW)
        self.let_write(may_only("view_customer"), silent)
        silent.refresh_from_db()
        assert silent.opted_out_at


class TestRecords:
    NAMES = ["customer", "message", "response", "action", "inboundevent", "aicall"]

    @pytest.fixture
    def rows(self):
        """One row of each kind, of one customer."""
        inbound = make.inbound(payload={"body": "<script>alert(1)</script>"}, phone="+5511987654321", name="Rui Braga")
        issue = Issue.objects.get(pk=ingest(inbound, now=make.NOW).issue_id)
        call = AICall.objects.create(
            response=issue.responses.get(), prompt=make.prompt(), model="m", outcome="late",
            started_at=make.NOW, latency_s=8,
        )  # fmt: skip
        return {
            "customer": issue.customer,
            "message": issue.messages.get(),
            "response": issue.responses.get(),
            "action": issue.actions.get(),
            "inboundevent": issue.events.get(),
            "aicall": call,
        }

    def test_a_call_that_judged_an_issue_is_found_and_seen_like_the_others(self, browser):
        issue = make.issue(customer=make.customer(phone="+5511987654321"))
        call = AICall.objects.create(
            issue=issue, prompt=make.prompt("triage"), model="m", outcome="late", started_at=make.NOW, latency_s=8
        )
        for typed in ("", "11 98765-4321", str(issue.pk)):
            found = browser.get(reverse("admin:issues_aicall_changelist"), {"q": typed})
            assert list(found.context["cl"].result_list) == [call], typed
        assert page_of(issue) in text_of(browser.get(reverse("admin:issues_aicall_change", args=[call.pk])))

    @pytest.mark.parametrize("name", NAMES)
    def test_each_is_found_and_seen_and_never_changed(self, browser, rows, name):
        row = rows[name]
        for typed in ("", "11 98765-4321", "braga"):
            found = browser.get(reverse(f"admin:issues_{name}_changelist"), {"q": typed})
            assert list(found.context["cl"].result_list) == [row], typed
        nobody = browser.get(reverse(f"admin:issues_{name}_changelist"), {"q": "11 98765-0000"})
        assert not nobody.context["cl"].result_list
        address = reverse(f"admin:issues_{name}_change", args=[row.pk])
        assert browser.get(address).status_code == 200
        assert browser.post(address, {}).status_code == 403
        assert browser.get(reverse(f"admin:issues_{name}_add")).status_code == 403

    def test_a_payload_is_shown_escaped(self, browser, rows):
        browser.post(reverse("admin:issues_inboundevent_contact", args=[rows["inboundevent"].pk]))
        body = browser.get(reverse("admin:issues_inboundevent_change", args=[rows["inboundevent"].pk])).content.decode()
        assert "&lt;script&gt;alert(1)" in body
        assert "<script>alert" not in body


class TestWords:
    @pytest.mark.parametrize(
        ("seconds", "told"),
        [
            (-3, "0,0 s"),
            (0.84, "0,8 s"),
            (9.94, "9,9 s"),
            (9.96, "10 s"),
            (59.4, "59 s"),
            (59.6, "1 min"),
            (80, "1 min 20 s"),
            (3600, "1 h"),
            (7500, "2 h 5 min"),
            (86_400 * 3 + 4 * 3600, "3 d 4 h"),
        ],
    )
    def test_durations_have_two_units_at_most(self, seconds, told):
        with override("pt-br"):
            assert words.duration(timedelta(seconds=seconds)).replace("\N{NO-BREAK SPACE}", " ") == told

    def test_a_reply_dropped_before_it_had_words_is_not_part_of_the_conversation(self):
        issue = make.issue()
        make.response(issue, state=State.CANCELLED)
        kept = make.response(issue, turn=2)
        found = said.conversation([], list(issue.responses.prefetch_related("ai_calls")))
        assert [each.response for each in found] == [kept]
