"""Numbers as people read them, in the active language. `static/js/format.js` has the same rules.

`tests/js/format.json` holds the examples that both must give. Between a number and its unit stands a
no-break space. Nothing to show is "—", and no figure is rounded to a limit it has not reached: 99.96 %
is not "100 %", and one failure in a million is not "0 %".
"""

from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from math import floor

from django.utils.formats import number_format
from django.utils.timezone import localtime
from django.utils.translation import get_language

NOTHING = "—"
SPACE = "\N{NO-BREAK SPACE}"
MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400


def decimal(scaled: int, places: int) -> str:
    """`scaled` / 10^`places` with the separators of the language: (12345, 1) is "1.234,5" in Portuguese."""
    return number_format(Decimal(scaled).scaleb(-places), places, force_grouping=True)


def count(value: float | None) -> str:
    """A whole number, "1.234.567"."""
    return NOTHING if value is None else decimal(rounded(value), 0)


def duration(seconds: float | None) -> str:
    """A measured time of zero or more seconds: "0,8 s", "42 s", "1 min 20 s", "2 h 5 min", "3 d 4 h"."""
    if seconds is None:
        return NOTHING
    tenths = rounded(seconds * 10)
    if tenths < 100:
        return small(seconds, tenths, 1) + SPACE + "s"
    return spelled(seconds, rounded)


def age(seconds: float | None) -> str:
    """A time still running, in whole seconds gone by: "0 s", "23 s", "1 min 20 s". Below zero is zero."""
    return NOTHING if seconds is None else spelled(max(0, seconds), floor)


def spelled(seconds: float, whole) -> str:
    """At most two units; `whole` makes an integer of the smaller one."""
    if (s := whole(seconds)) < MINUTE_S:
        return f"{s}{SPACE}s"
    if s < HOUR_S:
        return two(s, 60, "min", "s")
    if (minutes := whole(seconds / MINUTE_S)) < DAY_S // MINUTE_S:
        return two(minutes, 60, "h", "min")
    return two(whole(seconds / HOUR_S), 24, "d", "h")


def two(amount: int, per: int, large: str, little: str) -> str:
    head = f"{amount // per}{SPACE}{large}"
    return f"{head}{SPACE}{amount % per}{SPACE}{little}" if amount % per else head


def rate(share: float | None) -> str:
    """A share from 0 to 1 as "93,5%"; in English "93.5%"."""
    if share is None:
        return NOTHING
    if share in (0, 1):
        return f"{int(share * 100)}%"
    tenths = rounded(share * 1000)
    return small(share, min(tenths, 999) if share < 1 else tenths, 1) + "%"


def money(usd: float | None) -> str:
    """US dollars: cents from one dollar on, else four decimals, as a reply costs less than a cent."""
    if usd is None:
        return NOTHING
    if usd == 0 or usd >= 1:
        return f"US${SPACE}" + decimal(rounded(usd * 100), 2)
    ten_thousandths = rounded(usd * 10_000)
    return f"US${SPACE}" + decimal(ten_thousandths, 4) if ten_thousandths else f"<{SPACE}US${SPACE}" + decimal(1, 4)


def small(value: float, scaled: int, places: int) -> str:
    """`scaled` written out, or "< 0,1" where something is there but rounds to nothing."""
    return f"<{SPACE}" + decimal(1, places) if value > 0 and scaled == 0 else decimal(scaled, places)


def rounded(value: float) -> int:
    """The nearest integer, halves upwards: what JavaScript's Math.floor(x + 0.5) gives."""
    return floor(value + 0.5)


def stretches(edges: list[float]) -> list[str]:
    """The names of what lies below the first of the `edges` (seconds), between each and the next, and beyond the last."""
    ages = [age(edge) for edge in edges]
    return [f"< {ages[0]}", *(f"{low} – {high}" for low, high in pairwise(ages)), f"≥ {ages[-1]}"]


def stars(value: float | None) -> str:
    """A mean of ratings from 1 to 5, "4,3"."""
    return NOTHING if value is None else decimal(rounded(value * 10), 1)


BY_UNIT = {"s": duration, "rate": rate, "usd": money, "stars": stars}


def measure(value: float | None, unit: str) -> str:
    """`value` in its unit: "s" (seconds), "rate" (0 to 1), "usd", "stars" (1 to 5), and anything else as a count."""
    return BY_UNIT.get(unit, count)(value)


def instant(iso: str) -> datetime:
    """The moment that an ISO 8601 text names, in the product's time zone."""
    return localtime(datetime.fromisoformat(iso))


def time(iso: str, seconds: bool = False) -> str:
    """The time of day, "14:32" or "14:32:05", in the product's time zone."""
    return instant(iso).strftime("%H:%M:%S" if seconds else "%H:%M")


def day(iso: str) -> str:
    """Day and month, "23/11" in Portuguese and "11/23" in English."""
    return instant(iso).strftime("%m/%d" if get_language() == "en" else "%d/%m")


def date(iso: str) -> str:
    """Day, month and year, "23/11/2025" in Portuguese and "11/23/2025" in English."""
    return instant(iso).strftime("%m/%d/%Y" if get_language() == "en" else "%d/%m/%Y")
