"""evaluate, first half: what was scanned in one text → hits of the sets that anybody asks for, and only of those."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import reduce
from operator import itemgetter, or_
from typing import Final, NamedTuple

from compiler.matcher.chains import Chain, extend, unique
from compiler.matcher.scan import Found, Hit, Hits, LiteralScanner
from compiler.matcher.sets import PLAIN, Plan, SetTable, Waking
from compiler.matcher.text import Edges, breaks_before
from compiler.phrases import CLAUSE_END, CLAUSE_START

_leaf_of: Final = itemgetter(0)
_NONE: Final[list[Hit]] = []
_NO_ATOMS: Final[list[int]] = []
_NO_LEAVES: Final[set[int]] = set()
_FREE: Final[dict[int, set[int]]] = {}


class Others(NamedTuple):
    """The entities that wake nothing by themselves."""

    bits: int
    atoms: frozenset[int]
    sets: dict[int, frozenset[int]]
    """Sets that they are members of, each with those that are."""
    find: Callable[[str], Hits]


class Way(NamedTuple):
    """What texts are read for, and with what."""

    table: SetTable
    scanner: LiteralScanner
    plan: Plan
    others: Others
    fillers: frozenset[int]


class HitTable:
    """Hits of one text, by atom, each worked out when it is asked for.

    Most texts wake nothing: of them nothing is worked out but that.
    """

    __slots__ = (
        "_bits",
        "_breaks",
        "_edges",
        "_entities",
        "_found",
        "_known",
        "_leaves",
        "_looked",
        "_may",
        "_way",
        "_woken",
    )

    def __init__(self, way: Way, found: Found, entities: Hits) -> None:
        self._way, self._found, self._entities = way, found, entities
        self._known: Hits | None = None
        self._looked = False
        self._breaks: list[int] | None = None
        self._edges: Edges | None = None
        self._bits = -1
        self._leaves: set[int] = _NO_LEAVES
        self._may: dict[int, set[int]] = {}
        ways = way.plan.ways
        waking = list(filter(None, map(ways.__getitem__, map(_leaf_of, found.written))))
        if found.spread:
            waking += [ways[way.scanner.base + n] for n, _, _ in found.spread]
        if entities:
            waking += [ways[entity] for entity in entities]
        self._woken: dict[int, set[int]] = self._wake(waking) if waking else _FREE

    def __contains__(self, atom: int) -> bool:
        """Whether an atom occurs: no more of its hits are worked out than it takes to tell."""
        known = self._known
        if atom < self._way.table.base or (known is not None and atom in known):
            return bool(self.get(atom))
        if self._never(atom):
            return False
        known = self._read() if known is None else known
        self._look_for(atom, known)
        members, chains = self._way.table.shapes[atom]
        if any(map(known.__getitem__, self._leaves & members)):
            return True
        return bool(chains) and any(map(self.join, self._chances(atom)))

    def get(self, atom: int) -> list[Hit]:
        """Hits of an atom, sorted; none for -1."""
        known, way = self._known, self._way
        if known is None:
            if self._never(atom):
                return _NONE
            known = self._read()
        hits = known.get(atom)
        if hits is not None:
            return hits
        if atom >= way.table.base:
            hits = known[atom] = _NONE if self._never(atom) else self._of_set(atom, known)
            return hits
        if self._looked or atom not in way.others.atoms:
            return _NONE
        self._look(known)
        return known.get(atom, _NONE)

    def occurring(self) -> list[int]:
        """Roots of the plan that occur, sorted."""
        return sorted(filter(self.get, self._woken)) if self._woken else _NO_ATOMS

    def woken(self) -> Collection[int]:
        """Roots of the plan that may occur: cheaper to ask than which do."""
        return self._woken

    def may_occur(self, atom: int) -> bool:
        """False when a set that has a bit certainly does not occur; cheaper than `get`."""
        return bool(self._way.table.bit[atom] & self.present_bits())

    def present_bits(self) -> int:
        """A bit for everything that may occur (`SetTable.bits`)."""
        if self._bits < 0:
            found, bits = self._found, self._way.table.bits
            # Other entities are looked for only when something asks: until then they may all be there.
            present = reduce(or_, map(bits.__getitem__, map(_leaf_of, found.written)), self._way.others.bits)
            for n, _, _ in found.spread:
                present |= bits[self._way.scanner.base + n]
            for entity in self._entities:
                present |= bits[entity]
            self._bits = present
        return self._bits

    @property
    def breaks(self) -> list[int]:
        """Clause breaks before each position of the text."""
        if self._breaks is None:
            self._breaks = breaks_before(self._found.text)
        return self._breaks

    def _clauses(self) -> list[int]:
        return self.breaks

    def _read(self) -> Hits:
        known = self._known = self._way.scanner.hits(self._found)
        known.update(self._entities)
        self._leaves = set(known)
        return known

    def _look_for(self, atom: int, known: Hits) -> None:
        """Look for entities when a set has any that may occur."""
        if not self._looked:
            entities = self._way.others.sets.get(atom)
            if entities and not all(map(self._never, entities)):
                self._look(known)

    def _look(self, known: Hits) -> None:
        """Look for the entities that wake nothing."""
        self._looked = True
        entities = self._way.others.find(self._found.text)
        known.update(entities)
        self._leaves.update(entities)

    def _of_set(self, atom: int, known: Hits) -> list[Hit]:
        way = self._way
        self._look_for(atom, known)
        members, chains = way.table.shapes[atom]
        leaves = self._leaves & members
        if not chains and len(leaves) < 2:
            return known[leaves.pop()] if leaves else _NONE
        found: list[Hit] = []
        for leaf in leaves:
            found += known[leaf]
        if chains:
            for chain in self._chances(atom):
                found += self.join(chain)
        return unique(found) if len(found) > 1 else found

    def join(self, chain: Chain) -> list[Hit]:
        """Spans where the atoms of a chain follow each other as its gaps and edges ask."""
        known = self._read() if self._known is None else self._known
        base = self._way.table.base
        for atom in chain.atoms:
            hits = known.get(atom)
            if hits is None:
                hits = known[atom] = self._of_set(atom, known) if atom >= base else self.get(atom)
            if not hits:
                return _NONE
        current = known[chain.first]
        if chain.lead:
            starts = self._edge().starts(chain.lead == CLAUSE_START)
            current = [hit for hit in current if hit[0] in starts]
        for gap, atom in chain.rest:
            if not current:
                return _NONE
            current = extend(current, known[atom], gap, self._found.text, self._clauses)
        if chain.trail and current:
            ends = self._edge().ends(chain.trail == CLAUSE_END)
            current = [hit for hit in current if hit[1] in ends]
        return current

    def _edge(self) -> Edges:
        if self._edges is None:
            fillers = [hit for atom in self._way.fillers & self._leaves for hit in self.get(atom)]
            self._edges = Edges(self._found.text, fillers)
        return self._edges

    def _wake(self, waking: Iterable[tuple[Waking, ...]]) -> dict[int, set[int]]:
        """Roots that may occur, each with the chains in which it may."""
        present = self.present_bits()
        may: dict[int, set[int]] = {}
        for ways in waking:
            for need, targets in ways:
                if need & present == need:
                    for root, n in targets:
                        if root in may:
                            may[root].add(n)
                        else:
                            may[root] = {n}
        return may

    def _never(self, atom: int) -> bool:
        return atom in self._way.plan.roots and atom not in self._woken

    def _chances(self, atom: int) -> Iterable[Chain]:
        chains = self._way.table.shapes[atom].chains
        return [chains[n] for n in self._numbers(atom) if n != PLAIN]

    def _numbers(self, atom: int) -> Collection[int]:
        """The chains in which a set may occur, by their number."""
        way = self._way
        if atom in way.plan.roots:
            return self._woken.get(atom, _NO_ATOMS)
        may = self._may.get(atom)
        if may is None:
            may = self._may[atom] = set()
            ways = way.table.ways(atom)
            if not self._looked and not way.others.atoms.isdisjoint(ways):
                self.get(min(way.others.atoms))  # looks for all of them
            present = self.present_bits()
            for leaf in ways.keys() & self._leaves:
                for need, n in ways[leaf]:
                    if need & present == need:
                        may.add(n)
        return may
