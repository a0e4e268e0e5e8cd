"""scan: folded text → the literal and spaced atoms in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from ahocorasick_rs import AhoCorasick, Implementation

from compiler.matcher.text import SYMBOLS, boundary_class, kept, squeeze

Hit = tuple[int, int, tuple[int, ...]]
"""Start, end (folded units) and the gaps inside, as start, end, start, end … of each."""
Hits = dict[int, list[Hit]]
"""Hits by atom, sorted."""

MAX_SYMBOLS = 3
"""Between two characters of a spaced literal, and beside a spaced group."""

Written = tuple[int, int, int]
"""Literal; start and end in the text."""
Spread = tuple[int, int, int]
"""Index into the spaced literals; start and end in the squeezed text."""
_NOTHING: Final[list[Spread]] = []
_apart: Final = re.compile(f"([^{SYMBOLS}])[{SYMBOLS}]{{1,{MAX_SYMBOLS}}}(?=([^{SYMBOLS}]))").findall
"""What stands on both sides of a few symbols."""


class Found:
    """What the automata found in a text, before any of it is looked at."""

    __slots__ = ("spread", "squeezed", "text", "written")

    def __init__(self, text: str, written: list[Written], squeezed: str, spread: list[Spread]) -> None:
        self.text = text
        self.written = written
        self.squeezed = squeezed
        self.spread = spread


class LiteralScanner:
    def __init__(self, literals: Sequence[str], spaced: Sequence[int]) -> None:
        self.base = len(literals)
        self._spaced = spaced
        self._own = {literal: len(literals) + n for n, literal in enumerate(spaced)}
        ends = ((n, boundary_class(text[0]), boundary_class(text[-1])) for n, text in enumerate(literals))
        self._classes = {n: (first, last) for n, first, last in ends if first or last}
        """Classes of the ends of the few literals that have any."""
        self._written = _automaton(literals)
        self._squeezed = _automaton([literals[n] for n in spaced])
        self._pairs = {pair for n in spaced for pair in zip(literals[n], literals[n][1:], strict=False)}
        """Units that are neighbours in a spaced literal."""

    def look(self, text: str) -> Found:
        """What may be found in `text`: enough to tell, most of the time, that no rule can wake."""
        written = self._written(text)
        if self._pairs and not self._pairs.isdisjoint(_apart(text)):
            squeezed = squeeze(text)
            return Found(text, written, squeezed, self._squeezed(squeezed))
        return Found(text, written, "", _NOTHING)

    def hits(self, found: Found) -> Hits:
        """The hits among what was found, of spaced atoms both as written and with symbols between."""
        hits: Hits = {}
        for literal, start, end in found.written:
            # One literal is met from left to right: its hits come sorted.
            if literal in hits:
                hits[literal].append((start, end, ()))
            else:
                hits[literal] = [(start, end, ())]
        if not self._classes.keys().isdisjoint(hits):
            for literal in hits.keys() & self._classes.keys():
                classes = self._classes[literal]
                hits[literal] = [hit for hit in hits[literal] if self._whole(found.text, hit, *classes)]
        if not self._own.keys().isdisjoint(hits):
            for literal in hits.keys() & self._own.keys():
                hits[self._own[literal]] = hits[literal]
        if found.spread:
            self._add_spread(found, hits)
        return hits

    @staticmethod
    def _whole(text: str, hit: Hit, first: int, last: int) -> bool:
        """Whether a literal with ends of these classes splits no word and no number."""
        start, end, _ = hit
        if first and start and boundary_class(text[start - 1]) == first:
            return False
        return not (last and end < len(text) and boundary_class(text[end]) == last)

    def _add_spread(self, found: Found, hits: Hits) -> None:
        """Hits of spaced atoms with symbols between."""
        near = MAX_SYMBOLS + 1
        squeezed = found.squeezed
        at = kept(found.text)
        for n, start, end in found.spread:
            last = end - 1
            if at[last] - at[start] == last - start:  # found as written
                continue
            if any(at[i + 1] - at[i] > near for i in range(start, last)):
                continue
            first, final = self._classes.get(self._spaced[n], (0, 0))
            if first and start and at[start] - at[start - 1] <= near and boundary_class(squeezed[start - 1]) == first:
                continue
            if final and end < len(squeezed) and at[end] - at[last] <= near and boundary_class(squeezed[end]) == final:
                continue
            atom = self.base + n
            hits[atom] = sorted([*hits.get(atom, ()), (at[start], at[last] + 1, ())])


def _automaton(words: Sequence[str]) -> Callable[[str], list[Written]]:
    """All matches of `words` in a text, overlapping ones too, by where they end."""
    if not words:
        return lambda text: []
    automaton = AhoCorasick(words, implementation=Implementation.ContiguousNFA, store_patterns=False)
    return partial(automaton.find_matches_as_indexes, overlapping=True)
