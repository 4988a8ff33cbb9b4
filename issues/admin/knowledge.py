"""What the AI may claim: notes that people write, and how the AI reads them."""

from django.contrib import admin, messages
from django.db.models import Q
from django.forms import Script
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .. import forms, queries
from ..ai import prompts
from ..models import KnowledgeNote
from . import words
from .automation import old_and_new
from .base import FlatList, indexed


class ReachFilter(admin.SimpleListFilter):
    """A location's own notes alone are in the filter beside: here are those for every location."""

    title = _("reach")
    parameter_name = "reach"

    def lookups(self, request, model_admin):
        return [("all", _("every location")), ("one", _("one location"))]

    def queryset(self, request, queryset):
        wanted = {"all": Q(location=""), "one": ~Q(location="")}.get(self.value(), Q())
        return queryset.filter(wanted)


@admin.register(KnowledgeNote)
class KnowledgeNoteAdmin(FlatList):
    form = forms.Note
    list_display = ["title", "shown_location", "active", "beginning", "updated_at", "shown_author"]
    list_filter = ["active", ReachFilter, indexed("location", _("location"))]
    list_select_related = ["updated_by"]
    search_fields = ["title", "text"]
    nothing_yet = _(
        "Facts that the AI may repeat to customers: opening hours, prices, addresses, rules. What stands in no note it does not "
        "claim. Begin with what customers ask most."
    )
    search_help_text = _("Words of the title or the text")
    fields = ["title", "location", "text", "active", "told", "updated_at", "shown_author"]
    readonly_fields = ["told", "updated_at", "shown_author"]

    class Media:
        js = [Script("js/note.js", type="module")]

    @admin.display(description=_("location"), ordering="location")
    def shown_location(self, note):
        return note.location or gettext("every location")

    @admin.display(description=_("text"))
    def beginning(self, note):
        return f"{note.text[:80]}…" if len(note.text) > 80 else note.text

    @admin.display(description=_("last changed by"), ordering="updated_by")
    def shown_author(self, note):
        return note.updated_by or words.NOTHING

    @admin.display(description=_("what the AI reads"))
    def told(self, note):
        """All that is told at the location of this note as saved, and the note itself while it is written."""
        whole = prompts.clean_knowledge(queries.as_knowledge(queries.notes_for(note.location)))
        size = gettext("%(n)d of %(most)d characters, as saved") % {
            "n": len(whole),
            "most": queries.MOST_KNOWLEDGE_CHARS,
        }
        return format_html(
            '<pre class="note-preview" data-note-preview hidden></pre><p class="quiet">{}</p><pre class="note-preview">{}</pre>',
            size,
            whole or words.NOTHING,
        )

    def save_model(self, request, obj, form, change):
        obj.updated_by = request.user
        super().save_model(request, obj, form, change)
        self._warn_of_what_has_no_room(request, obj)

    def _warn_of_what_has_no_room(self, request, note: KnowledgeNote) -> None:
        notes = queries.notes_for(note.location)
        told = queries.with_room(notes)
        left_out = [each.title for each in notes if each not in told]
        if left_out:
            warning = gettext("There is no room for all notes of this location. The AI is not told of: %(titles)s.")
            messages.warning(request, warning % {"titles": ", ".join(left_out)})

    def construct_change_message(self, request, form, formsets, add=False):
        return (not add and old_and_new(form)) or super().construct_change_message(request, form, formsets, add)
