"""What all our lists share: they cost the same at ten rows and at ten million."""

import json
from collections.abc import Callable

from django.contrib import admin
from django.contrib.admin.templatetags import admin_list
from django.core.paginator import Paginator
from django.db import connection
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from . import search, words

# What is Django's own, and our catalogue says anew: in its Portuguese everything is masculine, months begin with a capital,
# and Saturday has no accent.
SAID_ANEW = [
    gettext_noop("The {name} “{obj}” was added successfully."),
    gettext_noop("The {name} “{obj}” was added successfully. You may add another {name} below."),
    gettext_noop("The {name} “{obj}” was changed successfully."),
    gettext_noop("The {name} “{obj}” was changed successfully. You may edit it again below."),
    gettext_noop("The {name} “{obj}” was changed successfully. You may add another {name} below."),
    gettext_noop("The %(name)s “%(obj)s” was deleted successfully."),
    gettext_noop("January"),
    gettext_noop("February"),
    gettext_noop("March"),
    gettext_noop("April"),
    gettext_noop("May"),
    gettext_noop("June"),
    gettext_noop("July"),
    gettext_noop("August"),
    gettext_noop("September"),
    gettext_noop("October"),
    gettext_noop("November"),
    gettext_noop("December"),
    gettext_noop("Sat"),
]


YES_OR_NO = {True: _("yes"), False: _("no"), None: words.NOTHING}


def yes_or_no(value: bool | None) -> str:
    """In words. Django draws a red cross for each "no", though most of them are no harm."""
    return str(YES_OR_NO[value])


# Its one place for what is true or not, on lists and on pages, of every table.
admin_list._boolean_icon = yes_or_no


class Bounded(Paginator):
    """Counts up to LIMIT rows and no further; who needs more narrows the list."""

    LIMIT = 10_000

    @cached_property
    def _found(self) -> int:
        return self.object_list.order_by()[: self.LIMIT + 1].count()

    @property
    def count(self) -> int:
        return min(self._found, self.LIMIT)

    @property
    def is_full(self) -> bool:
        """Whether there are more than are counted."""
        return self._found > self.LIMIT

    @property
    def counted(self) -> str:
        """`count` as the reader writes it: "10.000"."""
        return number_format(self.count, force_grouping=True)


class FlatList(admin.ModelAdmin):
    """A list that never counts or sorts the whole table."""

    paginator = Bounded
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    list_max_show_all = 200

    class Media:
        css = {"all": ["css/admin-issues.css"]}


class ReadOnly(FlatList):
    """Rows that are only looked at: the product writes them, nobody else."""

    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class OfCustomer(ReadOnly):
    """Rows that belong to a customer, found by that customer's phone or name, or by an identifier.

    `to_customer` leads from the row to the customer, `to_issue` to the issue.
    """

    to_customer = "issue__customer"
    to_issue = "issue"
    search_fields = ["pk"]
    search_help_text = _("A phone number in any form, a name, or the identifier of the issue")

    def get_search_results(self, request, queryset, search_term):
        if found := search.as_id(search_term):
            return queryset.filter(**{self.to_issue: found}), False
        if search_term.strip():
            queryset = queryset.filter(**{f"{self.to_customer}__in": search.customers(search_term)})
        return queryset, False


def link(row: Model | None, text: str = "") -> SafeString | str:
    """A link to the row's own page, or "—"."""
    if row is None:
        return words.NOTHING
    meta = row._meta
    address = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])
    return format_html('<a href="{}">{}</a>', address, text or str(row))


def as_json(value) -> SafeString:
    """`value` laid out to be read, and escaped."""
    return format_html("<pre>{}</pre>", json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True))


# --- Filters --------------------------------------------------------------------------------

LOOKED_AT = 1000
MOST_CHOICES = 500

# A loose index scan: one look into the index per different value, however many rows there are.
DIFFERENT = """
    WITH RECURSIVE different AS (
        (SELECT {column} AS value FROM {table} ORDER BY {column} LIMIT 1)
        UNION ALL
        SELECT (SELECT {column} FROM {table} WHERE {column} > value ORDER BY {column} LIMIT 1)
        FROM different WHERE value IS NOT NULL
    )
    SELECT value FROM different WHERE value <> '' LIMIT {limit}
"""


class ByValue(admin.SimpleListFilter):
    """Filters by one value of a column that has no fixed choices. Subclasses say which, and where values come from."""

    def queryset(self, request, queryset):
        return queryset.filter(**{self.parameter_name: self.value()}) if self.value() else queryset

    def lookups(self, request, model_admin):
        return [(value, self.word(value)) for value in sorted({*self.values(model_admin.model), *self.chosen()})]

    def chosen(self) -> list[str]:
        return [self.value()] if self.value() else []

    def word(self, value: str) -> str:
        return value

    def values(self, model: type[Model]) -> list[str]:
        raise NotImplementedError


def recent(column: str, heading: str, in_words: Callable[[str], str] = words.plain) -> type[ByValue]:
    """A filter on the values that `column` has in the newest rows, and on any other one written in the address."""

    class Recent(ByValue):
        title = heading
        parameter_name = column

        def word(self, value):
            return in_words(value)

        def values(self, model):
            newest = model.objects.order_by("-pk").values_list(column, flat=True)[:LOOKED_AT]
            return [value for value in set(newest) if value]

    return Recent


def indexed(column: str, heading: str) -> type[ByValue]:
    """A filter on all values of an indexed column; the first 500, if there are more."""

    class Indexed(ByValue):
        title = heading
        parameter_name = column

        def values(self, model):
            quote = connection.ops.quote_name
            names = {"column": quote(column), "table": quote(model._meta.db_table), "limit": MOST_CHOICES}
            with connection.cursor() as cursor:
                cursor.execute(DIFFERENT.format(**names))
                return [value for (value,) in cursor.fetchall()]

    return Indexed
