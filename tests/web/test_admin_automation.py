"""The admin of automation: policy, templates, prompts, keys, and who may touch them."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from issues.admin import automation
from issues.models import AICall, ApiKey, Policy, PromptVersion, ReplyTemplate
from mis_dashboard.models import Job
from tests.support import make
from tests.web.admin_tools import logged_in, manager_named, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager():
    return manager_named("bia")


@pytest.fixture
def browser(manager):
    return logged_in(manager)


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

    def test_the_last_resort_cannot_be_deleted(self, superuser):
        last = ReplyTemplate.objects.get(issue_type="", language="pt-BR")
        other = ReplyTemplate.objects.get(issue_type="billing", language="en")
        for template, status in ((last, 403), (other, 302)):
            address = reverse("admin:issues_replytemplate_delete", args=[template.pk])
            assert superuser.post(address, {"post": "yes"}).status_code == status
        together = {"action": "delete_selected", "_selected_action": [str(last.pk)], "post": "yes"}
        superuser.post(reverse("admin:issues_replytemplate_changelist"), together)
        assert ReplyTemplate.objects.filter(pk=last.pk).exists()


class TestPrompts:
    def add(self, browser, text: str, note: str = "Kinder"):
        return browser.post(reverse("admin:issues_promptversion_add"), {"name": "reply", "text": text, "note": note})

    @pytest.fixture
    def first(self) -> PromptVersion:
        return PromptVersion.objects.get()

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
        second = PromptVersion.objects.get(number=2)
        assert (second.created_by, second.active, second.note) == (manager, False, "Kinder")

    def test_a_wording_that_cannot_be_used_is_refused(self, browser, first):
        answer = self.add(browser, first.text + "{tone}")
        assert "{tone}" in str(answer.context["adminform"].form.errors["text"])
        assert PromptVersion.objects.count() == 1

    def test_putting_one_in_force_takes_the_others_place_and_is_logged(self, browser, manager, first):
        self.add(browser, first.text + "\nSeja gentil.")
        second = PromptVersion.objects.get(number=2)
        address = reverse("admin:issues_promptversion_activate", args=[second.pk])
        assert "+Seja gentil." in browser.get(address).content.decode()
        browser.post(address)
        assert list(PromptVersion.objects.filter(active=True)) == [second]
        entry = LogEntry.objects.first()
        assert (entry.user, entry.get_change_message()) == (manager, "in force: v1 → v2")

    def test_what_is_in_force_or_was_used_is_never_edited(self, browser, superuser, first):
        self.add(browser, first.text + "\nSeja gentil.")
        second = PromptVersion.objects.get(number=2)
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
        assert list(PromptVersion.objects.filter(active=True)) == [first]


class TestKeys:
    def test_a_new_key_is_shown_once_and_stored_nowhere(self, superuser):
        answer = superuser.post(reverse("admin:issues_apikey_add"), {"name": "n8n"})
        text = answer.context["text"]
        assert ApiKey.find(text).name == "n8n"
        assert "no-store" in answer["Cache-Control"]
        assert text not in str(answer.cookies)
        key = ApiKey.objects.get()
        later = superuser.get(reverse("admin:issues_apikey_change", args=[key.pk])).content.decode()
        assert text not in later
        assert key.digest not in later

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

    def test_they_delete_nothing(self, manager):
        assert not [p for p in manager.get_all_permissions() if ".delete_" in p or not p.startswith("issues.")]


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
