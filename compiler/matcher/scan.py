"""scan: folded text → hits of literal and spaced atoms."""

from __future__ import annotations

from collections.abc import Sequence

from compiler.automaton import Scanner
from compiler.matcher.text import boundary_class, squeeze

Hit = tuple[int, int, tuple[int, ...]]
"""Start, end (folded units) and the gaps inside, as start, end, start, end … of each."""
Hits = dict[int, list[Hit]]
"""Hits by atom, sorted."""

MAX_SYMBOLS = 3
"""Between two characters of a spaced literal, and beside a spaced group."""


class LiteralScanner:
    def __init__(self, literals: Sequence[str], spaced: Sequence[int]) -> None:
        self._scanner = Scanner(literals) if literals else None
        self._first = [boundary_class(text[0]) for text in literals]
        self._last = [boundary_class(text[-1]) for text in literals]
        self._spaced_atom = {literal: len(literals) + n for n, literal in enumerate(spaced)}

    def scan(self, text: str) -> Hits:
        """Hits of every literal, and of spaced atoms both as written and with symbols between."""
        hits: Hits = {}
        if self._scanner is None:
            return hits
        first, last, spaced = self._first, self._last, self._spaced_atom
        length = len(text)
        for literal, start, end in self._scanner.scan(text):
            edge = first[literal]
            if edge and start and boundary_class(text[start - 1]) == edge:
                continue
            edge = last[literal]
            if edge and end < length and boundary_class(text[end]) == edge:
                continue
            hits.setdefault(literal, []).append((start, end, ()))
            if literal in spaced:
                hits.setdefault(spaced[literal], []).append((start, end, ()))
        if spaced and (squeezed := squeeze(text)):
            self._scan_squeezed(*squeezed, hits)
        return hits

    def _scan_squeezed(self, text: str, at: list[int], hits: Hits) -> None:
        assert self._scanner is not None
        near = MAX_SYMBOLS + 1
        length = len(text)
        for literal, start, end in self._scanner.scan(text):
            atom = self._spaced_atom.get(literal)
            if atom is None or at[end - 1] - at[start] == end - 1 - start:  # found as written
                continue
            if any(at[i + 1] - at[i] > near for i in range(start, end - 1)):
                continue
            edge = self._first[literal]
            if edge and start and at[start] - at[start - 1] <= near and boundary_class(text[start - 1]) == edge:
                continue
            edge = self._last[literal]
            if edge and end < length and at[end] - at[end - 1] <= near and boundary_class(text[end]) == edge:
                continue
            hits.setdefault(atom, []).append((at[start], at[end - 1] + 1, ()))
            hits[atom].sort()
