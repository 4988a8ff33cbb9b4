"""A process that does not outlive its parent, where the system can promise that (Linux)."""

import ctypes
import multiprocessing
import os
import signal
from collections.abc import Callable
from multiprocessing import util

PR_SET_PDEATHSIG = 1


def _prctl() -> Callable[..., int] | None:
    try:
        return ctypes.CDLL(None).prctl
    except (OSError, AttributeError):
        return None


# Looked up beforehand: little is safe to do between a fork and what follows it.
PRCTL = _prctl()


def die_with_parent(by: signal.Signals = signal.SIGKILL) -> None:
    """Has the kernel send `by` to this process when the thread that forked it ends; nothing outside Linux."""
    if PRCTL is not None:
        PRCTL(PR_SET_PDEATHSIG, int(by), 0, 0, 0)


def tie_children() -> None:
    """From now on every multiprocessing child of this process, and theirs, dies with its parent."""
    util.register_after_fork(_tie, lambda tie: tie())


def _tie() -> None:
    die_with_parent()
    parent = multiprocessing.parent_process()
    if parent is not None and os.getppid() != parent.pid:
        os._exit(1)  # it went before we could ask
