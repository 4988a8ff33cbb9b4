"""Values that may be a second old: read often, changed seldom, and by people."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

T = TypeVar("T")
_caches: list[dict[tuple, tuple[float, Any]]] = []


def recent(seconds: float) -> Callable[[Callable[..., T]], Callable[..., T]]:
    """The function's result, kept in this process for so long. Two threads may compute it at the same time; both are right."""

    def decorate(function: Callable[..., T]) -> Callable[..., T]:
        kept: dict[tuple, tuple[float, T]] = {}
        _caches.append(kept)

        @wraps(function)
        def wrapper(*args: Any) -> T:
            now = time.monotonic()
            found = kept.get(args)
            if found is None or now - found[0] > seconds:
                found = kept[args] = (now, function(*args))
            return found[1]

        wrapper.forget = kept.clear  # for whoever has just changed it
        return wrapper

    return decorate


def forget() -> None:
    """Makes every such function look again: between tests, whose time runs differently."""
    for kept in _caches:
        kept.clear()
