"""Whether a cluster of workers can still be trusted.

The members of a django-q2 cluster share queues guarded by semaphores. A member that is killed may hold one,
and then nobody reads that queue again, while every process looks well (django-q2 #23, #339). So a cluster
that lost a member is ended as a whole, at once; its supervisor starts another, which takes over its jobs.
"""

import logging
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterable
from multiprocessing.process import BaseProcess
from multiprocessing.sharedctypes import RawValue

log = logging.getLogger("mis.watchdog")

# When a job was last started, on the monotonic clock of this machine. Shared by a cluster's processes, and written
# without a lock: a lock is what a killed process would leave taken.
_started = RawValue("d", 0.0)


def job_started(**_: object) -> None:
    """Notes, in a worker, that a job is being started."""
    _started.value = time.monotonic()


class Watchdog:
    """Lives in the sentinel, the parent of a cluster's other processes, and is asked to `look` twice a second.

    `stalled_s` must exceed the time one job may take: that long, all workers may rightly be busy.
    """

    def __init__(self, stalled_s: float, clock: Callable[[], float] = time.monotonic):
        self.stalled_s = stalled_s
        self.clock = clock
        self.main = os.getppid()
        self._members: dict[int | None, BaseProcess] = {}
        self._left = 0
        self._nothing_waiting_at = clock()

    def look(self, waiting: int, replaced: int) -> None:
        """Ends the cluster, with this process, when it is not to be trusted.

        `waiting` jobs are in its queue; `replaced` members it has lost and started anew so far.
        """
        reason = self.verdict(multiprocessing.active_children(), waiting, replaced, last_start=_started.value)
        if os.getppid() != self.main:
            reason = "its main process is gone"
        if reason:
            self.end(reason)

    def verdict(self, members: Iterable[BaseProcess], waiting: int, replaced: int, last_start: float) -> str:
        """Why the cluster is not to be trusted; empty when it is. `members` are those alive now."""
        ended = [member.exitcode for member in self._members.values() if member.exitcode is not None]
        self._members = {member.pid: member for member in members}
        self._left += ended.count(0)
        if killed := [code for code in ended if code != 0]:
            return f"a member ended with {killed[0]}"
        if replaced > self._left:
            return "a member was lost between two looks"
        return self._stalled(waiting, last_start)

    def _stalled(self, waiting: int, last_start: float) -> str:
        now = self.clock()
        if not waiting:
            self._nothing_waiting_at = now
        if now - max(self._nothing_waiting_at, last_start) > self.stalled_s:
            return f"{waiting} jobs wait and none was started for {self.stalled_s:.0f} s"
        return ""

    def end(self, reason: str) -> None:
        """Kills the process group, if it is the cluster's own: never a shell, or a test run, that it belongs to."""
        if os.getpgrp() != self.main:
            log.critical("the workers are not to be trusted, stop and start them: %s", reason)
            return
        log.critical("ending the workers, to be started anew: %s", reason)
        os.killpg(self.main, signal.SIGKILL)
