"""Typed readers of the environment. Their errors say which variable, and what to write."""

import os
from collections.abc import Mapping
from datetime import time, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off"}


class Env:
    """Reads one mapping, `os.environ` unless told otherwise."""

    def __init__(self, values: Mapping[str, str] | None = None):
        self.values = os.environ if values is None else values

    def text(self, name: str, default: str = "") -> str:
        """The value; an empty one is as one that is not set."""
        return self.values.get(name, "").strip() or default

    def secret(self, name: str, *, least: int) -> str:
        """A key of `least` characters or more, which no error repeats; "" when it is not set."""
        value = self.text(name)
        if value and len(value) < least:
            raise ImproperlyConfigured(
                f"{name} is too short to be a key: write {least} random characters or more, or leave it out."
            )
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.text(name)
        if not value:
            return default
        if value.strip().lower() in TRUE:
            return True
        if value.strip().lower() in FALSE:
            return False
        raise ImproperlyConfigured(f"{name} is {value!r}: write 1 or 0.")

    def integer(self, name: str, default: int, *, low: int, high: int) -> int:
        value = self.text(name) or str(default)
        try:
            number = int(value)
        except ValueError:
            number = low - 1
        if not low <= number <= high:
            raise ImproperlyConfigured(f"{name} is {value!r}: write a whole number from {low} to {high}.")
        return number

    def days(self, name: str, *, low: int) -> timedelta | None:
        """So many days, `low` at least; None when it is not set, which is for ever."""
        value = self.text(name)
        if not value:
            return None
        if not value.isdecimal() or not low <= int(value) <= 36_500:
            raise ImproperlyConfigured(
                f"{name} is {value!r}: write a whole number of days from {low} to 36500, or leave it empty for ever."
            )
        return timedelta(days=int(value))

    def hours(self, name: str) -> tuple[time, time] | None:
        """From one time of day to another, maybe over midnight, as "22:00-07:00"; None when it is not set."""
        value = self.text(name)
        if not value:
            return None
        try:
            start, end = (time.fromisoformat(part.strip()) for part in value.split("-"))
        except ValueError:
            start = end = time()
        if start == end or start.tzinfo or end.tzinfo:
            raise ImproperlyConfigured(f"{name} is {value!r}: write two times of day, such as 22:00-07:00.")
        return start, end

    def words(self, name: str, default: str = "") -> list[str]:
        """A comma-separated list; empty parts fall away."""
        return [word.strip() for word in self.text(name, default).split(",") if word.strip()]

    def emails(self, name: str) -> list[str]:
        found = self.words(name)
        for address in found:
            try:
                validate_email(address)
            except ValidationError:
                raise ImproperlyConfigured(
                    f"{name} names {address!r}: write addresses such as ana@example.com, separated by commas."
                ) from None
        return found

    def time_zone(self, name: str, default: str) -> str:
        value = self.text(name) or default
        try:
            ZoneInfo(value)
        except (ValueError, OSError, ZoneInfoNotFoundError):
            raise ImproperlyConfigured(f"{name} is {value!r}: write one such as America/Sao_Paulo.") from None
        return value

    def choice(self, name: str, default: str, choices: set[str]) -> str:
        value = self.text(name) or default
        if value not in choices:
            raise ImproperlyConfigured(f"{name} is {value!r}: write one of {', '.join(sorted(choices))}.")
        return value

    def base_url(self, name: str, default: str = "") -> str:
        """An address without its final slash. Plain http is for this machine only."""
        value = self.text(name, default).rstrip("/")
        if not value or _is_address(value):
            return value
        raise ImproperlyConfigured(f"{name} is {value!r}: write https://…; plain http is for 127.0.0.1 only.")


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        host = parts.hostname if parts.port is None or parts.port else None
    except ValueError:
        return False
    if not host or any(sign.isspace() for sign in text):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in {"127.0.0.1", "localhost", "::1"})
