"""A long reply is heard in passages: in the sound of the whole, one wrong sentence among ten right ones is lost."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from compiler.matcher.text import break_places

WHOLE: Final = 60
"""Units up to which a reply is one passage."""
_MOST: Final = 40
"""Units of a passage of a longer one; replies of shops seldom have more."""
_STEP: Final = 20
"""Of a clause that is longer still a passage begins every so many units."""


def passages(text: str) -> list[tuple[int, int]]:
    """From the start of each clause as many whole ones as fit, without those that lie inside the one before."""
    length = len(text)
    if length <= WHOLE:
        return [(0, length)]
    starts: list[int] = []
    for start, end in pairwise((0, *(at + 1 for at in break_places(text)), length)):
        while end - start > _MOST:
            starts.append(start)
            start += _STEP
        if start < end:
            starts.append(start)
    found: list[tuple[int, int]] = []
    ends = [*starts[1:], length]
    n = 0
    for start in starts:
        while n < len(ends) and ends[n] <= start + _MOST:
            n += 1
        if not found or ends[n - 1] > found[-1][1]:
            found.append((start, ends[n - 1]))
    return found
