"""Promises: which version of the targets is in force, by when an issue is to be answered and solved, and new versions."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Max

from mis_dashboard.lib.recent import recent

from .models import Calendar, Issue, SlaPolicy
from .models.issue import Priority


@dataclass(frozen=True)
class Promise:
    """What is promised for one issue, from when on that is at risk, and the version of the targets that says so."""

    policy: SlaPolicy
    response_risk_at: datetime
    response_due_at: datetime
    resolution_risk_at: datetime
    resolution_due_at: datetime

    @property
    def kept_on_issue(self) -> dict:
        """As the fields of an Issue."""
        return {
            "sla_policy": self.policy,
            "response_risk_at": self.response_risk_at,
            "response_due_at": self.response_due_at,
            "resolution_risk_at": self.resolution_risk_at,
            "resolution_due_at": self.resolution_due_at,
        }


def made(priority: str, location: str, detected_at: datetime) -> Promise:
    """What is promised for an issue of this priority and location that was detected then. One query a second at most."""
    policy = in_force(priority, location, detected_at)
    return Promise(
        policy=policy,
        response_risk_at=policy.response_risk(detected_at),
        response_due_at=policy.response_due(detected_at),
        resolution_risk_at=policy.resolution_risk(detected_at),
        resolution_due_at=policy.resolution_due(detected_at),
    )


def answer_due(issue: Issue, asked_at: datetime) -> datetime:
    """By when what the customer said at `asked_at`, after the beginning of the issue, is to be answered: as was promised then."""
    if issue.sla_policy_id is None:
        return in_force(issue.priority, issue.location, asked_at).response_due(asked_at)
    return _policy(issue.sla_policy_id).response_due(asked_at)


def in_force(priority: str, location: str, at: datetime) -> SlaPolicy:
    """The version in force then: the location's newest, else the newest of every location. A second old at most.

    Raises SlaPolicy.DoesNotExist where nothing has ever been promised, which migrations see to.
    """
    versions = _versions(location)
    own = _newest(versions.get((priority, location), []), at)
    found = own if own and not own.withdrawn else _newest(versions.get((priority, ""), []), at)
    if found is None:
        raise SlaPolicy.DoesNotExist(f"nothing is promised for priority {priority}")
    return found


def all_in_force(location: str, at: datetime) -> dict[str, SlaPolicy]:
    """The version in force then, by priority."""
    return {priority.value: in_force(priority, location, at) for priority in Priority}


def newest(priority: str, location: str, at: datetime) -> SlaPolicy | None:
    """The version that holds then of exactly this location, or of every one (empty), if there is any; as it is now."""
    begun = SlaPolicy.objects.filter(priority=priority, location=location, since__lte=at).select_related("calendar")
    return begun.order_by("-since", "-pk").first()


def _newest(versions: list[SlaPolicy], at: datetime) -> SlaPolicy | None:
    return next((version for version in versions if version.since <= at), None)


@recent(seconds=1)
def _versions(location: str) -> dict[tuple[str, str], list[SlaPolicy]]:
    """(priority, location) → all versions of this location and of every one, the newest first."""
    versions: dict[tuple[str, str], list[SlaPolicy]] = {}
    found = SlaPolicy.objects.filter(location__in={location, ""}).select_related("calendar")
    for version in found.order_by("-since", "-pk"):
        versions.setdefault((version.priority, version.location), []).append(version)
    return versions


@recent(seconds=60)
def _policy(policy_id: UUID) -> SlaPolicy:
    """A version never changes."""
    return SlaPolicy.objects.select_related("calendar").get(pk=policy_id)


# --- New versions -------------------------------------------------------------------------------------


def add(policy: SlaPolicy, user: AbstractBaseUser) -> None:
    """Saves `policy` as the newest version, made by `user`. Issues that began before it keep theirs."""
    policy.made_by = user
    policy.save()
    _versions.forget()


def add_hours(calendar: Calendar, user: AbstractBaseUser, now: datetime) -> list[SlaPolicy]:
    """Saves `calendar` as the next version of its name, made by `user`; the new versions of the policies that count by it.

    Whatever counts by an older version, now or from a later day on, counts by this one from then on. Two at the same
    time get different numbers.
    """
    with transaction.atomic():
        family = Calendar.objects.filter(name=calendar.name)
        list(family.select_for_update().order_by("pk").values_list("pk", flat=True))
        calendar.number = (family.aggregate(last=Max("number"))["last"] or 0) + 1
        calendar.made_by = user
        calendar.save()
        moved = [_moved(policy, calendar, user, now) for policy in _counting_by(calendar.name, now)]
        SlaPolicy.objects.bulk_create(moved)
    _versions.forget()
    return moved


def _counting_by(name: str, now: datetime) -> list[SlaPolicy]:
    """The policies in force or still to come that count by hours of this name."""
    standing = [*newest_begun(now), *SlaPolicy.objects.filter(since__gt=now).select_related("calendar")]
    return [policy for policy in standing if policy.calendar and policy.calendar.name == name and not policy.withdrawn]


def newest_begun(now: datetime) -> Iterable[SlaPolicy]:
    """The version in force of each priority and location that was ever promised anything."""
    begun = SlaPolicy.objects.filter(since__lte=now).select_related("calendar")
    return begun.order_by("priority", "location", "-since", "-pk").distinct("priority", "location")


def _moved(policy: SlaPolicy, calendar: Calendar, user: AbstractBaseUser, now: datetime) -> SlaPolicy:
    kept = ("priority", "location", "response_s", "response_in_hours", "resolution_s", "resolution_in_hours")
    values = {name: getattr(policy, name) for name in kept}
    return SlaPolicy(**values, calendar=calendar, since=max(policy.since, now), note=str(calendar), made_by=user)
