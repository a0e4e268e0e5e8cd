"""Places the nodes of a trie into one table of cells, so that few cells stay empty.

The child of a node by label `l` lives in the cell `base + l`. `place` finds the bases by first fit, large nodes first,
with the cells as the bits of an integer: one shift then tests a label against every base at once, which makes pure
Python fast enough (100,000 patterns in well under a second).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, groupby
from operator import itemgetter

__all__ = ["place"]

_CHUNK = 1024
"""Cells that leave the window at a time …"""
_ENOUGH = 0.96
"""… when so many of them are taken. The rest is left to nodes of one child, which fit anywhere."""
_WINDOW = 16384
"""… or when there are more than these, which happens when no small nodes are there to fill the holes."""
_EVERY = 16
"""Nodes after which the window is looked at."""
_BATCH = 16384
"""Children that are placed together, large nodes first, so that small ones soon fill the holes between."""


def place(nodes: Sequence[Sequence[int]]) -> tuple[list[int], int]:
    """A base for each node, given its labels, and the number of cells.

    No two labels share a cell and no two nodes a base; the root, `nodes[0]`, has base 0 and every other a larger one.
    """
    bases = [0] * len(nodes)
    used = {0}
    taken = sum(1 << label for label in nodes[0]) | 1  # the cells from `origin` on; cell 0 is the root's own
    origin = 0
    free: list[int] = []  # below `origin`

    order = sorted((n for n in range(1, len(nodes)) if len(nodes[n]) > 1), key=lambda index: -len(nodes[index]))
    batches = sum(map(len, nodes)) // _BATCH + 1
    large_first = chain.from_iterable(order[batch::batches] for batch in range(batches))
    for turn, index in enumerate(large_first, 1):
        labels = nodes[index]
        first = min(labels)
        blocked = taken
        mask = 1
        for label in labels:
            if label != first:
                blocked |= taken >> label - first
                mask |= 1 << label - first
        while True:  # the lowest cell for the first label whose base is free too
            lowest = ~blocked & (blocked + 1)
            at = lowest.bit_length() - 1
            base = origin + at - first
            if base > 0 and base not in used:
                break
            blocked |= lowest
        bases[index] = base
        used.add(base)
        taken |= mask << at
        while not turn % _EVERY and _is_done(taken):
            free += _holes(taken, origin, _CHUNK)
            taken >>= _CHUNK
            origin += _CHUNK

    free += _holes(taken, origin, taken.bit_length())
    cells = origin + taken.bit_length()
    singles = sorted((labels[0], index) for index, labels in enumerate(nodes) if index and len(labels) == 1)
    for label, group in groupby(singles, itemgetter(0)):
        unfit: list[int] = []  # a cell that does not suit one node suits no other with the same label
        tried = 0
        for _, index in group:
            while True:  # the lowest cell whose base is free
                if tried == len(free):
                    free.append(cells)
                    cells += 1
                cell = free[tried]
                tried += 1
                base = cell - label
                if base > 0 and base not in used:
                    break
                unfit.append(cell)
            bases[index] = base
            used.add(base)
        free = unfit + free[tried:]
    return bases, cells


def _is_done(taken: int) -> bool:
    return (taken & ((1 << _CHUNK) - 1)).bit_count() >= _CHUNK * _ENOUGH or taken.bit_length() > _WINDOW


def _holes(taken: int, origin: int, size: int) -> list[int]:
    bits = taken & ((1 << size) - 1)
    return [origin + bit for bit in range(size) if not bits >> bit & 1]
