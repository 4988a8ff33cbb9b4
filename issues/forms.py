"""What people write in the admin, checked before a stage acts on it."""

import re
from datetime import date

from django import forms
from django.contrib.admin.widgets import AdminSplitDateTime
from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.text import capfirst, format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from . import deadlines, wording
from .ai import prompts
from .models import ApiKey, Calendar, KnowledgeNote, PromptVersion, ReplyTemplate, SlaPolicy
from .models.sla import LONGEST_TARGET_S

# What one WhatsApp message can hold.
LONGEST_REPLY = 4096
LONGEST_NOTES = 5000


def staff():
    """Those who can own an issue, by their user names."""
    return get_user_model().objects.filter(is_active=True, is_staff=True).order_by("username")


class PersonField(forms.ModelChoiceField):
    """A person who works here: active, and with a way into the admin."""

    default_error_messages = {"invalid_choice": _("Nobody here has this user name: choose a person from the list.")}

    def __init__(self, **kwargs):
        super().__init__(queryset=staff(), **kwargs)

    def label_from_instance(self, person) -> str:
        full = person.get_full_name()
        return f"{full} ({person.get_username()})" if full else person.get_username()


class Confirm(forms.Form):
    """Nothing to write: pressing the button is the answer."""


class Escalate(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=_("Why a person has to take over."),
    )
    to = PersonField(label=_("To whom"), required=False, empty_label=_("whoever takes it"))


class Assign(forms.Form):
    to = PersonField(label=_("To whom"))


class Take(forms.Form):
    """`owner` is whose the issue was, by user name, as the person saw it; empty: nobody's."""

    owner = forms.CharField(required=False, widget=forms.HiddenInput)


class Reply(forms.Form):
    """`turn` is the turn that this reply begins, as the writer saw it: a reply sent twice names the same one twice."""

    text = forms.CharField(
        label=_("Your words to the customer"),
        max_length=LONGEST_REPLY,
        widget=forms.Textarea(attrs={"rows": 5, "class": "vLargeTextField"}),
        help_text=_("Sent by WhatsApp as it stands. Automatic answers that have not gone out yet are dropped."),
    )
    turn = forms.IntegerField(widget=forms.HiddenInput)


class Resolve(forms.Form):
    notes = forms.CharField(
        label=_("Notes"),
        required=False,
        max_length=LONGEST_NOTES,
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        help_text=_("How it was solved. The customer does not see this."),
    )


class Assess(forms.Form):
    """What one of us thinks of a reply that was sent: `response` is which. The customer is not told."""

    response = forms.UUIDField(widget=forms.HiddenInput)
    good = forms.TypedChoiceField(
        label=_("How was this reply?"),
        choices=[("yes", _("good")), ("no", _("not good"))],
        coerce=lambda answer: answer == "yes",
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=_("Why"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=_("For those who improve the replies. Without names and numbers of customers."),
    )


class NewApiKey(forms.ModelForm):
    class Meta:
        model = ApiKey
        fields = ["name", "trusted"]


class Template(forms.ModelForm):
    """The type is one of those that the AI tells apart, or any; a template made for another one keeps it.

    What is said on an occasion is said whatever the type.
    """

    issue_type = forms.ChoiceField(label=_("Issue type"), required=False)

    class Meta:
        model = ReplyTemplate
        fields = ["occasion", "issue_type", "language", "text"]

    def clean(self):
        given = super().clean()
        if given.get("occasion") and given.get("issue_type"):
            self.add_error(
                "issue_type", _("What is said on an occasion is the same for every type: choose “any type”.")
            )
        return given

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "issue_type" not in self.fields:  # one that must stay what it is
            return
        known = {
            name: capfirst(wording.issue_type(name)) for name in [*wording.TYPES, self.instance.issue_type] if name
        }
        self.fields["issue_type"].choices = [("", capfirst(gettext("any type"))), *known.items()]


class Prompt(forms.ModelForm):
    name = forms.ChoiceField(
        label=_("Prompt"),
        choices=[(name, capfirst(word)) for name, word in wording.PROMPTS.items()],
        help_text=_("To begin with the wording in force of another prompt, open that one and choose “New version”."),
    )

    class Meta:
        model = PromptVersion
        fields = ["name", "text", "note"]
        widgets = {"text": forms.Textarea(attrs={"rows": 30, "class": "vLargeTextField"})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            del self.fields["name"]  # a version stays one of its prompt

    def clean(self):
        given = super().clean()
        name = given.get("name") or self.instance.name
        if "text" in given and (found := prompts.problems(given["text"], name)):
            self.add_error("text", found)
        return given


class Note(forms.ModelForm):
    class Meta:
        model = KnowledgeNote
        fields = ["title", "location", "text", "active"]
        widgets = {"text": forms.Textarea(attrs={"rows": 15, "class": "vLargeTextField"})}
        help_texts = {
            "title": _("What it is about: “Opening hours”, “Prices of the courses”."),
            "text": format_lazy(
                _(
                    "Facts that the AI may repeat to every customer: opening hours, prices, addresses, links, phone "
                    "numbers, rules. What is not written here the AI must not claim: an answer with another price, date, link or "
                    "phone number is stopped. No personal data, no passwords. At most {limit} characters."
                ),
                limit=KnowledgeNote.LONGEST,
            ),
        }

    def clean(self):
        given = super().clean()
        for name in ("title", "text"):
            if found := prompts.PLACEHOLDER.findall(given.get(name) or ""):
                words = ", ".join(f"{{{each}}}" for each in found)
                self.add_error(name, _("Nothing fills in %(words)s here: write what is meant.") % {"words": words})
        return given


# --- What we promise ----------------------------------------------------------------------------------


class TargetField(forms.Field):
    """A length of time as people write it, "30 s", "2 min" or "1 h 30 min"; in seconds, from 1 s to a year."""

    WRITTEN = re.compile(r"(?:(\d{1,8})\s*h)?\s*(?:(\d{1,8})\s*min)?\s*(?:(\d{1,8})\s*s)?")
    SECONDS = {"h": 3600, "min": 60, "s": 1}

    def __init__(self, **kwargs):
        super().__init__(widget=forms.TextInput(attrs={"size": 12}), **kwargs)

    def prepare_value(self, value):
        return self.spelled(value) if isinstance(value, int) else value

    def to_python(self, value) -> int | None:
        text = str(value or "").strip().lower()
        if not text:
            return None
        found = self.WRITTEN.fullmatch(text)
        seconds = (
            sum(int(n or 0) * unit for n, unit in zip(found.groups(), self.SECONDS.values(), strict=True))
            if found
            else 0
        )
        if not 0 < seconds <= LONGEST_TARGET_S:
            raise forms.ValidationError(_("Write it as 30 s, 2 min or 1 h 30 min."))
        return seconds

    @classmethod
    def spelled(cls, seconds: int) -> str:
        """As it is written, with every second of it: "1 h 30 min"."""
        parts = []
        for unit, length in cls.SECONDS.items():
            n, seconds = divmod(seconds, length)
            parts += [f"{n}\N{NO-BREAK SPACE}{unit}"] if n else []
        return " ".join(parts)


def newest_hours():
    """Of each name the calendar's newest version."""
    newer = Calendar.objects.filter(name=OuterRef("name"), number__gt=OuterRef("number"))
    return Calendar.objects.exclude(Exists(newer))


class Promise(forms.ModelForm):
    """A new version of what is promised, from now on or from a later moment."""

    response_s = TargetField(label=_("First response within"))
    resolution_s = TargetField(label=_("Resolution within"))
    calendar = forms.ModelChoiceField(newest_hours(), label=_("Business hours"), required=False)
    since = forms.SplitDateTimeField(
        label=_("In force from"),
        required=False,
        widget=AdminSplitDateTime,
        help_text=_("Empty: from now on. Issues that began before keep what was promised then."),
    )

    class Meta:
        model = SlaPolicy
        fields = [
            "priority", "location", "response_s", "response_in_hours", "resolution_s", "resolution_in_hours", "calendar",
            "since", "withdrawn", "note",
        ]  # fmt: skip

    def clean_since(self):
        since, now = self.cleaned_data["since"], timezone.now()
        if since and since < now:
            raise forms.ValidationError(
                _("What was promised before now stays as it was: leave it empty, or name a later moment.")
            )
        return since or now


# Monday first, by the names of the form's fields.
WEEKDAYS = {
    "monday": _("Monday"),
    "tuesday": _("Tuesday"),
    "wednesday": _("Wednesday"),
    "thursday": _("Thursday"),
    "friday": _("Friday"),
    "saturday": _("Saturday"),
    "sunday": _("Sunday"),
}

USUAL_WEEK = [[["09:00", "18:00"]]] * 5 + [[], []]


class IntervalsField(forms.CharField):
    """The business hours of one day, "09:00-12:00, 13:00-18:00"; as a list of pairs. Empty: closed."""

    INTERVAL = re.compile(r"(\d{1,2}:\d\d)\s*[-–]\s*(\d{1,2}:\d\d)")

    def prepare_value(self, value):
        return self.spelled(value) if isinstance(value, list) else value

    def to_python(self, value) -> list[list[str]]:
        parts = [part.strip() for part in re.split("[,;]", super().to_python(value))]
        intervals = [self._interval(part) for part in parts if part]
        try:
            deadlines.day(intervals)
        except deadlines.BadHours as error:
            raise forms.ValidationError(str(error)) from error
        return intervals

    def _interval(self, text: str) -> list[str]:
        found = self.INTERVAL.fullmatch(text)
        if not found:
            raise forms.ValidationError(_("“%(text)s” is no interval: write 09:00-18:00.") % {"text": text})
        return [time.zfill(5) for time in found.groups()]

    @staticmethod
    def spelled(intervals: list[list[str]]) -> str:
        return ", ".join(f"{opens}-{closes}" for opens, closes in intervals)


class DaysField(forms.CharField):
    """Days, one a line, as a list of "2026-12-24"."""

    def __init__(self, **kwargs):
        super().__init__(widget=forms.Textarea(attrs={"rows": 5, "cols": 20}), **kwargs)

    def prepare_value(self, value):
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value) -> list[str]:
        day = forms.DateField()
        days: set[date] = {day.clean(line.strip()) for line in super().to_python(value).splitlines() if line.strip()}
        if len(days) > deadlines.MOST_DAYS_OFF:
            raise forms.ValidationError(_("There may be %(n)d days off.") % {"n": deadlines.MOST_DAYS_OFF})
        return [day.isoformat() for day in sorted(days)]


class Hours(forms.ModelForm):
    """New business hours, or with `previous` its next version: of the same name then, which no others may have."""

    previous: Calendar | None = None

    monday = IntervalsField(
        label=WEEKDAYS["monday"], required=False, help_text=_("As 09:00-12:00, 13:00-18:00. Empty: closed.")
    )
    tuesday = IntervalsField(label=WEEKDAYS["tuesday"], required=False)
    wednesday = IntervalsField(label=WEEKDAYS["wednesday"], required=False)
    thursday = IntervalsField(label=WEEKDAYS["thursday"], required=False)
    friday = IntervalsField(label=WEEKDAYS["friday"], required=False)
    saturday = IntervalsField(label=WEEKDAYS["saturday"], required=False)
    sunday = IntervalsField(label=WEEKDAYS["sunday"], required=False)
    days_off = DaysField(
        label=_("Other days off"),
        required=False,
        help_text=_("One a line, as 2026-12-24: Carnival, holidays of the city."),
    )

    class Meta:
        model = Calendar
        fields = ["name", "zone", "holidays", "state", "days_off", "note"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial |= dict(zip(WEEKDAYS, self.previous.week if self.previous else USUAL_WEEK, strict=True))
        if self.previous:
            self.fields["name"].disabled = True
            self.initial["name"] = self.previous.name

    def clean_name(self):
        name = self.cleaned_data["name"]
        if not self.previous and Calendar.objects.filter(name=name).exists():
            raise forms.ValidationError(_("There is a calendar of this name: open it, and choose “New version”."))
        return name

    def clean_zone(self):
        try:
            return deadlines.zone(self.cleaned_data["zone"]).key
        except deadlines.BadHours as error:
            raise forms.ValidationError(str(error)) from error

    def clean(self):
        given = super().clean()
        if not any(name in self.errors for name in WEEKDAYS):
            self.instance.week = [given[name] for name in WEEKDAYS]
            if not any(self.instance.week):
                self.add_error("monday", _("There are no business hours in this week."))
        return given
