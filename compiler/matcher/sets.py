"""evaluate, what is known before any text: what each set consists of, and what can make it occur.

Most sets are nothing but words: their *members*. The others also have *chains*, and of each chain one atom is its *key*: the
one that is least likely to occur. Followed down to words, the keys are the only things that have to be looked for in a
text; and all that must occur besides a key is one number, a bit for each thing, so that one `&` tells whether it does.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from compiler.bundle import Atoms
from compiler.matcher.chains import Chain, chain
from compiler.matcher.commonness import commonness, of_entity

PLAIN: Final = -1
"""Instead of the number of a chain: the set occurs because one of its members does."""

Ways = dict[int, tuple[tuple[int, int], ...]]
"""Leaf (literal, spaced or entity) → (bits of what must occur besides, number of the chain that may occur then)."""

Waking = tuple[int, tuple[tuple[int, int], ...]]
"""Bits of what must occur besides, and (set, chain) of all that may occur then."""


class Shape(NamedTuple):
    """What a set consists of."""

    members: frozenset[int]
    """Literals, spaced and entities that are hits by themselves; those of sets within it too."""
    chains: tuple[Chain, ...]


class SetTable:
    """The sets of a bundle."""

    def __init__(self, atoms: Atoms, asked: Iterable[int] = ()) -> None:
        """`asked`: sets of which texts are asked whether they may occur (`bit`)."""
        self.entity_base = len(atoms.literals) + len(atoms.spaced)
        self.base = base = self.entity_base + len(atoms.entities)
        self._spaced = len(atoms.spaced)
        self._literal_of = [*range(len(atoms.literals)), *atoms.spaced]
        common = commonness(atoms.literals)
        self._frequency = [*common, *(common[literal] for literal in atoms.spaced), *map(of_entity, atoms.entities)]
        self.shapes: dict[int, Shape] = {}
        """What each set consists of, by its atom."""
        for sequences in atoms.sets:
            self._add(sequences, base)
        self._leaves: dict[int, frozenset[int]] = {}
        self._ways: dict[int, Ways] = {}
        links = (link for shape in self.shapes.values() for link in shape.chains)
        elements = dict.fromkeys((*(atom for link in links for atom in link.atoms[1:]), *asked))
        self.bit = {atom: 1 << n for n, atom in enumerate(elements)}
        """Of what stands beside a key, and of what was `asked`."""
        bits = [0] * base
        for atom, bit in self.bit.items():
            for leaf in (atom,) if atom < base else self.leaves(atom):
                bits[leaf] |= bit
        # What is written as a literal is a hit of its spaced atom too. Few leaves differ: equal numbers are kept once.
        for n, literal in enumerate(atoms.spaced, len(atoms.literals)):
            bits[literal] |= bits[n]
        shared: dict[int, int] = {}
        self.bits = [shared.setdefault(some, some) for some in bits]
        """Of each leaf: one for everything it can make occur."""

    def _add(self, sequences: list[int | list[int]], base: int) -> None:
        frequency = self._frequency
        members: set[int] = set()
        chains: list[Chain] = []
        for sequence in sequences:
            if not isinstance(sequence, int):
                if len(sequence) > 1:
                    chains.append(chain(sequence, frequency.__getitem__))
                    continue
                sequence = sequence[0]
            if sequence < base:
                members.add(sequence)
            elif (inner := self.shapes[sequence]).chains:
                chains.append(chain((sequence,), frequency.__getitem__))
            else:
                members |= inner.members
        self.shapes[base + len(self.shapes)] = Shape(frozenset(members), tuple(chains))
        keys = {link.atoms[0] for link in chains}
        frequency.append(sum(map(frequency.__getitem__, members)) + sum(map(frequency.__getitem__, keys)))

    def spaced(self) -> Iterable[tuple[int, int]]:
        """Each spaced atom and its literal."""
        literals = self.entity_base - self._spaced
        return ((atom, self._literal_of[atom]) for atom in range(literals, self.entity_base))

    def chain(self, sequence: tuple[int, ...]) -> Chain:
        """A sequence of this bundle's atoms, taken apart."""
        return chain(sequence, self._frequency.__getitem__)

    def leaves(self, atom: int) -> frozenset[int]:
        """Of these literals and entities one must occur for the set to."""
        found = self._leaves.get(atom)
        if found is None:
            members, chains = self.shapes[atom]
            keys = {link.atoms[0] for link in chains}
            below = [self.leaves(key) for key in keys if key >= self.base]
            found = self._leaves[atom] = members.union((key for key in keys if key < self.base), *below)
        return found

    def ways(self, atom: int) -> Ways:
        """What can make the chains of a set occur; worked out when the set is first asked for."""
        known = self._ways.get(atom)
        if known is not None:
            return known
        found: dict[int, set[tuple[int, int]]] = {}
        for n, link in enumerate(self.shapes[atom].chains):
            key = link.atoms[0]
            need = 0
            for other in link.atoms[1:]:
                need |= self.bit[other]
            if key < self.base:
                found.setdefault(key, set()).add((need, n))
                continue
            for leaf in self.shapes[key].members:
                found.setdefault(leaf, set()).add((need, n))
            for leaf, below in self.ways(key).items():
                found.setdefault(leaf, set()).update((need | more, n) for more, _ in below)
        # Many leaves have the same ways: one tuple for all of them.
        shared: dict[frozenset[tuple[int, int]], tuple[tuple[int, int], ...]] = {}
        ways = self._ways[atom] = {}
        for leaf, some in found.items():
            frozen = frozenset(some)
            ways[leaf] = shared.setdefault(frozen, tuple(some))
        return ways

    def keys(self, atoms: Iterable[int]) -> tuple[list[int], bool]:
        """Literals of which one must occur for any of `atoms` to occur, and whether an entity might do instead."""
        leaves: set[int] = set()
        for atom in atoms:
            if atom >= self.base:
                leaves |= self.leaves(atom)
            elif atom >= 0:
                leaves.add(atom)
        literals = {self._literal_of[atom] for atom in leaves if atom < self.entity_base}
        return sorted(literals), any(atom >= self.entity_base for atom in leaves)


class Plan:
    """What can make any of some sets occur: the roots that a text is read for."""

    def __init__(self, table: SetTable, roots: Iterable[int]) -> None:
        self.roots = frozenset(atom for atom in roots if atom >= 0)
        found: dict[int, dict[int, list[tuple[int, int]]]] = {}
        for root in sorted(self.roots):
            for leaf in (root,) if root < table.base else table.shapes[root].members:
                found.setdefault(leaf, {}).setdefault(0, []).append((root, PLAIN))
            for leaf, ways in table.ways(root).items() if root >= table.base else ():
                for need, n in ways:
                    found.setdefault(leaf, {}).setdefault(need, []).append((root, n))
        self.entities = frozenset(leaf for leaf in found if leaf >= table.entity_base)
        """Entities that wake something by themselves."""
        shared: dict[tuple[Waking, ...], tuple[Waking, ...]] = {}
        self.ways: list[tuple[Waking, ...]] = [()] * table.base
        """Of each leaf: what must occur besides, and the chains of roots that may occur then."""
        for leaf, needs in found.items():
            waking = tuple((need, tuple(targets)) for need, targets in needs.items())
            self.ways[leaf] = shared.setdefault(waking, waking)
        for atom, literal in table.spaced():
            self.ways[literal] += self.ways[atom]
