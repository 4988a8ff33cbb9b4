"""What a line of our log looks like."""

import logging
import os
import re
import traceback
from datetime import UTC, datetime

# What every record carries by itself; anything else on it was given as `extra`.
# Django adds the request, whose address may hold what somebody searched for.
UNSAFE = {"request"}
# An address that opens a wall, in whatever it stands: Django logs the path of what it refuses.
SECRET = re.compile(r"(/wall/)[\w-]{16,}", re.ASCII)
STANDARD = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class LineFormatter(logging.Formatter):
    """One line per record: UTC time, level, role, logger, message, then its extras as key=value.

    An exception follows as its class and the places it passed, indented. Its text is left out, because it may
    quote a customer, unless its class says `safe = True`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.role = os.environ.get("MIS_ROLE") or "manage"

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
        extras = "".join(
            f" {key}={one_line(value)}" for key, value in vars(record).items() if key not in STANDARD | UNSAFE
        )
        line = f"{at}Z {record.levelname} {self.role} {record.name} {one_line(record.getMessage())}{extras}"
        if record.exc_info and record.exc_info[1]:
            line += "".join(f"\n    {part}" for part in described(record.exc_info[1]))
        return SECRET.sub(r"\1…", line)


def one_line(value: object) -> str:
    """`value` as text that cannot begin a line of its own."""
    return str(value).replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")


def described(error: BaseException) -> list[str]:
    """Where an exception and its causes came from, innermost cause last, and what they were."""
    lines = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        lines.append(name_of(current))
        frames = traceback.extract_tb(current.__traceback__)
        lines += [f"  {frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return lines


def name_of(error: BaseException) -> str:
    """Its class; and its text too, where the class vouches that it holds nothing personal."""
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    return f"{name}: {one_line(error)}" if getattr(error, "safe", False) else name
