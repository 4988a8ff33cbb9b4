"""Measuring at one size, in a process of its own: Django knows one database in its life."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import NamedTuple


class Line(NamedTuple):
    """One line of the table: p50 and p95, or a single value, in `unit`."""

    name: str
    values: list[float]
    unit: str
    note: str = ""


def in_a_process(count: int, keep: str | None) -> Iterator[Line]:
    """The lines of `at_size.lines`, as they come. Raises CalledProcessError when it fails."""
    command = [sys.executable, "-m", "tests.support.sized", str(count), *([keep] if keep else [])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for text in process.stdout:
            yield Line(*json.loads(text))
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)


def main() -> None:
    from .loaded import loaded

    count, keep = int(sys.argv[1]), (sys.argv[2:] or [None])[0]
    with loaded(count, keep) as took:
        from .at_size import lines  # knows the tables, and so needs a Django that is set up

        for line in lines(count, took, keep=bool(keep)):
            print(json.dumps(line), flush=True)  # noqa: T201 (this is how its parent hears)


if __name__ == "__main__":
    main()
