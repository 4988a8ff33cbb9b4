"""How often the AI may be asked a minute, exactly: over all workers and restarts, wherever the minute begins."""

from django.db import connection
from django.db.models.functions import Now

from .models import Policy
from .models.policy import Token

# A token comes back a little later than a minute, because a call takes its way from here to the service.
BACK_AFTER_S = 62
TRIAGE = "triage"

# All budgets or none: what one of them lacks must not cost the other a token.
SPEND = """
    WITH wanted (budget, size) AS (VALUES {values}), found AS (
        SELECT (
            SELECT id FROM issues_token
            WHERE budget = wanted.budget AND number <= wanted.size AND free_at <= clock_timestamp()
            ORDER BY free_at LIMIT 1 FOR UPDATE SKIP LOCKED
        ) AS id FROM wanted
    )
    UPDATE issues_token SET free_at = clock_timestamp() + make_interval(secs => {back})
    WHERE id IN (SELECT id FROM found) AND (SELECT count(id) FROM found) = (SELECT count(*) FROM wanted)
"""
# Tokens that a raised limit lacks are made when they are first missed.
FILL = """
    INSERT INTO issues_token (budget, number, free_at)
    SELECT %(name)s::varchar, number, 'epoch'::timestamptz FROM generate_series(1, %(size)s::int) AS number
    WHERE NOT EXISTS (SELECT FROM issues_token WHERE budget = %(name)s::varchar AND number = %(size)s::int)
    ON CONFLICT DO NOTHING
"""


def spend(policy: Policy, *, critical: bool) -> bool:
    """Takes one question from the budgets that apply. False when one is spent: then ask no model."""
    budgets = ({"critical": policy.critical_per_minute} if critical else {}) | {"ai": policy.ai_per_minute}
    return _spend({name: size for name, size in budgets.items() if size})


def spend_on_triage(policy: Policy) -> bool:
    """Takes the right to ask whether a silent issue is solved: half of the AI's budget at most, whoever waits goes first.

    The question itself is paid for as any other (`spend`).
    """
    return _spend(_for_triage(policy))


def has_room_for_triage(policy: Policy) -> bool:
    """Whether `spend_on_triage` would work now, as far as can be seen."""
    [size] = _for_triage(policy).values() or [0]
    spent = Token.objects.filter(budget=TRIAGE, number__lte=size, free_at__gt=Now())
    return size == 0 or spent.count() < size


def _for_triage(policy: Policy) -> dict[str, int]:
    return {TRIAGE: max(1, policy.ai_per_minute // 2)} if policy.ai_per_minute else {}


def _spend(limits: dict[str, int]) -> bool:
    return not limits or _take(limits) or (_fill(limits) and _take(limits))


def _take(limits: dict[str, int]) -> bool:
    values = ", ".join(["(%s::text, %s::int)"] * len(limits))
    with connection.cursor() as cursor:
        cursor.execute(
            SPEND.format(values=values, back=BACK_AFTER_S), [part for limit in limits.items() for part in limit]
        )
        return cursor.rowcount == len(limits)


def _fill(limits: dict[str, int]) -> bool:
    """Makes the tokens that are missing; True when there were any."""
    made = 0
    with connection.cursor() as cursor:
        for name, size in limits.items():
            cursor.execute(FILL, {"name": name, "size": size})
            made += cursor.rowcount
    return made > 0
