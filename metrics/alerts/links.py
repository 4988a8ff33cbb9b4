"""Where the rows behind a value stand: relative addresses of the figures' own pages, at the moment of the value or as it is now."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.urls import reverse

from ..columns import plain
from ..window import CUSTOM


def rows(
    kpi: str,
    now: datetime,
    *,
    list: str = "",
    window: str = "",
    start: datetime | None = None,
    filters: Mapping[str, str] | None = None,
    moving: bool = False,
) -> str:
    """The list of a figure as it was at `now`, over a named `window` or since `start`, narrowed down by `filters`.

    `moving`: as it is whenever somebody looks, for what stands so and is not of a time.
    """
    # Addresses are to the millisecond, and a window that ended before `now` would lack what happened just then.
    until = now + timedelta(milliseconds=1)
    stretch = {"window": window} if start is None else {"window": CUSTOM, "start": plain(start), "end": plain(until)}
    query = stretch | dict(filters or {}) | ({"list": list} if list else {})
    query |= {} if moving else {"as_of": plain(until)}
    return f"{reverse('figure', args=[kpi])}?{urlencode(query)}#rows"
