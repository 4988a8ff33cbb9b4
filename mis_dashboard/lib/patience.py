"""Outliving a database that is being restarted."""

import time
from collections.abc import Callable, Sequence
from typing import ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, connection

P = ParamSpec("P")
R = TypeVar("R")

# A restart takes seconds, a failover up to a minute.
WAITS_S = (0.1, 0.4, 1, 2, 4, 8, 15, 30)


def patiently(write: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """`write(…)`, again and again for a minute while the database is away; raises its last error.

    Only for what may be done twice: the answer to a commit can be what was lost.
    """
    return trying(WAITS_S, write, *args, **kwargs)


def trying(waits_s: Sequence[float], write: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """As `patiently`, with pauses of one's own."""
    for wait_s in waits_s:
        try:
            return write(*args, **kwargs)
        except (OperationalError, InterfaceError):
            if connection.in_atomic_block:
                raise
            connection.close()
            time.sleep(wait_s)
    return write(*args, **kwargs)
