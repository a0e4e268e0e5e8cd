"""Which patterns belong to which part of an automaton: after a save, what it was but for a few.

A part has the patterns whose first units have the same remainder. Ten thousands of patterns are not looked at one by one
when one came: the list has its ends in common with the one before.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Final, NamedTuple

_CHUNK: Final = 1024
"""Patterns compared at once."""


class ByPart(NamedTuple):
    patterns: list[str]
    ids: list[list[int]]
    """Of each part, the indices of its patterns, ascending."""

    def after(self, patterns: Sequence[str]) -> tuple[ByPart, set[int]]:
        """Those of other patterns, and the parts of which a pattern came, went or changed places."""
        before = self.patterns
        begin, end = same_ends(before, patterns)
        new = patterns[begin : len(patterns) - end]
        last = len(before) - end
        more = len(patterns) - len(before)
        cuts = [(bisect_left(own, begin), bisect_left(own, last)) for own in self.ids]
        ids = [own[:low] for own, (low, _) in zip(self.ids, cuts, strict=True)]
        own_of = _OwnList(ids)
        for index, pattern in enumerate(new, begin):
            own_of[pattern[0]](index)
        for own, old, (_, high) in zip(ids, self.ids, cuts, strict=True):
            own += [index + more for index in old[high:]] if more else old[high:]
        moved = {ord(pattern[0]) % len(ids) for pattern in chain(before[begin:last], new)}
        return ByPart([*patterns], ids), moved


class _OwnList(dict[str, Callable[[int], None]]):
    """Unit → what adds to the list of the part whose patterns begin with it."""

    def __init__(self, lists: list[list[int]]) -> None:
        self._lists = lists

    def __missing__(self, unit: str) -> Callable[[int], None]:
        add = self[unit] = self._lists[ord(unit) % len(self._lists)].append
        return add


def same_ends(one: Sequence[str], other: Sequence[str]) -> tuple[int, int]:
    """How many items the two have in common at the beginning, and how many of the rest at the end."""
    shorter = min(len(one), len(other))
    begin = 0
    while begin < shorter and one[begin : begin + _CHUNK] == other[begin : begin + _CHUNK]:
        begin = min(begin + _CHUNK, shorter)
    while begin < shorter and one[begin] == other[begin]:
        begin += 1
    most = shorter - begin
    end = 0
    while (step := min(_CHUNK, most - end)) and _last(one, end, step) == _last(other, end, step):
        end += step
    while end < most and one[-1 - end] == other[-1 - end]:
        end += 1
    return begin, end


def _last(items: Sequence[str], end: int, step: int) -> Sequence[str]:
    return items[len(items) - end - step : len(items) - end]
