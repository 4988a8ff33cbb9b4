"""Values of a rule as people write them, "5 min", "5%" or "US$ 2", and back. What is written here is read as the same value."""

import re

from django import forms
from django.utils.formats import get_format
from django.utils.translation import gettext_lazy as _

SECONDS = {"d": 86400, "h": 3600, "min": 60, "s": 1}
LENGTH = re.compile(r"(?:(\d{1,4}) ?d)? ?(?:(\d{1,6}) ?h)? ?(?:(\d{1,6}) ?min)? ?(?:(\d{1,8}(?:[.,]\d+)?) ?s)?")
NUMBER = re.compile(r"\d{1,15}(?:\.\d{1,15})?")

# What to write, by the unit of what is watched.
HOW = {
    "s": _("Write a time, such as 30 s, 5 min or 1 h 30 min."),
    "rate": _("Write a share, such as 5% or 0.05."),
    "usd": _("Write an amount in US dollars, such as US$ 2 or 0.50."),
    "count": _("Write a number."),
}


def read(text: str, unit: str) -> float:
    """The value, in the units of `kpis.KPI`: a bare number is seconds, or a share from 0 to 1. Raises ValidationError: what to write."""
    try:
        return READ.get(unit, _number)(" ".join(text.lower().split()))
    except ValueError:
        raise forms.ValidationError(HOW.get(unit, HOW["count"])) from None


def written(value: float, unit: str) -> str:
    if unit == "s":
        return _length(value)
    if unit == "rate":
        return f"{_plain(value * 100)}%"
    return f"US$ {_plain(value)}" if unit == "usd" else _plain(value)


def _number(text: str) -> float:
    """ "1.234,5" in Portuguese, "1,234.5" in English, and "0.5" or "0,5" in both."""
    thousands = re.escape(get_format("THOUSAND_SEPARATOR"))
    if re.fullmatch(rf"[1-9]\d{{0,2}}(?:{thousands}\d{{3}})+(?:[.,]\d+)?", text):
        text = re.sub(rf"{thousands}(?=\d{{3}})", "", text)
    if not NUMBER.fullmatch(text := text.replace(",", ".")):
        raise ValueError(text)
    return float(text)


def _seconds(text: str) -> float:
    found = LENGTH.fullmatch(text)
    if not found or not any(found.groups()):
        return _number(text)
    parts = zip(found.groups(), SECONDS.values(), strict=True)
    return sum(_number(part) * length for part, length in parts if part)


def _share(text: str) -> float:
    if text.endswith("%"):
        return _number(text.removesuffix("%").strip()) / 100
    if (share := _number(text)) > 1:
        raise ValueError(text)
    return share


def _dollars(text: str) -> float:
    return _number(text.removeprefix("us").removeprefix("$").strip())


READ = {"s": _seconds, "rate": _share, "usd": _dollars}


def _length(seconds: float) -> str:
    """With every second of it, "1 h 30 min"."""
    parts, left = [], seconds
    for unit, length in SECONDS.items():
        whole = left if unit == "s" else left // length
        left -= whole * length
        parts += [f"{_plain(whole)} {unit}"] if whole else []
    return " ".join(parts) or "0 s"


def _plain(number: float) -> str:
    """With as many decimals as it has, and no separators but that of the decimals."""
    text = f"{number:.10f}".rstrip("0").rstrip(".")
    return text.replace(".", get_format("DECIMAL_SEPARATOR"))


class DurationField(forms.CharField):
    """Whole seconds, typed and shown as people write them."""

    def __init__(self, **kwargs):
        super().__init__(widget=forms.TextInput(attrs={"size": 12}), **kwargs)

    def prepare_value(self, value):
        return written(value, "s") if isinstance(value, int) else value

    def to_python(self, value) -> int | None:
        text = super().to_python(value)
        return round(read(text, "s")) if text else None

    def has_changed(self, initial, data) -> bool:
        try:
            return self.to_python(data) != initial
        except forms.ValidationError:
            return True
