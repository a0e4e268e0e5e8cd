"""Numbers the atoms of a rulebook: equal literals, entities and sets are one atom.

While a rulebook is compiled an atom is a *handle*, `index * 4 + kind`, so that nothing has to be renumbered while more
literals arrive; `Atoms.finish` turns handles into the final numbers, which docs/engine.md describes: literals, spaced
literals, entities, sets, each set over lower numbers.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Iterable
from itertools import chain
from typing import Final, NamedTuple

from compiler import bundle
from compiler.sets_in_file import END, SEQUENCE, Sets

_LITERAL: Final = 0
_SPACED: Final = 1
_ENTITY: Final = 2
_SET: Final = 3

NONE: Final = -1
_NOWHERE: Final = "\uffff"
"""A noncharacter, which no folded text holds."""
Elements = tuple[int, ...]
"""A sequence: handles, gaps and edges."""


class _Below(NamedTuple):
    """The atoms directly in a set, in the order in which they are met, by kind; the sets with their places among them."""

    mixed: tuple[int, ...]
    """All of them, when there are sets among them; else () …"""
    literals: dict[int, None]
    """… and the atoms of each other kind; of a spaced literal the literal too."""
    spaced: dict[int, None]
    entities: dict[int, None]
    in_file: tuple[int, ...]
    """The set as the file has it, with handles for numbers."""


class Atoms:
    def __init__(self) -> None:
        self._literals: dict[str, int] = {}
        self._longest: dict[str, int] = {}
        """Of the literals that begin with a unit, the longest one's length."""
        self._spaced: dict[str, int] = {}
        self._spaced_texts: list[str] = []
        self._entities: dict[bundle.Entity, int] = {}
        self._sets: dict[tuple[Elements, ...], int] = {}
        self._members: list[tuple[Elements, ...]] = []
        """The keys of `_sets`, by index."""
        self._below: list[_Below] = []
        self._single: set[int] = set()
        self._kept: tuple[tuple[int, ...], tuple[bundle.Atoms, Numbers]] | None = None
        """The roots of the last release, and what they came to."""

    def literal(self, text: str, spaced: bool = False) -> int:
        index = self._literals.get(text, -1)
        if index < 0:
            index = self._literals[text] = len(self._literals)
            self._longest[text[0]] = max(self._longest.get(text[0], 0), len(text))
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
        index = self._sets.setdefault(unique, len(self._sets))
        handle = index * 4 + _SET
        if index == len(self._members):
            self._members.append(unique)
            self._below.append(self._look_below(unique))
        if any(len(sequence) == 1 and sequence[0] in self._single for sequence in unique):
            self._single.add(handle)
        return handle

    def plain(self, handle: int) -> list[int]:
        """The literals of an atom that is a literal or a set of literals."""
        if handle & 3 != _SET:
            return [handle]
        return [sequence[0] for sequence in self._members[handle >> 2] if len(sequence) == 1]

    def is_single(self, handle: int) -> bool:
        """Whether the atom is, or may be, a literal of one character alone."""
        return handle in self._single

    def finish(self, roots: Iterable[int], *, keep: bool = False) -> tuple[bundle.Atoms, Numbers]:
        """The atoms that `roots` reach, numbered in the order in which they are met, and what numbers them.

        The result does not depend on what else was ever compiled. One that is to be kept is there for the next channel,
        which mostly has the same roots.
        """
        wanted = tuple(roots)
        if self._kept is not None and self._kept[0] == wanted:
            return self._kept[1]
        finished = self._finish(wanted)
        if keep:
            self._kept = wanted, finished
        return finished

    def _finish(self, roots: Iterable[int]) -> tuple[bundle.Atoms, Numbers]:
        literals: dict[int, None] = {}
        spaced: dict[int, None] = {}
        entities: dict[int, None] = {}
        sets: dict[int, None] = {}
        below = self._below

        def visit(handle: int) -> None:
            inside = below[handle >> 2]
            if inside.mixed:
                for element in inside.mixed:
                    if element & 3 == _SET:
                        if element not in sets:
                            visit(element)
                    else:
                        leaf(element)
            else:
                literals.update(inside.literals)
                if inside.spaced:
                    spaced.update(inside.spaced)
                if inside.entities:
                    entities.update(inside.entities)
            sets[handle] = None

        def leaf(handle: int) -> None:
            kind = handle & 3
            if kind == _LITERAL:
                literals[handle] = None
            elif kind == _SPACED:
                literals[self._literal_of(handle)] = None
                spaced[handle] = None
            else:
                entities[handle] = None

        for root in roots:
            if root >= 0 and root not in sets:
                if root & 3 == _SET:
                    visit(root)
                else:
                    leaf(root)
        numbers = Numbers((literals, spaced, entities, sets), self._size())
        number = numbers.final.__getitem__
        texts, kinds = list(self._literals), list(self._entities)
        return (
            bundle.Atoms(
                literals=[texts[handle >> 2] for handle in literals],
                spaced=[number(self._literal_of(handle)) for handle in spaced],
                entities=[kinds[handle >> 2] for handle in entities],
                sets=self._numbered(sets, number),
            ),
            numbers,
        )

    def within(self, roots: Iterable[int], texts: Iterable[str]) -> tuple[bundle.Atoms, Numbers]:
        """As `finish`, of what may occur in `texts` alone, all folded; all that may not is numbered as atom 0, a literal
        that occurs nowhere. So small a table is made in the time it takes to look at the sets.
        """
        present = self._occurring(texts)
        spaced: dict[int, None] = {}
        entities: dict[int, None] = {}
        kept: dict[int, list[Elements]] = {}
        """The sequences of each set that may occur; what is in a set stands before it."""

        def may_occur(handle: int) -> bool:
            kind = handle & 3
            if kind == _LITERAL:
                return handle in present
            if kind == _SET:
                if handle not in kept:
                    sequences = self._members[handle >> 2]
                    kept[handle] = [s for s in sequences if all(e < 0 or e in present or may_occur(e) for e in s)]
                return bool(kept[handle])
            if kind == _SPACED and self._literal_of(handle) not in present:
                return False
            (spaced if kind == _SPACED else entities)[handle] = None
            return True

        for root in roots:
            if root >= 0:
                may_occur(root)
        sets = [handle for handle, sequences in kept.items() if sequences]
        size = self._size()
        numbers = Numbers(([size - 1, *present], spaced, entities, sets), size)
        texts_of, kinds, number = list(self._literals), list(self._entities), numbers.of
        return (
            bundle.Atoms(
                literals=[_NOWHERE, *(texts_of[handle >> 2] for handle in present)],
                spaced=[number(self._literal_of(handle)) for handle in spaced],
                entities=[kinds[handle >> 2] for handle in entities],
                sets=Sets(array("i", map(number, chain.from_iterable(_in_file(kept[h]) for h in sets))), len(sets)),
            ),
            numbers,
        )

    def _size(self) -> int:
        """More than any handle; that one below it is nobody's."""
        return 4 * max(len(self._literals), len(self._spaced), len(self._entities), len(self._sets)) + 4

    def _occurring(self, texts: Iterable[str]) -> dict[int, None]:
        """The literals in some texts."""
        literals, longest = self._literals, self._longest
        found: dict[int, None] = {}
        for text in texts:
            for start, first in enumerate(text):
                for end in range(start + 1, min(start + longest.get(first, 0), len(text)) + 1):
                    index = literals.get(text[start:end])
                    if index is not None:
                        found[index * 4 + _LITERAL] = None
        return found

    def _numbered(self, sets: Collection[int], number: Callable[[int], int]) -> Sets:
        below = self._below
        handles = chain.from_iterable([below[handle >> 2].in_file for handle in sets])
        return Sets(array("i", map(number, handles)), len(sets))

    def _literal_of(self, handle: int) -> int:
        """The literal of a spaced one."""
        if len(self._spaced_texts) < len(self._spaced):
            self._spaced_texts = list(self._spaced)
        return self._literals[self._spaced_texts[handle >> 2]] * 4 + _LITERAL

    def _look_below(self, sequences: tuple[Elements, ...]) -> _Below:
        elements = tuple(dict.fromkeys(element for sequence in sequences for element in sequence if element >= 0))
        written = _in_file(sequences)
        if any(element & 3 == _SET for element in elements):
            return _Below(elements, {}, {}, {}, written)
        spaced = [element for element in elements if element & 3 == _SPACED]
        literals = [self._literal_of(e) if e & 3 == _SPACED else e for e in elements if e & 3 != _ENTITY]
        entities = [element for element in elements if element & 3 == _ENTITY]
        return _Below((), dict.fromkeys(literals), dict.fromkeys(spaced), dict.fromkeys(entities), written)


def _in_file(sequences: Iterable[Elements]) -> tuple[int, ...]:
    written: list[int] = []
    for sequence in sequences:
        written += sequence if len(sequence) == 1 else (SEQUENCE, *sequence, SEQUENCE)
    return (*written, END)


class Numbers:
    """Handle → final atom number; gaps, edges and NONE stay as they are."""

    def __init__(self, order: Iterable[Collection[int]], size: int) -> None:
        """Handles below `size` by kind, in the order of their numbers; all others are numbered 0."""
        # A list, which a hundred thousand look-ups show: what is below 0 finds itself at its end.
        final = [0] * size + [*range(SEQUENCE, 0)]
        self.final: list[int] = final
        base = 0
        for handles in order:
            for number, handle in enumerate(handles, base):
                final[handle] = number
            base += len(handles)

    def of(self, handle: int) -> int:
        return self.final[handle]
