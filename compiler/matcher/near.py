"""Hits near a place: a text that is dense with hits is not gone through for each of them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

from compiler.matcher.scan import Hit

FEW: Final = 16
"""Of so many it is quicker to look at all."""


class Near:
    """The hits of an atom, sorted."""

    __slots__ = ("_longest", "hits")

    def __init__(self, hits: Sequence[Hit]) -> None:
        self.hits = hits
        self._longest = max([end - start for start, end, _ in hits]) if len(hits) > FEW else 0

    def touching(self, start: int, end: int) -> Sequence[Hit]:
        """At least those that touch `[start, end]`, in order; of a few, all: whoever asks looks again."""
        hits = self.hits
        if len(hits) <= FEW:
            return hits
        return hits[bisect_left(hits, (start - self._longest,)) : bisect_left(hits, (end + 1,))]

    def covering(self, hit: Hit) -> Hit | None:
        """The first that covers another hit."""
        start, end, _ = hit
        return next((c for c in self.touching(start, end) if c[0] <= start and end <= c[1]), None)
