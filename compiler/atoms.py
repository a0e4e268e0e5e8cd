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

    def finish(self, roots: Iterable[int]) -> tuple[bundle.Atoms, Numbers]:
        """The atoms that `roots` reach, numbered in the order in which they are met, and what numbers them.

        The result does not depend on what else was ever compiled.
        """
        texts, entities, sets = list(self._literals), list(self._entities), list(self._sets)
        spaced_texts = list(self._spaced)
        order: list[dict[int, int]] = [{}, {}, {}, {}]
        reached: list[tuple[Elements, ...]] = []

        seen: set[int] = set()

        def visit(handle: int) -> None:
            seen.add(handle)
            kind = handle & 3
            if kind == _SET:
                members = sets[handle >> 2]
                for sequence in members:
                    for element in sequence:
                        if element >= 0 and element not in seen:
                            visit(element)
                reached.append(members)
            elif kind == _SPACED:
                literal = self._literals[spaced_texts[handle >> 2]] * 4
                if literal not in seen:
                    visit(literal)
            order[kind][handle] = len(order[kind])

        for root in roots:
            if root >= 0 and root not in seen:
                visit(root)
        numbers = Numbers(order)
        final = numbers.final.get
        literal = order[_LITERAL]
        return (
            bundle.Atoms(
                literals=[texts[handle >> 2] for handle in literal],
                spaced=[literal[self._literals[spaced_texts[handle >> 2]] * 4] for handle in order[_SPACED]],
                entities=[entities[handle >> 2] for handle in order[_ENTITY]],
                sets=[
                    [final(seq[0], NONE) if len(seq) == 1 else [final(e, e) for e in seq] for seq in sequences]
                    for sequences in reached
                ],
            ),
            numbers,
        )


class Numbers:
    """Handle → final atom number; gaps, edges and NONE stay as they are."""

    def __init__(self, order: list[dict[int, int]]) -> None:
        self.final: dict[int, int] = {}
        for handles in order:
            base = len(self.final)
            self.final.update(zip(handles, range(base, base + len(handles)), strict=True))

    def of(self, handle: int) -> int:
        return handle if handle < 0 else self.final[handle]
