"""scan: folded text → hits of literal and spaced atoms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Final, NamedTuple

import ahocorasick

from compiler.matcher.text import boundary_class, kept, squeeze

Hit = tuple[int, int, tuple[int, ...]]
"""Start, end (folded units) and the gaps inside, as start, end, start, end … of each."""
Hits = dict[int, list[Hit]]
"""Hits by atom, sorted."""

MAX_SYMBOLS = 3
"""Between two characters of a spaced literal, and beside a spaced group."""


Written = tuple[int, int]
"""Index of the last unit; literal."""
Spread = tuple[int, tuple[int, int, int, int]]
"""Index of the last unit of the squeezed text; spaced atom, length, classes of its ends."""
_NOTHING: Final[list[Spread]] = []
_literal_of: Final = itemgetter(1)


class Found(NamedTuple):
    """What the automata found in a text, before any of it is looked at."""

    text: str
    written: list[Written]
    squeezed: str
    spread: list[Spread]


class LiteralScanner:
    def __init__(self, literals: Sequence[str], spaced: Sequence[int]) -> None:
        self._own = own = {literal: len(literals) + n for n, literal in enumerate(spaced)}
        ends = [(boundary_class(text[0]), boundary_class(text[-1])) for text in literals]
        self._length = [len(text) for text in literals]
        # Of the few literals with an ASCII end, or an atom of their own when spaced, more has to be asked: the classes of
        # the ends, and that atom (or -1).
        self._more = [(*ends[n], own.get(n, -1)) if any(ends[n]) or n in own else None for n in range(len(literals))]
        self._spaced = frozenset(own)
        self._written = _automaton((text, n) for n, text in enumerate(literals))
        self._squeezed = _automaton((literals[n], (atom, len(literals[n]), *ends[n])) for n, atom in own.items())

    def look(self, text: str) -> Found:
        """What may be found in `text`: enough to tell, most of the time, that no rule can wake."""
        written = [] if self._written is None else list(self._written.iter(text))
        if self._squeezed is None or not (squeezed := squeeze(text)):
            return Found(text, written, "", _NOTHING)
        return Found(text, written, squeezed, list(self._squeezed.iter(squeezed)))

    def atoms(self, found: Found) -> set[int]:
        """Literals and spaced atoms that may occur."""
        atoms = set(map(_literal_of, found.written))
        for literal in atoms & self._spaced:
            atoms.add(self._own[literal])
        for _, value in found.spread:
            atoms.add(value[0])
        return atoms

    def scan(self, text: str) -> Hits:
        """Hits of every literal, and of spaced atoms both as written and with symbols between."""
        return self.hits(self.look(text))

    def hits(self, found: Found) -> Hits:
        """The hits among what was found: literals whose ends split no word or number."""
        text = found.text
        hits: Hits = {}
        lengths, mores = self._length, self._more
        for last, literal in found.written:
            end = last + 1
            start = end - lengths[literal]
            hit: Hit = (start, end, ())
            if (more := mores[literal]) is not None:
                first, final, atom = more
                if first and start and boundary_class(text[start - 1]) == first:
                    continue
                if final and end < len(text) and boundary_class(text[end]) == final:
                    continue
                if atom >= 0:
                    hits.setdefault(atom, []).append(hit)
            # One literal is met from left to right: its hits come sorted.
            if literal in hits:
                hits[literal].append(hit)
            else:
                hits[literal] = [hit]
        if found.spread:
            self._keep_squeezed(found.spread, text, found.squeezed, hits)
        return hits

    @staticmethod
    def _keep_squeezed(found: list[Spread], text: str, squeezed: str, hits: Hits) -> None:
        near = MAX_SYMBOLS + 1
        at = kept(text)
        for last, (atom, length, first, final) in found:
            end = last + 1
            start = end - length
            if at[last] - at[start] == length - 1:  # found as written
                continue
            if any(at[i + 1] - at[i] > near for i in range(start, last)):
                continue
            if first and start and at[start] - at[start - 1] <= near and boundary_class(squeezed[start - 1]) == first:
                continue
            if final and end < len(squeezed) and at[end] - at[last] <= near and boundary_class(squeezed[end]) == final:
                continue
            hits.setdefault(atom, []).append((at[start], at[last] + 1, ()))
            hits[atom].sort()


def _automaton(words: Iterable[tuple[str, object]]) -> ahocorasick.Automaton | None:
    """pyahocorasick's automaton of words and what to give for each; None when there are none."""
    automaton = ahocorasick.Automaton()
    for word, value in words:
        automaton.add_word(word, value)
    if not len(automaton):
        return None
    automaton.make_automaton()
    return automaton
