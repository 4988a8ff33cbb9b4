"""A batch of what was told becomes rows: new issues, and newer versions of known ones. Nothing else is touched."""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db import OperationalError, connection, transaction

from mis_dashboard.lib import partitions
from mis_dashboard.lib.ids import uuid7

from .. import actions, phones, promises
from ..deadlines import at_risk_before
from ..models import Action, Customer, Issue
from .telling import Told

SEEN_KEPT = 20  # older versions of one issue that are known when they come again

LOCK = 0x4D495302  # any number, the same for everybody who imports

# The bookkeeping of the import, in the issue's metadata.
BOOK = "import"

KNOWN = """
    SELECT i.external_id, i.id, i.source, i.customer_id, i.received_at, i.metadata,
        EXISTS (SELECT FROM issues_action a WHERE a.issue_id = i.id AND NOT a.detail ? %s)
    FROM issues_issue i WHERE i.external_source = %s AND i.external_id = ANY(%s)
    ORDER BY i.id FOR NO KEY UPDATE OF i
"""


class Outcome(StrEnum):
    """What became of an issue that was told."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    OLDER = "older"  # than what is stored: left alone
    OURS = "ours"  # somebody has worked on it in MIS since: left alone


def store(batch: Sequence[Told], source: str, now: datetime, *, keep: bool = True) -> Counter:
    """How many issues came to which Outcome. All or nothing is stored; nothing at all unless `keep`.

    Of two imports at a time, each sees what the other has stored.
    """
    if keep:
        _make_room(batch)
    with transaction.atomic():
        known = _known(batch, source)
        outcomes = {told.id: outcome(told, known.get(told.id)) for told in batch}
        wanted = [told for told in batch if outcomes[told.id] in (Outcome.NEW, Outcome.CHANGED)]
        if wanted and keep:
            _write(wanted, known, source, now)
    return Counter(outcomes.values())


def look_over() -> None:
    """Tells the database how much more there is now: until it finds out by itself, it reads as if there were next to nothing."""
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(model._meta.db_table for model in (Customer, Issue, Action))}")


def _make_room(batch: Sequence[Told]) -> None:
    """The actions' table gets a part for each month of the past that the batch tells of."""
    months = {partitions.month_of(act.at) for told in batch for act in told.acts}
    with suppress(OperationalError):  # others hold the table: the rows go among its strays, and are moved later
        partitions.make(Action._meta.db_table, months)


class Known:
    """An issue that was imported before."""

    def __init__(self, row: tuple):
        self.external_id, self.pk, self.source, self.customer_id, self.received_at, metadata, self.touched = row
        self.metadata = Issue._meta.get_field("metadata").from_db_value(metadata, None, connection)
        self.book = self.metadata.get(BOOK, {})

    @property
    def seen(self) -> list[str]:
        """The digests of the versions before the one that is stored."""
        return self.book.get("seen", [])


def outcome(told: Told, known: Known | None) -> Outcome:
    """A newer version wins, and of two that are of one age the one that comes later, unless it came before already."""
    if known is None:
        return Outcome.NEW
    if known.book.get("digest") == told.digest:
        return Outcome.SAME
    if known.touched or known.source != Issue.Source.IMPORT:
        return Outcome.OURS
    age = known.book.get("age", [])
    return Outcome.OLDER if told.age < age or told.digest in known.seen else Outcome.CHANGED


def _known(batch: Sequence[Told], source: str) -> dict[str, Known]:
    """Those of the batch that are stored already, locked until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute(KNOWN, [actions.IMPORTED, source, [told.id for told in batch]])
        return {row[0]: Known(row) for row in cursor.fetchall()}


def _write(batch: Sequence[Told], known: dict[str, Known], source: str, now: datetime) -> None:
    customers = _customers(batch)
    issues = [
        _issue(told, known.get(told.id), customer, source, now) for told, customer in zip(batch, customers, strict=True)
    ]
    new = [issue for issue in issues if issue.external_id not in known]
    changed = [issue for issue in issues if issue.external_id in known]
    Issue.objects.bulk_create(new)
    if changed:
        Issue.objects.bulk_create(changed, update_conflicts=True, update_fields=UPDATED, unique_fields=["id"])
    history = [row for told, issue in zip(batch, issues, strict=True) for row in _actions(told, issue, source)]
    actions.tell_anew([issue.pk for issue in changed], history)


UPDATED = [field.name for field in Issue._meta.concrete_fields if field.name not in ("id", "received_at", "assignee")]


def _issue(told: Told, known: Known | None, customer: UUID | None, source: str, now: datetime) -> Issue:
    values = dict(told.values)
    detected_at = values["detected_at"]
    ours = promises.made(values["priority"], values["location"], detected_at).kept_on_issue
    due = [name for name in ("response_due_at", "resolution_due_at") if not values[name]]
    values |= {name: ours[name] for name in [*due, "sla_policy"] if due}
    for name in ("response", "resolution"):
        told_due = values[f"{name}_due_at"]
        is_ours = f"{name}_due_at" in due
        values[f"{name}_risk_at"] = ours[f"{name}_risk_at"] if is_ours else at_risk_before(told_due, detected_at)
    return Issue(
        id=known.pk if known else uuid7(detected_at),
        source=Issue.Source.IMPORT,
        external_source=source,
        external_id=told.id,
        customer_id=customer or (known.customer_id if known else None),
        received_at=known.received_at if known else now,
        metadata={BOOK: _book(told, known)},
        **values,
    )


def _book(told: Told, known: Known | None) -> dict:
    seen = [*known.seen, known.book.get("digest", "")][-SEEN_KEPT:] if known else []
    return told.kept | {"age": told.age, "digest": told.digest} | ({"seen": seen} if seen else {})


def _actions(told: Told, issue: Issue, source: str) -> list[Action]:
    return [
        Action(
            id=uuid7(act.at, place),
            issue=issue,
            kind=act.kind,
            at=act.at,
            by=act.by,
            automated=act.automated,
            success=act.success,
            detail=act.detail | {actions.IMPORTED: source},
        )
        for place, act in enumerate(told.acts)
    ]


# --- Customers --------------------------------------------------------------------------------------


def _customers(batch: Sequence[Told]) -> list[UUID | None]:
    """The customer of each issue of the batch, made where nobody knows them yet; None without a phone or contact."""
    wanted = [_customer(told) for told in batch]
    people = [person for person in wanted if person]
    if not people:
        return [None] * len(batch)
    found = _look_up(people)
    if missing := {key: p for p in people if not _match(p, found) for key in [(p.location, p.phone or p.contact_id)]}:
        Customer.objects.bulk_create(missing.values(), ignore_conflicts=True)
        found = _look_up(people)
    return [person and _match(person, found) for person in wanted]


def _customer(told: Told) -> Customer | None:
    phone = phones.canonical(told.customer["phone"]) if told.customer["phone"] else None
    contact = told.customer["contact_id"] or None
    if not phone and not contact:
        return None
    location = told.values["location"]
    return Customer(location=location, phone=phone, contact_id=contact, name=told.customer["name"])


def _look_up(people: Sequence[Customer]) -> dict[tuple, UUID]:
    """(location, "phone" | "contact", which) → customer, for all that is known of these people."""
    here = Customer.objects.filter(location__in={p.location for p in people})
    by_phone = here.filter(phone__in={p.phone for p in people if p.phone})
    by_contact = here.filter(contact_id__in={p.contact_id for p in people if p.contact_id})
    found = {(c.location, "contact", c.contact_id): c.pk for c in by_contact}
    return found | {(c.location, "phone", c.phone): c.pk for c in by_phone}


def _match(person: Customer, found: dict[tuple, UUID]) -> UUID | None:
    by_phone = found.get((person.location, "phone", person.phone))
    return by_phone or found.get((person.location, "contact", person.contact_id))
