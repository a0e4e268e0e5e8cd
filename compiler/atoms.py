"""The atoms of a rulebook: equal literals, entities and sets are one atom.

An atom is a *handle* (`compiler/handles.py`), which it keeps while more arrive. A release's file has the atoms by their
handles (`compiler/bundle_file.py`). An engine that is made of some rules only, or for some texts, has its own: `Atoms.finish` and
`compiler/atoms_in_texts.py` number them as docs/engine.md describes: literals, spaced literals, entities, sets, each set over lower
numbers.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Iterable
from itertools import chain
from typing import Final, NamedTuple

from compiler import bundle
from compiler.handles import ENTITY, LITERAL, SET, SPACED
from compiler.sets_in_file import END, SEQUENCE, Sets

NONE: Final = -1
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
    sets: tuple[int, ...]


class Atoms:
    def __init__(self) -> None:
        self._literals: dict[str, int] = {}
        self._texts: list[str] = []
        """The keys of `_literals`, by index."""
        self._lengths: dict[str, int] = {}
        """Of the literals that begin with the same two units, or are one: bit n, some have the length n."""
        self._spaced: dict[str, int] = {}
        self._spaced_in_file: list[int] = []
        self._entities: dict[bundle.Entity, int] = {}
        self._sets: dict[tuple[Elements, ...], int] = {}
        self._members: list[tuple[Elements, ...]] = []
        """The keys of `_sets`, by index."""
        self._below: list[_Below] = []
        self._single: set[int] = set()
        self._literals_in_file = 0, bytearray()
        """So many literals as the file has them."""

    def __len__(self) -> int:
        return len(self._literals) + len(self._spaced) + len(self._sets)

    def literal(self, text: str, spaced: bool = False) -> int:
        index = self._literals.get(text, -1)
        if index < 0:
            index = self._literals[text] = len(self._texts)
            self._texts.append(text)
            self._lengths[text[:2]] = self._lengths.get(text[:2], 0) | 1 << len(text)
        if len(text) == 1:
            self._single.add(index * 4 + LITERAL)
        elif spaced:
            if text not in self._spaced:
                self._spaced[text] = len(self._spaced)
                self._spaced_in_file.append(index)
            return self._spaced[text] * 4 + SPACED
        return index * 4 + LITERAL

    def entity(self, entity: bundle.Entity) -> int:
        return self._entities.setdefault(entity, len(self._entities)) * 4 + ENTITY

    def set(self, sequences: Iterable[Elements]) -> int:
        """The handle of a set; of its only element when it is just one atom; NONE when empty."""
        unique = tuple(dict.fromkeys(sequences))
        if not unique:
            return NONE
        if len(unique) == 1 and len(unique[0]) == 1:
            return unique[0][0]
        index = self._sets.setdefault(unique, len(self._sets))
        handle = index * 4 + SET
        if index == len(self._members):
            self._members.append(unique)
            self._below.append(self._look_below(unique))
        if any(len(sequence) == 1 and sequence[0] in self._single for sequence in unique):
            self._single.add(handle)
        return handle

    def plain(self, handle: int) -> list[int]:
        """The literals of an atom that is a literal or a set of literals."""
        if handle & 3 != SET:
            return [handle]
        return [sequence[0] for sequence in self._members[handle >> 2] if len(sequence) == 1]

    def is_single(self, handle: int) -> bool:
        """Whether the atom is, or may be, a literal of one character alone."""
        return handle in self._single

    @property
    def texts(self) -> list[str]:
        """Of the literals; it becomes longer with them."""
        return self._texts

    @property
    def spaced(self) -> list[int]:
        """The index of each spaced literal's literal."""
        return self._spaced_in_file

    @property
    def entities(self) -> list[bundle.Entity]:
        return list(self._entities)

    @property
    def set_count(self) -> int:
        return len(self._sets)

    def sets_in(self, index: int) -> tuple[int, ...]:
        """The sets directly in a set."""
        return self._below[index].sets

    def set_in_file(self, index: int) -> bytes:
        return bundle.little_endian(array("i", self._below[index].in_file))

    def literals_in_file(self) -> bytearray:
        """All that there are."""
        done, written = self._literals_in_file
        if done < len(self._texts):
            written += b"\xff\xff" * (done > 0) + bundle.in_file(self._texts[done:])
            self._literals_in_file = len(self._texts), written
        return written

    def numbers(self) -> Numbers:
        """What numbers the atoms of a file with all of them."""
        counts = len(self._literals), len(self._spaced), len(self._entities), len(self._sets)
        return Numbers(range(kind, 4 * count, 4) for kind, count in enumerate(counts))

    def finish(self, roots: Iterable[int]) -> tuple[bundle.Atoms, Numbers]:
        """The atoms that `roots` reach, numbered in the order in which they are met, and what numbers them.

        The result does not depend on what else was ever compiled.
        """
        literals: dict[int, None] = {}
        spaced: dict[int, None] = {}
        entities: dict[int, None] = {}
        sets: dict[int, None] = {}
        below = self._below

        def visit(handle: int) -> None:
            inside = below[handle >> 2]
            if inside.mixed:
                for element in inside.mixed:
                    if element & 3 == SET:
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
            if kind == LITERAL:
                literals[handle] = None
            elif kind == SPACED:
                literals[self.literal_of(handle)] = None
                spaced[handle] = None
            else:
                entities[handle] = None

        for root in roots:
            if root >= 0 and root not in sets:
                if root & 3 == SET:
                    visit(root)
                else:
                    leaf(root)
        numbers = Numbers((literals, spaced, entities, sets))
        number = numbers.of
        texts, kinds = self._texts, list(self._entities)
        return (
            bundle.Atoms(
                literals=[texts[handle >> 2] for handle in literals],
                spaced=[number(self.literal_of(handle)) for handle in spaced],
                entities=[kinds[handle >> 2] for handle in entities],
                sets=self._numbered(sets, number),
            ),
            numbers,
        )

    def occurring(self, texts: Iterable[str]) -> dict[int, None]:
        """The literals in some folded texts."""
        literals, lengths = self._literals, self._lengths
        found: dict[int, None] = {}
        for text in texts:
            for start, first in enumerate(text):
                either = lengths.get(first, 0) | lengths.get(text[start : start + 2], 0)
                while either:
                    longest = either.bit_length() - 1
                    either ^= 1 << longest
                    index = literals.get(text[start : start + longest])
                    if index is not None:
                        found[index * 4 + LITERAL] = None
        return found

    def spaced_of(self, literals: Iterable[int]) -> list[int]:
        """The spaced ones of these literals."""
        texts = (self._texts[handle >> 2] for handle in literals)
        return [self._spaced[text] * 4 + SPACED for text in texts if text in self._spaced]

    def reached(self, roots: Iterable[int]) -> Collection[int]:
        """The sets among `roots`, and all within them."""
        found = {root for root in roots if root >= 0 and root & 3 == SET}
        waiting = [*found]
        while waiting:
            new = [handle for handle in self.sets_in(waiting.pop() >> 2) if handle not in found]
            found.update(new)
            waiting += new
        return found

    def members(self, handle: int) -> tuple[Elements, ...]:
        """The sequences of a set."""
        return self._members[handle >> 2]

    def _numbered(self, sets: Collection[int], number: Callable[[int], int]) -> Sets:
        below = self._below
        handles = chain.from_iterable([below[handle >> 2].in_file for handle in sets])
        return Sets(array("i", map(number, handles)), len(sets))

    def literal_of(self, handle: int) -> int:
        """The literal of a spaced one."""
        return self._spaced_in_file[handle >> 2] * 4 + LITERAL

    def _look_below(self, sequences: tuple[Elements, ...]) -> _Below:
        elements = tuple(dict.fromkeys(element for sequence in sequences for element in sequence if element >= 0))
        written = in_file(sequences)
        if any(element & 3 == SET for element in elements):
            inside = tuple(element for element in elements if element & 3 == SET)
            return _Below(elements, {}, {}, {}, written, inside)
        spaced = [element for element in elements if element & 3 == SPACED]
        literals = [self.literal_of(e) if e & 3 == SPACED else e for e in elements if e & 3 != ENTITY]
        entities = [element for element in elements if element & 3 == ENTITY]
        return _Below((), dict.fromkeys(literals), dict.fromkeys(spaced), dict.fromkeys(entities), written, ())


def in_file(sequences: Iterable[Elements]) -> tuple[int, ...]:
    written: list[int] = []
    for sequence in sequences:
        written += sequence if len(sequence) == 1 else (SEQUENCE, *sequence, SEQUENCE)
    return (*written, END)


class Numbers:
    """Handle → the number of an atom; gaps, edges and NONE stay as they are, and all other handles are numbered 0."""

    def __init__(self, order: Iterable[Collection[int]]) -> None:
        """Handles by kind, in the order of their numbers."""
        numbered = enumerate(chain.from_iterable(order))
        self._numbers = _Numbered((handle, number) for number, handle in numbered)

    @property
    def of(self) -> Callable[[int], int]:
        return self._numbers.__getitem__


class _Numbered(dict[int, int]):
    def __missing__(self, handle: int) -> int:
        return min(handle, 0)
