"""Promises: which version of the targets is in force, and by when an issue is to be answered and solved."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from mis_dashboard.lib.recent import recent

from .models import Issue, SlaPolicy
from .models.issue import Priority


@dataclass(frozen=True)
class Promise:
    """What is promised for one issue, and the version of the targets that says so."""

    policy: SlaPolicy
    response_due_at: datetime
    resolution_due_at: datetime

    @property
    def kept_on_issue(self) -> dict:
        """As the fields of an Issue."""
        return {
            "sla_policy": self.policy,
            "response_due_at": self.response_due_at,
            "resolution_due_at": self.resolution_due_at,
        }


def made(priority: str, location: str, detected_at: datetime) -> Promise:
    """What is promised for an issue of this priority and location that was detected then. One query a second at most."""
    policy = in_force(priority, location, detected_at)
    return Promise(policy, policy.response_due(detected_at), policy.resolution_due(detected_at))


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
