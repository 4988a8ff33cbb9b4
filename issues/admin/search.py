"""Finding a customer, and what belongs to one, from what a person typed."""

import re
from datetime import timedelta
from uuid import UUID

from django.db.models import CharField, Q, QuerySet
from django.db.models.functions import Cast
from django.utils import timezone

from .. import phones
from ..models import Customer, Issue, Message
from ..models.issue import UNRESOLVED

SHORTEST_PART = 4
# Words and endings are looked for row by row, so not in everything there ever was.
WORDS_KEPT = timedelta(days=90)
ENDING = re.compile(r"(?:…|\.\.\.)?\s*([0-9a-f]{6,12})", re.IGNORECASE)


def as_id(term: str) -> UUID | None:
    """The identifier that was typed, or None when it is none."""
    try:
        return UUID(term.strip())
    except ValueError:
        return None


def as_ending(term: str) -> str | None:
    """The end of an issue's identifier as screens show it, "…0387b6", without the dots; None when it is none."""
    found = ENDING.fullmatch(term.strip())
    return found[1].lower() if found else None


def as_phone(term: str) -> str | None:
    """The phone that was typed, in canonical form; None when it is none, or stands among words."""
    return phones.canonical(term) if _has_no_letters(term.partition("@")[0]) else None


def customers(term: str) -> QuerySet[Customer]:
    """The customers meant by `term`: a phone in any form, four or more of its digits, or part of a name."""
    if phone := as_phone(term):
        return Customer.objects.filter(phone=phone)
    if _has_no_letters(term) and len(figures := phones.digits(term)) >= SHORTEST_PART:
        return Customer.objects.filter(phone__contains=figures)
    return Customer.objects.filter(_all_words(term, "name"))


def issues(queryset: QuerySet[Issue], term: str) -> QuerySet[Issue]:
    """Those of `queryset` with this identifier or ending of one, of this customer, or in which the customer used these words.

    Words are searched in issues of the last 90 days, endings also in all unresolved ones, identifiers and customers in all.
    """
    if found := as_id(term):
        return queryset.filter(pk=found)
    if as_phone(term):
        return queryset.filter(customer__in=customers(term))
    if (ending := as_ending(term)) and (named := ending_in(ending)).exists():
        return queryset.filter(pk__in=named)
    since = timezone.now() - WORDS_KEPT
    begun = Issue.objects.filter(_all_words(term, "text"), detected_at__gte=since).values("pk")
    wrote = Message.objects.filter(_all_words(term, "text"), issue__detected_at__gte=since).values("issue")
    of_customer = Issue.objects.filter(customer__in=customers(term)).values("pk")
    return queryset.filter(pk__in=of_customer.union(begun, wrote))


def ending_in(ending: str) -> QuerySet:
    """The identifiers that end so, of issues of the last 90 days and of unresolved ones."""
    near = Issue.objects.filter(Q(detected_at__gte=timezone.now() - WORDS_KEPT) | Q(status__in=UNRESOLVED))
    return near.annotate(name=Cast("pk", CharField())).filter(name__endswith=ending).values("pk")


def _all_words(term: str, field: str) -> Q:
    """Every word of `term` occurs in `field`, in whatever order and case."""
    wanted = Q()
    for word in term.split():
        wanted &= Q(**{f"{field}__icontains": word})
    return wanted


def _has_no_letters(term: str) -> bool:
    return not any(character.isalpha() for character in term)
