"""How much of the AI may be used a minute. Token buckets in the database: they hold over all workers and restarts."""

from django.db import connection

from .models import Policy

# A full bucket is one minute's worth, but never less than one token. The row lock makes it exact.
SPEND = """
    UPDATE issues_bucket SET
        tokens = LEAST(%(size)s, tokens + %(size)s * EXTRACT(EPOCH FROM clock_timestamp() - filled_at) / 60) - 1,
        filled_at = clock_timestamp()
    WHERE name = %(name)s
      AND LEAST(%(size)s, tokens + %(size)s * EXTRACT(EPOCH FROM clock_timestamp() - filled_at) / 60) >= 1
"""


def spend(policy: Policy, *, critical: bool) -> bool:
    """Takes one AI answer from the budgets that apply. False when one is spent: then ask no model."""
    buckets = ({"critical": policy.critical_per_minute} if critical else {}) | {"ai": policy.ai_per_minute}
    limits = {name: size for name, size in buckets.items() if size}
    return all(_take(name, size) for name, size in limits.items())


def _take(name: str, size: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(SPEND, {"name": name, "size": size})
        return cursor.rowcount == 1
