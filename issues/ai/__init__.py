"""Who thinks: a prompt in, a verdict with a reply out. Knows none of our tables.

The client libraries are slow to import and large: only `preload` and `thinker` import one, the configured one.
"""

import functools
import importlib
import os
import threading

from django.conf import settings
from django.utils.module_loading import import_string

from .base import Thinker

__all__ = ["configured", "preload", "thinker"]


def configured() -> bool:
    """Whether there is anyone to ask: the API key is set."""
    return bool(settings.GEMINI_API_KEY)


def preload() -> None:
    """Imports the configured backend and makes nothing, so that processes forked afterwards share its memory."""
    importlib.import_module(_backend().rpartition(".")[0])


def thinker() -> Thinker:
    """The configured backend, one per process. Raises base.Misconfigured without a usable key."""
    with _making:
        return _thinker()


@functools.cache
def _thinker() -> Thinker:
    return import_string(_backend())()


def _backend() -> str:
    return settings.AI_BACKENDS[settings.AI_BACKEND]


# Many first calls come at once, and one set of connections is enough.
_making = threading.Lock()


def forget() -> None:
    """Lets the next call make a new thinker: after a fork, for a child must not speak over its parent's connections."""
    global _making
    _making = threading.Lock()
    _thinker.cache_clear()


os.register_at_fork(after_in_child=forget)
