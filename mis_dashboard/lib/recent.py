"""Values that may be a second old: read often, changed seldom, and by people."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

T = TypeVar("T")
MANY = 256
_caches: list[dict[tuple, tuple[float, Any]]] = []


def recent(seconds: float) -> Callable[[Callable[..., T]], Callable[..., T]]:
    """The function's result, kept in this process for so long. Two threads may compute it at the same time; both are right."""

    def decorate(function: Callable[..., T]) -> Callable[..., T]:
        kept: dict[tuple, tuple[float, T]] = {}
        swept = [time.monotonic()]
        _caches.append(kept)

        @wraps(function)
        def wrapper(*args: Any) -> T:
            now = time.monotonic()
            found = kept.get(args)
            if found is None or now - found[0] > seconds:
                found = kept[args] = (now, function(*args))
                if len(kept) > MANY or now - swept[0] > seconds:
                    swept[0] = now
                    _drop_old(kept, now - seconds)
            return found[1]

        wrapper.forget = kept.clear  # for whoever has just changed it
        wrapper.kept = kept.__len__
        return wrapper

    return decorate


def _drop_old(kept: dict[tuple, tuple[float, Any]], before: float) -> None:
    """What is asked of many places must not be kept for each of them for ever. Another thread may do the same."""
    for args, (computed, _value) in list(kept.items()):
        if computed < before:
            kept.pop(args, None)


def forget() -> None:
    """Makes every such function look again: between tests, whose time runs differently."""
    for kept in _caches:
        kept.clear()
