"""Numbers the atoms of a rulebook: equal literals, entities and sets are one atom.

While a rulebook is compiled an atom is a *handle*, `index * 4 + kind`, so that nothing has to be renumbered while more
literals arrive; `Atoms.finish` turns handles into the final numbers, which docs/engine.md describes: literals, spaced
literals, entities, sets, each set over lower numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from compiler import bundle

_LITERAL: Final = 0
_SPACED: Final = 1
_ENTITY: Final = 2
_SET: Final = 3

NONE: Final = -1
Elements = tuple[int, ...]
"""A sequence: handles, gaps and edges."""


class Atoms:
    def __init__(self) -> None:
        self._literals: dict[str, int] = {}
        self._spaced: dict[str, int] = {}
        self._entities: dict[bundle.Entity, int] = {}
        self._sets: dict[tuple[Elements, ...], int] = {}
        self._single: set[int] = set()

    def literal(self, text: str, spaced: bool = False) -> int:
        index = self._literals.setdefault(text, len(self._literals))
        if len(text) == 1:
            self._single.add(index * 4 + _LITERAL)
        elif spaced:
            return self._spaced.setdefault(text, len(self._spaced)) * 4 + _SPACED
        return index * 4 + _LITERAL

    def entity(self, entity: bundle.Entity) -> int:
        return self._entities.setdefault(entity, len(self._entities)) * 4 + _ENTITY

    def set(self, sequences: Iterable[Elements]) -> int:
        """The handle of a set; of its only element when it is just one atom; NONE when empty."""
        unique = tuple(dict.fromkeys(sequences))
        if not unique:
            return NONE
        if len(unique) == 1 and len(unique[0]) == 1:
            return unique[0][0]
        handle = self._sets.setdefault(unique, len(self._sets)) * 4 + _SET
        if any(len(sequence) == 1 and sequence[0] in self._single for sequence in unique):
            self._single.add(handle)
        return handle

    def plain(self, handle: int) -> list[int]:
        """The literals of an atom that is a literal or a set of literals."""
        if handle & 3 != _SET:
            return [handle]
        return [sequence[0] for sequence in list(self._sets)[handle >> 2] if len(sequence) == 1]

    def is_single(self, handle: int) -> bool:
        """Whether the atom is, or may be, a literal of one character alone."""
        return handle in self._single

    def finish(self) -> tuple[bundle.Atoms, Numbers]:
        numbers = Numbers(len(self._literals), len(self._spaced), len(self._entities))
        final = numbers.of
        return (
            bundle.Atoms(
                literals=list(self._literals),
                spaced=[self._literals[text] for text in self._spaced],
                entities=list(self._entities),
                sets=[
                    [final(seq[0]) if len(seq) == 1 else [final(e) for e in seq] for seq in sequences]
                    for sequences in self._sets
                ],
            ),
            numbers,
        )


class Numbers:
    """Handle → final atom number; gaps, edges and NONE stay as they are."""

    __slots__ = ("_bases",)

    def __init__(self, literals: int, spaced: int, entities: int) -> None:
        self._bases = (0, literals, literals + spaced, literals + spaced + entities)

    def of(self, handle: int) -> int:
        return handle if handle < 0 else self._bases[handle & 3] + (handle >> 2)
