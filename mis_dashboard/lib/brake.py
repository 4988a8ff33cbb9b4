"""A brake for whoever tries again and again."""

import time
from collections import deque

MOST_KEYS = 10_000


class Brake:
    """Counts by key, in this process; after `most` within `within_s` seconds there is a time to wait."""

    def __init__(self, most: int, within_s: float, clock=time.monotonic):
        self.most, self.within_s, self.clock = most, within_s, clock
        self._counted: dict[tuple, deque[float]] = {}

    def count(self, key: tuple) -> None:
        if len(self._counted) >= MOST_KEYS:
            self._counted = {old: times for old, times in self._counted.items() if self._lately(times)}
        self._counted.setdefault(key, deque(maxlen=self.most)).append(self.clock())

    def wait_s(self, key: tuple) -> float:
        """How long until it may be tried again; 0 at once."""
        times = self._counted.get(key, ())
        return max(0.0, times[0] + self.within_s - self.clock()) if len(times) == self.most else 0.0

    def forget(self, key: tuple) -> None:
        self._counted.pop(key, None)

    def _lately(self, times: deque[float]) -> bool:
        return times[-1] + self.within_s > self.clock()
