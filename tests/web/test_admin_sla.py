"""The admin of what is promised: versions that are read, and made anew instead of changed."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from issues import forms, promises
from issues.models import Calendar, SlaPolicy
from tests.support import make
from tests.web.admin_tools import logged_in, may_only, page_of, text_of

pytestmark = pytest.mark.django_db

ADD, LIST = reverse("admin:issues_slapolicy_add"), reverse("admin:issues_slapolicy_changelist")
ADD_HOURS = reverse("admin:issues_calendar_add")
WEEK = [[["09:00", "12:00"], ["13:00", "18:00"]]] * 5 + [[], []]


def promise(**changes) -> dict:
    """What a person writes into the form: medium, everywhere, 1 minute and 3 hours, from now on."""
    given = {
        "priority": "medium",
        "location": "",
        "response_s": "1 min",
        "resolution_s": "3 h",
        "since_0": "",
        "since_1": "",
    }
    return given | changes


def hours(**changes) -> dict:
    days = dict.fromkeys(list(forms.WEEKDAYS)[:5], "09:00-12:00, 13:00-18:00")
    return (
        {"name": "Office", "zone": "America/Sao_Paulo", "holidays": "on", "state": "SP", "days_off": ""}
        | days
        | changes
    )


def office(**changes) -> Calendar:
    given = {"name": "Office", "number": 1, "zone": "America/Sao_Paulo", "week": WEEK, "holidays": False}
    return Calendar.objects.create(**(given | changes))


def page(row) -> str:
    return reverse(f"admin:issues_{row._meta.model_name}_change", args=[row.pk])


def errors(answer) -> dict:
    return answer.context["adminform"].form.errors


class TestPolicies:
    def test_a_new_version_is_in_force_at_once_and_says_who_made_it(self, browser, manager):
        began = timezone.now()
        assert browser.post(ADD, promise(note="Faster")).status_code == 302
        made = promises.in_force("medium", "loc1", timezone.now())
        assert (made.response_s, made.resolution_s, made.made_by, made.note) == (60, 10_800, manager, "Faster")
        assert began <= made.since <= timezone.now()
        assert SlaPolicy.objects.filter(priority="medium").count() == 2

    def test_the_log_tells_the_values_before_and_after(self, browser, manager):
        browser.post(ADD, promise(resolution_s="4 h"))
        entry = LogEntry.objects.get()
        assert entry.user == manager
        assert entry.get_change_message().replace("\N{NO-BREAK SPACE}", " ") == "First response within: 2 min → 1 min"

    def test_a_new_version_begins_as_the_one_it_follows(self, browser):
        low = SlaPolicy.objects.get(priority="low")
        form = browser.get(f"{ADD}?of={low.pk}").context["adminform"].form
        assert (form["priority"].value(), form["response_s"].value()) == ("low", "5\N{NO-BREAK SPACE}min")
        assert not form["since"].value()
        assert f"{ADD}?of={low.pk}" in text_of(browser.get(page(low)))
        assert browser.get(f"{ADD}?of=nonsense").status_code == 200

    def test_it_may_begin_later_and_never_before_now(self, browser):
        tomorrow = timezone.localtime() + timedelta(days=1)
        later = {"since_0": tomorrow.date().isoformat(), "since_1": "08:00:00"}
        assert browser.post(ADD, promise(**later)).status_code == 302
        assert promises.in_force("medium", "loc1", timezone.now()).response_s == 120
        answer = browser.post(ADD, promise(since_0="2026-01-01", since_1="08:00:00"))
        assert "What was promised before now" in str(errors(answer)["since"])

    @pytest.mark.parametrize(
        ("written", "seconds"),
        [("30 s", 30), ("2min", 120), ("1 h 30 min", 5400), ("4H", 14_400), ("1 h 1 s", 3601), (" 90 s ", 90)],
    )
    def test_a_target_is_written_as_people_write_it(self, written, seconds):
        assert forms.TargetField().clean(written) == seconds
        assert forms.TargetField().clean(forms.TargetField.spelled(seconds)) == seconds

    @pytest.mark.parametrize("written", ["", "0 s", "30", "soon", "-5 min", "2 min 1 h", "9000 h"])
    def test_what_is_no_length_of_time_is_refused(self, browser, written):
        assert errors(browser.post(ADD, promise(response_s=written)))["response_s"]

    def test_business_hours_need_a_calendar(self, browser):
        assert errors(browser.post(ADD, promise(resolution_in_hours="on")))["calendar"]
        assert browser.post(ADD, promise(resolution_in_hours="on", calendar=office().pk)).status_code == 302
        assert promises.in_force("medium", "", timezone.now()).resolution_hours is not None

    def test_a_location_gets_targets_of_its_own_and_gives_them_up_again(self, browser):
        browser.post(ADD, promise(location="loc1"))
        assert [promises.in_force("medium", at, timezone.now()).response_s for at in ("loc1", "loc2")] == [60, 120]
        browser.post(ADD, promise(location="loc1", withdrawn="on"))
        assert promises.in_force("medium", "loc1", timezone.now()).response_s == 120
        assert errors(browser.post(ADD, promise(withdrawn="on")))["withdrawn"]

    def test_the_list_begins_with_what_is_in_force(self, browser):
        now = timezone.now()
        for minutes in (-2, -1, 60):
            given = {"priority": "critical", "response_s": 10, "resolution_s": 60}
            SlaPolicy.objects.create(**given, since=now + timedelta(minutes=minutes), note=str(minutes))
        rows = browser.get(LIST).context["cl"].result_list
        assert [(row.priority, row.standing, row.note) for row in rows] == [
            ("critical", 0, "-1"), ("high", 0, ""), ("medium", 0, ""), ("low", 0, ""),
            ("critical", 1, "60"),
            ("critical", 2, "-2"), ("critical", 2, ""),
        ]  # fmt: skip
        assert [row.note for row in browser.get(f"{LIST}?standing=1").context["cl"].result_list] == ["60"]

    def test_all_versions_are_on_the_page_of_each(self, browser):
        first = SlaPolicy.objects.get(priority="medium")
        browser.post(ADD, promise(note="Faster"))
        body = text_of(browser.get(page(first))).replace("\N{NO-BREAK SPACE}", " ")
        assert "1 min · 3 h · bia · Faster" in body
        assert "always</a>: 2 min · 4 h" in body
        assert "replaced" in body

    def test_no_version_can_be_changed_or_deleted_in_the_admin(self, admin_user):
        superuser, row = logged_in(admin_user), SlaPolicy.objects.get(priority="low")
        assert superuser.post(page(row), promise(priority="low")).status_code == 403
        assert (
            superuser.post(reverse("admin:issues_slapolicy_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
        )

    def test_who_may_only_look_makes_none(self):
        looker = may_only("view_slapolicy", "view_calendar")
        assert looker.get(LIST).status_code == 200
        assert looker.post(ADD, promise()).status_code == 403
        assert looker.get(reverse("admin:issues_slapolicy_preview")).status_code == 403
        assert looker.post(ADD_HOURS, hours()).status_code == 403

    def test_the_page_of_an_issue_leads_to_the_version_it_began_with(self, browser):
        policy = SlaPolicy.objects.get(priority="medium")
        assert page(policy) in text_of(browser.get(page_of(make.issue(sla_policy=policy))))


class TestPreview:
    """What is shown is what an issue would get that came on Friday, 27 November 2026, at 17:30 in São Paulo."""

    @pytest.fixture(autouse=True)
    def _friday(self, monkeypatch):
        monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 11, 27, 20, 30, tzinfo=UTC))

    def preview(self, browser, **changes) -> str:
        return browser.get(reverse("admin:issues_slapolicy_preview"), promise(**changes)).json()["text"]

    def test_it_is_the_deadlines_of_an_issue_that_comes_now(self, browser):
        told = self.preview(browser, resolution_s="2 h", resolution_in_hours="on", calendar=str(office().pk))
        assert told == "first response by Friday, 11/27/2026 17:31:00, resolution by Monday, 11/30/2026 10:30:00"

    def test_while_something_is_missing_there_is_none_and_nothing_is_stored(self, browser):
        assert self.preview(browser, response_s="") == ""
        self.preview(browser)
        assert SlaPolicy.objects.count() == 4

    def test_the_form_asks_for_it_and_the_page_has_it(self, browser):
        assert f'data-preview="{reverse("admin:issues_slapolicy_preview")}"' in text_of(browser.get(ADD))
        body = text_of(browser.get(page(SlaPolicy.objects.get(priority="critical"))))
        assert "first response by Friday, 11/27/2026 17:30:30" in body


class TestBusinessHours:
    def test_hours_are_written_a_day_at_a_time(self, browser, manager):
        given = hours(saturday="8:00–12:00", days_off="2026-02-16\n2026-12-24\n")
        assert browser.post(ADD_HOURS, given).status_code == 302
        made = Calendar.objects.get()
        assert made.week == [[["09:00", "12:00"], ["13:00", "18:00"]]] * 5 + [[["08:00", "12:00"]], []]
        assert (made.name, made.number, made.state, made.made_by) == ("Office", 1, "SP", manager)
        assert made.days_off == ["2026-02-16", "2026-12-24"]
        body = text_of(browser.get(page(made)))
        assert "Monday: 09:00-12:00, 13:00-18:00" in body
        assert "São Paulo" in body

    @pytest.mark.parametrize(
        ("changes", "field", "said"),
        [
            ({"monday": "09:00-12:00, 11:00-18:00"}, "monday", "overlap"),
            ({"friday": "18:00-09:00"}, "friday", "ends before it begins"),
            ({"friday": "22:00-02:00"}, "friday", "Across midnight it is two"),
            ({"friday": "9 to 5"}, "friday", "is no interval"),
            ({"friday": "09:00-25:00"}, "friday", "is no time of day"),
            ({"zone": "America/Sampa"}, "zone", "no time zone"),
            ({"days_off": "Christmas"}, "days_off", "valid date"),
            (dict.fromkeys(forms.WEEKDAYS, ""), "monday", "no business hours"),
        ],
    )
    def test_what_nobody_can_keep_is_refused_where_it_is_written(self, browser, changes, field, said):
        assert said in str(errors(browser.post(ADD_HOURS, hours(**changes)))[field])
        assert not Calendar.objects.exists()

    def test_a_new_version_begins_as_the_one_it_follows_and_keeps_its_name(self, browser):
        first = office(days_off=["2026-12-24"], zone="America/Manaus")
        address = f"{ADD_HOURS}?of={first.pk}"
        form = browser.get(address).context["adminform"].form
        assert (form["zone"].value(), form["monday"].value()) == ("America/Manaus", "09:00-12:00, 13:00-18:00")
        assert (form["saturday"].value(), form["days_off"].value()) == ("", "2026-12-24")
        assert browser.post(address, hours(name="Other", monday="")).status_code == 302
        second = Calendar.objects.get(number=2)
        assert (second.name, second.week[0], first.week[0]) == ("Office", [], WEEK[0])

    def test_a_name_that_is_taken_is_no_new_one(self, browser):
        office()
        assert "New version" in str(errors(browser.post(ADD_HOURS, hours()))["name"])

    def test_what_counts_by_them_counts_by_the_new_version_from_now_on(self, browser, manager):
        first, now = office(), timezone.now()
        given = {
            "priority": "low",
            "response_s": 300,
            "resolution_s": 7200,
            "resolution_in_hours": True,
            "calendar": first,
        }
        was = SlaPolicy.objects.create(**given, since=now - timedelta(days=1))
        later = SlaPolicy.objects.create(**given | {"resolution_s": 60}, since=now + timedelta(days=1))
        SlaPolicy.objects.create(**given, location="loc9", since=now - timedelta(days=2))
        SlaPolicy.objects.create(**given, location="loc9", since=now - timedelta(days=1), withdrawn=True)
        answer = browser.post(f"{ADD_HOURS}?of={first.pk}", hours(monday=""), follow=True)
        assert "2 SLA policies count by this calendar from now on." in text_of(answer)
        second = Calendar.objects.get(number=2)
        moved = promises.in_force("low", "loc1", timezone.now())
        assert (moved.calendar, moved.resolution_s, moved.made_by, moved.note) == (second, 7200, manager, "Office v2")
        assert promises.in_force("low", "loc1", now - timedelta(hours=1)) == was
        tomorrow = promises.in_force("low", "loc1", later.since)
        assert (tomorrow.calendar, tomorrow.resolution_s) == (second, 60)

    def test_policies_are_offered_the_newest_version_only(self, browser):
        office()
        newest = office(number=2)
        offered = browser.get(ADD).context["adminform"].form.fields["calendar"].queryset
        assert list(offered) == [newest]
        rows = browser.get(reverse("admin:issues_calendar_changelist")).context["cl"].result_list
        assert [(row.number, row.is_newest) for row in rows] == [(2, True), (1, False)]
