"""What people write in the admin, checked before a stage acts on it."""

from django import forms
from django.contrib.auth import get_user_model
from django.utils.text import capfirst, format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from . import wording
from .ai import prompts
from .models import ApiKey, KnowledgeNote, PromptVersion, ReplyTemplate

# What one WhatsApp message can hold.
LONGEST_REPLY = 4096
LONGEST_NOTES = 5000


class PersonField(forms.ModelChoiceField):
    """A person who works here: active, and with a way into the admin."""

    def __init__(self, **kwargs):
        people = get_user_model().objects.filter(is_active=True, is_staff=True).order_by("username")
        super().__init__(queryset=people, **kwargs)

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
