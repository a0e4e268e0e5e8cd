"""scan: folded text → the literal and spaced atoms in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Final

import ahocorasick

from compiler.matcher.text import SYMBOLS, boundary_class, kept, squeeze

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
_value_of: Final = itemgetter(1)
_apart: Final = re.compile(f"([^{SYMBOLS}])[{SYMBOLS}]{{1,{MAX_SYMBOLS}}}(?=([^{SYMBOLS}]))").findall
"""What stands on both sides of a few symbols."""


class Found:
    """What the automata found in a text; of most of it nobody ever asks where."""

    __slots__ = ("atoms", "ends", "spread", "squeezed", "text", "written")

    def __init__(self, text: str, written: list[Written], atoms: set[int]) -> None:
        self.text = text
        self.written = written
        self.atoms = atoms
        """Literals and spaced atoms that may occur."""
        self.ends: dict[int, list[int]] | None = None
        """Where each literal ends, when anybody asks."""
        self.squeezed = ""
        self.spread = _NOTHING


class LiteralScanner:
    def __init__(self, literals: Sequence[str], spaced: Sequence[int]) -> None:
        self._literals = len(literals)
        self._spaced = spaced
        self._own = own = {literal: len(literals) + n for n, literal in enumerate(spaced)}
        ends = [(boundary_class(text[0]), boundary_class(text[-1])) for text in literals]
        self._length = [len(text) for text in literals]
        self._classes = {n: classes for n, classes in enumerate(ends) if any(classes)}
        """Classes of the ends of the few literals that have any."""
        self._written = _automaton((text, n) for n, text in enumerate(literals))
        self._squeezed = _automaton((literals[n], (atom, len(literals[n]), *ends[n])) for n, atom in own.items())
        self._pairs = {pair for n in own for pair in zip(literals[n], literals[n][1:], strict=False)}
        """Units that are neighbours in a spaced literal."""

    def look(self, text: str) -> Found:
        """What may be found in `text`: enough to tell, most of the time, that no rule can wake."""
        written = [] if self._written is None else list(self._written.iter(text))
        found = Found(text, written, set(map(_value_of, written)))
        if self._squeezed is not None:
            own, atoms = self._own, found.atoms
            for literal in atoms & own.keys():
                atoms.add(own[literal])
            if not self._pairs.isdisjoint(_apart(text)):
                found.squeezed = squeeze(text)
                found.spread = list(self._squeezed.iter(found.squeezed))
                atoms.update(value[0] for _, value in found.spread)
        return found

    def hits(self, found: Found, atom: int) -> list[Hit]:
        """The hits of a literal, or of a spaced atom both as written and with symbols between."""
        ends = found.ends
        if ends is None:
            ends = found.ends = {}
            # One literal is met from left to right: its hits come sorted.
            for last, literal in found.written:
                if literal in ends:
                    ends[literal].append(last + 1)
                else:
                    ends[literal] = [last + 1]
        literal = atom if atom < self._literals else self._spaced[atom - self._literals]
        length = self._length[literal]
        hits: list[Hit] = [(end - length, end, ()) for end in ends.get(literal, ())]
        if literal in self._classes:
            hits = [hit for hit in hits if self._whole(found.text, hit, *self._classes[literal])]
        if atom != literal and found.spread:
            hits += self._apart(found, atom)
            hits.sort()
        return hits

    @staticmethod
    def _whole(text: str, hit: Hit, first: int, last: int) -> bool:
        """Whether a literal with ends of these classes splits no word and no number."""
        start, end, _ = hit
        if first and start and boundary_class(text[start - 1]) == first:
            return False
        return not (last and end < len(text) and boundary_class(text[end]) == last)

    @staticmethod
    def _apart(found: Found, atom: int) -> list[Hit]:
        """Hits of a spaced atom with symbols between."""
        near = MAX_SYMBOLS + 1
        squeezed = found.squeezed
        at = kept(found.text)
        hits: list[Hit] = []
        for last, (spaced, length, first, final) in found.spread:
            if spaced != atom:
                continue
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
            hits.append((at[start], at[last] + 1, ()))
        return hits


def _automaton(words: Iterable[tuple[str, object]]) -> ahocorasick.Automaton | None:
    """pyahocorasick's automaton of words and what to give for each; None when there are none."""
    automaton = ahocorasick.Automaton()
    for word, value in words:
        automaton.add_word(word, value)
    if not len(automaton):
        return None
    automaton.make_automaton()
    return automaton
