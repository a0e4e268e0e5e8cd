"""Rate limits: token buckets by key, with a bounded memory."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from .problems import Problem

MAX_KEYS = 50_000


class RateLimit:
    """`burst` requests at once, `per_second` on average, for each key (an address, a token, an installation)."""

    def __init__(self, burst: float, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst = burst
        self._rate = per_second
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> None:
        """Raises Problem `too-many` with the seconds to wait."""
        left = self._left(key)
        if left < 1:
            raise Problem("too-many", retry_after=self._wait(left))
        self._set(key, left - 1)

    def peek(self, key: str) -> None:
        """Like `take`, but uses nothing up."""
        left = self._left(key)
        if left < 1:
            raise Problem("too-many", retry_after=self._wait(left))

    def _left(self, key: str) -> float:
        left, then = self._buckets.get(key, (self._burst, 0.0))
        return min(self._burst, left + (self._clock() - then) * self._rate) if then else left

    def _set(self, key: str, left: float) -> None:
        self._buckets[key] = (left, self._clock())
        self._buckets.move_to_end(key)
        while len(self._buckets) > MAX_KEYS:
            self._buckets.popitem(last=False)

    def _wait(self, left: float) -> int:
        return max(1, int((1 - left) / self._rate) + 1)
