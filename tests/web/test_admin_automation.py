"""The admin of automation: policy, templates, prompts, keys, and who may touch them."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from issues.admin import automation
from issues.models import (
    AICall,
    ApiKey,
    Breaker,
    ChannelState,
    KnowledgeNote,
    Policy,
    PromptVersion,
    ReplyTemplate,
)
from mis_dashboard.models import Job
from tests.support import make
from tests.web.admin_tools import logged_in, manager_named, may_only, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def superuser(admin_user):
    return logged_in(admin_user)


class TestPolicy:
    def values(self, **changes) -> dict:
        policy = Policy.objects.get()
        values = {name: getattr(policy, name) for name in Policy.names()} | changes
        return {name: value for name, value in values.items() if value is not False}

    def test_the_list_leads_to_the_one_policy(self, browser):
        answer = browser.get(reverse("admin:issues_policy_changelist"))
        assert answer.url == reverse("admin:issues_policy_change", args=[1])
        assert browser.get(answer.url).status_code == 200

    def test_a_change_is_logged_with_its_values_and_its_author(self, browser, manager):
        browser.post(reverse("admin:issues_policy_change", args=[1]), self.values(attempts=5, muted="on"))
        assert (Policy.objects.get().attempts, Policy.objects.get().muted) == (5, True)
        entry = LogEntry.objects.get()
        assert entry.user == manager
        assert "AI attempts: 3 → 5" in entry.get_change_message()
        assert "Muted: No → Yes" in entry.get_change_message()

    def test_silence_and_ratings_are_part_of_it(self, browser):
        address = reverse("admin:issues_policy_change", args=[1])
        browser.post(address, self.values(auto_resolve_after_minutes=30, ask_csat=False))
        assert (Policy.objects.get().auto_resolve_after_minutes, Policy.objects.get().ask_csat) == (30, False)

    def test_a_value_out_of_range_is_refused_in_the_form(self, browser):
        answer = browser.post(reverse("admin:issues_policy_change", args=[1]), self.values(attempts=99))
        assert answer.context["adminform"].form.errors["attempts"]
        assert Policy.objects.get().attempts == 3


class TestTemplates:
    def test_a_placeholder_that_nothing_fills_is_refused(self, browser):
        template = ReplyTemplate.objects.get(issue_type="billing", language="en")
        address = reverse("admin:issues_replytemplate_change", args=[template.pk])
        answer = browser.post(address, {"issue_type": "billing", "language": "en", "text": "Hello, {nome}!"})
        assert "{nome}" in str(answer.context["adminform"].form.errors["text"])

    def test_the_preview_is_what_the_customer_reads(self, browser):
        template = ReplyTemplate.objects.create(issue_type="refund", language="en", text="Hello, {name}! <i>{type}</i>")
        body = browser.get(reverse("admin:issues_replytemplate_change", args=[template.pk])).content.decode()
        assert "Hello, Maria! &lt;i&gt;refund&lt;/i&gt;" in body
        assert "Hello! &lt;i&gt;refund&lt;/i&gt;" in body

    def test_titles_are_words_and_the_type_is_chosen_among_those_known(self, browser):
        other = ReplyTemplate.objects.create(issue_type="vip_lead", language="en", text="Hello!")
        titles = text_of(browser.get(reverse("admin:issues_replytemplate_changelist")))
        for title in ("Any type (Portuguese)", "Payment failed (English)", "Vip lead (English)"):
            assert title in titles, title
        page = browser.get(reverse("admin:issues_replytemplate_change", args=[other.pk]))
        assert page.context["subtitle"] == "Vip lead (English)"
        types = dict(page.context["adminform"].form.fields["issue_type"].choices)
        assert (types[""], types["billing"], types["vip_lead"]) == ("Any type", "Billing", "Vip lead")
        new = browser.get(reverse("admin:issues_replytemplate_add")).context["adminform"].form
        assert "vip_lead" not in dict(new.fields["issue_type"].choices)

    def test_a_template_made_for_another_type_keeps_it_when_its_text_changes(self, browser):
        other = ReplyTemplate.objects.create(issue_type="vip_lead", language="en", text="Hello!")
        address = reverse("admin:issues_replytemplate_change", args=[other.pk])
        assert browser.post(address, {"issue_type": "vip_lead", "language": "en", "text": "Hi!"}).status_code == 302
        other.refresh_from_db()
        assert (other.issue_type, other.text) == ("vip_lead", "Hi!")
        assert browser.post(address, {"issue_type": "unheard_of", "language": "en", "text": "Hi!"}).status_code == 200

    def test_the_last_resort_and_the_notices_cannot_be_deleted(self, superuser):
        last = ReplyTemplate.objects.get(occasion="", issue_type="", language="pt-BR")
        notice = ReplyTemplate.objects.get(occasion="self_harm", language="en")
        other = ReplyTemplate.objects.get(issue_type="billing", language="en")
        for template, status in ((last, 403), (notice, 403), (other, 302)):
            address = reverse("admin:issues_replytemplate_delete", args=[template.pk])
            assert superuser.post(address, {"post": "yes"}).status_code == status
        together = {"action": "delete_selected", "_selected_action": [str(last.pk)], "post": "yes"}
        superuser.post(reverse("admin:issues_replytemplate_changelist"), together)
        assert ReplyTemplate.objects.filter(pk=last.pk).exists()

    def test_the_last_resort_and_the_notices_cannot_become_something_else(self, browser):
        for name, values in (("opt_out", {}), ("", {"issue_type": ""})):
            template = ReplyTemplate.objects.get(occasion=name, language="en", **values)
            address = reverse("admin:issues_replytemplate_change", args=[template.pk])
            given = {"occasion": "legal", "issue_type": "billing", "language": "pt-BR", "text": "Bye, {name}."}
            assert browser.post(address, given).status_code == 302
            template.refresh_from_db()
            assert (template.occasion, template.issue_type, template.language) == (name, "", "en")
            assert template.text == "Bye, {name}."

    def test_what_is_said_on_an_occasion_is_said_whatever_the_type(self, browser):
        ReplyTemplate.objects.filter(occasion="person", language="en").delete()
        address = reverse("admin:issues_replytemplate_add")
        given = {"occasion": "person", "issue_type": "billing", "language": "en", "text": "Hello, {name}!"}
        assert browser.post(address, given).context["adminform"].form.errors["issue_type"]
        assert browser.post(address, given | {"issue_type": ""}).status_code == 302
        assert ReplyTemplate.objects.get(occasion="person", language="en").text == "Hello, {name}!"

    def test_notices_are_listed_by_their_occasion(self, browser):
        page = browser.get(reverse("admin:issues_replytemplate_changelist"), {"occasion__exact": "self_harm"})
        assert len(page.context["cl"].result_list) == 2
        assert "The customer may be in danger (Portuguese)" in text_of(page)


class TestPrompts:
    def add(self, browser, text: str, note: str = "Kinder"):
        return browser.post(reverse("admin:issues_promptversion_add"), {"name": "reply", "text": text, "note": note})

    @pytest.fixture
    def first(self) -> PromptVersion:
        return make.prompt()

    def test_a_wording_that_nobody_here_wrote_has_no_author(self, browser, first):
        assert first.created_by is None
        pages = (
            browser.get(reverse("admin:issues_promptversion_changelist")),
            browser.get(reverse("admin:issues_promptversion_change", args=[first.pk])),
        )
        assert not [page for page in pages if "None" in text_of(page)]

    def test_a_new_wording_begins_as_the_one_in_force(self, browser, first):
        form = browser.get(reverse("admin:issues_promptversion_add")).context["adminform"].form
        assert form["text"].value() == first.text

    def test_a_new_wording_is_the_next_version_and_not_in_force(self, browser, manager, first):
        self.add(browser, first.text + "\nSeja gentil.")
        second = PromptVersion.objects.get(note="Kinder")
        assert (second.created_by, second.active, second.number) == (manager, False, first.number + 1)

    def test_a_wording_that_cannot_be_used_is_refused(self, browser, first):
        answer = self.add(browser, first.text + "{tone}")
        assert "{tone}" in str(answer.context["adminform"].form.errors["text"])
        assert PromptVersion.objects.first() == first

    def test_putting_one_in_force_takes_the_others_place_and_is_logged(self, browser, manager, first):
        self.add(browser, first.text + "\nSeja gentil.")
        second = PromptVersion.objects.get(note="Kinder")
        address = reverse("admin:issues_promptversion_activate", args=[second.pk])
        assert "+Seja gentil." in browser.get(address).content.decode()
        browser.post(address)
        assert make.prompt() == second
        entry = LogEntry.objects.first()
        assert (entry.user, entry.get_change_message()) == (manager, f"in force: v{first.number} → v{second.number}")

    def test_what_is_in_force_or_was_used_is_never_edited(self, browser, superuser, first):
        self.add(browser, first.text + "\nSeja gentil.")
        second = PromptVersion.objects.get(note="Kinder")
        change = {"text": first.text + "\nOutro.", "note": ""}
        for client in (browser, superuser):
            address = reverse("admin:issues_promptversion_change", args=[first.pk])
            assert client.post(address, change).status_code == 403
        draft = reverse("admin:issues_promptversion_change", args=[second.pk])
        assert browser.post(draft, change).status_code == 302
        AICall.objects.create(
            response=make.response(make.issue()), prompt=second, model="m", outcome="late", started_at=make.NOW,
            latency_s=1,
        )  # fmt: skip
        assert browser.post(draft, change).status_code == 403
        assert browser.get(draft).status_code == 200

    def test_a_wording_that_became_unusable_cannot_be_put_in_force(self, browser, first):
        broken = PromptVersion(name="reply", text="{tone}")
        automation.add_version(broken, None)
        browser.post(reverse("admin:issues_promptversion_activate", args=[broken.pk]))
        assert make.prompt() == first

    def test_each_prompt_has_versions_and_a_version_in_force_of_its_own(self, browser, first):
        triage = make.prompt("triage")
        new = reverse("admin:issues_promptversion_add") + "?name=triage"
        form = browser.get(new).context["adminform"].form
        assert (form["name"].value(), form["text"].value()) == ("triage", triage.text)
        given = {"name": "triage", "text": triage.text + "\nSeja breve.", "note": "Shorter"}
        browser.post(new, given)
        second = PromptVersion.objects.get(note="Shorter")
        assert (second.name, second.number) == ("triage", triage.number + 1)
        browser.post(reverse("admin:issues_promptversion_activate", args=[second.pk]))
        assert (make.prompt("triage"), make.prompt()) == (second, first)
        found = browser.get(reverse("admin:issues_promptversion_changelist"), {"name": "triage"})
        assert set(found.context["cl"].result_list) == {triage, second}

    def test_a_version_leads_to_the_next_one_of_its_prompt(self, browser):
        page = browser.get(reverse("admin:issues_promptversion_change", args=[make.prompt("triage").pk]))
        assert reverse("admin:issues_promptversion_add") + "?name=triage" in text_of(page)

    def test_a_judgement_has_no_types_to_choose_and_no_length_to_keep(self, browser):
        triage = make.prompt("triage")
        given = {"name": "triage", "text": triage.text + "{max_chars}", "note": ""}
        answer = browser.post(reverse("admin:issues_promptversion_add"), given)
        assert "{max_chars}" in str(answer.context["adminform"].form.errors["text"])

    def test_a_prompt_that_nobody_asks_is_refused(self, browser, first):
        given = {"name": "poem", "text": first.text, "note": ""}
        answer = browser.post(reverse("admin:issues_promptversion_add"), given)
        assert answer.context["adminform"].form.errors["name"]


class TestKnowledge:
    LIST, ADD = "admin:issues_knowledgenote_changelist", "admin:issues_knowledgenote_add"

    def given(self, **changes) -> dict:
        return {"title": "Horários", "location": "", "text": "Das 8h às 18h", "active": "on"} | changes

    def change(self, note) -> str:
        return reverse("admin:issues_knowledgenote_change", args=[note.pk])

    def test_who_wrote_it_last_is_kept_with_what_it_was_before(self, browser, manager):
        browser.post(reverse(self.ADD), self.given())
        note = KnowledgeNote.objects.get()
        assert (note.updated_by, note.active, note.location) == (manager, True, "")
        other = manager_named("caio")
        logged_in(other).post(self.change(note), self.given(text="Das 9h às 18h"))
        note.refresh_from_db()
        assert note.updated_by == other
        assert LogEntry.objects.first().get_change_message() == "Text: Das 8h às 18h → Das 9h às 18h"

    @pytest.mark.parametrize(
        ("name", "value"),
        [("text", "x" * (KnowledgeNote.LONGEST + 1)), ("text", "Custa {preço}"), ("title", "{name}"), ("text", "")],
    )
    def test_what_the_ai_could_not_use_is_refused(self, browser, name, value):
        answer = browser.post(reverse(self.ADD), self.given(**{name: value}))
        assert answer.context["adminform"].form.errors[name]
        assert not KnowledgeNote.objects.exists()

    def test_the_page_shows_what_the_ai_reads_at_that_location(self, browser):
        KnowledgeNote.objects.create(title="Todos", text="R$ 1")
        KnowledgeNote.objects.create(title="Outra", text="R$ 2", location="loc2")
        note = KnowledgeNote.objects.create(title="Preços", text="<b>R$ 3</b>", location="loc1")
        page = text_of(browser.get(self.change(note)))
        assert "# Preços\n‹b›R$ 3‹/b›\n\n# Todos\nR$ 1" in page
        assert "R$ 2" not in page
        assert "must not claim" in page

    def test_the_author_is_told_which_notes_have_no_room(self, browser):
        for title in ("A", "B", "C"):
            KnowledgeNote.objects.create(title=title, text="x" * 3900, location="loc1")
        answer = browser.post(reverse(self.ADD), self.given(location="loc1"), follow=True)
        assert "no room" not in text_of(answer)
        answer = browser.post(reverse(self.ADD), self.given(title="Z", location="loc1", text="y" * 900), follow=True)
        assert "The AI is not told of: Z." in text_of(answer)

    def test_notes_are_narrowed_down_by_reach_location_and_use(self, browser):
        common = KnowledgeNote.objects.create(title="Todos", text="R$ 1")
        own = KnowledgeNote.objects.create(title="Preços", text="R$ 2", location="loc1", active=False)
        for wanted, found in (
            ({"reach": "all"}, [common]), ({"location": "loc1"}, [own]), ({"active__exact": "0"}, [own]),
            ({"q": "preços"}, [own]), ({"q": "R$ 1"}, [common]),
        ):  # fmt: skip
            page = browser.get(reverse(self.LIST), wanted)
            assert list(page.context["cl"].result_list) == found, wanted


class TestOutside:
    def test_managers_see_how_models_and_whatsapp_stand_and_change_nothing(self, browser):
        Breaker.objects.create(model="gemini-a", failures=3, reason="late", opened_at=make.NOW)
        Breaker.objects.create(model="gemini-b", busy_until=timezone.now() + timedelta(minutes=1), reason="busy")
        Breaker.objects.create(model="gemini-c", busy_until=make.NOW)
        ChannelState.objects.create(instance="loja", state="close", changed_at=make.NOW, checked_at=make.NOW)
        models = text_of(browser.get(reverse("admin:issues_breaker_changelist")))
        for told in ("tried once each 30 s", "the AI was late", "left alone, as it asked to be"):
            assert told in models, told
        assert "not connected" in text_of(browser.get(reverse("admin:issues_channelstate_changelist")))
        for name, pk in (("breaker", "gemini-a"), ("channelstate", "loja")):
            assert browser.post(reverse(f"admin:issues_{name}_change", args=[pk]), {}).status_code == 403
            assert browser.get(reverse(f"admin:issues_{name}_add")).status_code == 403

    def test_they_are_closed_to_who_may_not_see_the_policy(self):
        assert may_only("view_issue").get(reverse("admin:issues_breaker_changelist")).status_code == 403


class TestKeys:
    def test_a_new_key_is_shown_once_and_stored_nowhere(self, superuser):
        answer = superuser.post(reverse("admin:issues_apikey_add"), {"name": "n8n"})
        text = answer.context["text"]
        assert ApiKey.find(text).name == "n8n"
        assert "no-store" in answer["Cache-Control"]
        assert text not in str(answer.cookies)
        key = ApiKey.objects.get()
        assert not key.trusted
        later = superuser.get(reverse("admin:issues_apikey_change", args=[key.pk])).content.decode()
        assert text not in later
        assert key.digest not in later

    def test_a_program_that_sends_by_itself_is_trusted_from_the_start(self, superuser):
        superuser.post(reverse("admin:issues_apikey_add"), {"name": "n8n", "trusted": "on"})
        assert ApiKey.objects.get().trusted
        assert "sends by itself" in text_of(superuser.get(reverse("admin:issues_apikey_changelist"))).lower()

    def test_a_taken_name_is_refused_in_the_form(self, superuser):
        ApiKey.issue("n8n")
        answer = superuser.post(reverse("admin:issues_apikey_add"), {"name": "n8n"})
        assert answer.context["adminform"].form.errors["name"]
        assert ApiKey.objects.count() == 1

    def test_a_revoked_key_opens_nothing(self, superuser):
        key, text = ApiKey.issue("n8n")
        address = reverse("admin:issues_apikey_revoke", args=[key.pk])
        assert superuser.get(address).status_code == 200
        assert ApiKey.find(text) == key
        superuser.post(address)
        assert ApiKey.find(text) is None
        first_time = ApiKey.objects.get().revoked_at
        superuser.post(address)
        assert ApiKey.objects.get().revoked_at == first_time
        assert LogEntry.objects.count() == 1

    def test_a_key_is_never_deleted(self, superuser):
        key, _text = ApiKey.issue("n8n")
        address = reverse("admin:issues_apikey_delete", args=[key.pk])
        assert superuser.post(address, {"post": "yes"}).status_code == 403


class TestManagers:
    def test_they_see_issues_and_automation_but_not_users_or_keys(self, browser):
        body = browser.get(reverse("admin:index"))
        seen = {model["object_name"] for app in body.context["app_list"] for model in app["models"]}
        assert {"Issue", "Response", "Action", "Customer", "Policy", "ReplyTemplate", "PromptVersion"} <= seen
        assert not seen & {"ApiKey", "User", "Group"}

    @pytest.mark.parametrize("name", ["apikey_changelist", "apikey_add"])
    def test_keys_are_closed_to_them(self, browser, name):
        assert browser.get(reverse(f"admin:issues_{name}")).status_code == 403

    def test_a_key_cannot_be_revoked_by_them(self, browser):
        key, text = ApiKey.issue("n8n")
        assert browser.post(reverse("admin:issues_apikey_revoke", args=[key.pk])).status_code == 403
        assert ApiKey.find(text) == key

    def test_they_delete_nothing_but_knowledge_notes(self, manager):
        mine = manager.get_all_permissions()
        assert [p for p in mine if ".delete_" in p] == ["issues.delete_knowledgenote"]
        assert {p.partition(".")[0] for p in mine} == {"issues", "metrics"}


class TestQueue:
    def test_a_job_that_was_given_up_is_seen_and_cannot_be_touched(self, superuser):
        dead = Job.objects.create(name="respond", dead=True, error="OperationalError", attempts=3)
        Job.objects.create(name="respond")
        found = superuser.get(reverse("admin:mis_dashboard_job_changelist"), {"dead__exact": "1"})
        assert list(found.context["cl"].result_list) == [dead]
        assert superuser.post(reverse("admin:mis_dashboard_job_change", args=[dead.pk]), {}).status_code == 403
        assert superuser.post(reverse("admin:mis_dashboard_job_delete", args=[dead.pk])).status_code == 403

    def test_the_librarys_own_pages_are_gone(self, superuser):
        assert superuser.get("/admin/django_q/schedule/").status_code == 404
