"""evaluate, first half: what was scanned in one text → hits of the sets that anybody asks for, and only of those."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import reduce
from operator import or_
from typing import Final, NamedTuple

from compiler.matcher.chains import Chain, extend, unique
from compiler.matcher.scan import Found, Hit, Hits, LiteralScanner
from compiler.matcher.sets import PLAIN, Plan, SetTable
from compiler.matcher.text import Edges, breaks_before
from compiler.phrases import CLAUSE_END, CLAUSE_START

_NONE: Final[list[Hit]] = []
_NO_ATOMS: Final[list[int]] = []


class Others(NamedTuple):
    """The entities that wake nothing by themselves: their bits, their atoms, and how to find them."""

    bits: int
    atoms: frozenset[int]
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

    __slots__ = ("_bits", "_breaks", "_edges", "_found", "_known", "_looked", "_may", "_present", "_way")

    def __init__(self, way: Way, found: Found, entities: Hits) -> None:
        self._way, self._found = way, found
        self._known: Hits = entities
        self._looked = False
        self._breaks: list[int] | None = None
        self._edges: Edges | None = None
        self._bits = -1
        present = self._present = found.atoms
        if entities:
            present.update(entities)
        waking = present & way.plan.leaves
        self._may: dict[int, set[int]] = self._wake(waking) if waking else {}

    def _wake(self, leaves: Iterable[int]) -> dict[int, set[int]]:
        """Roots that may occur, each with the chains in which it may."""
        ways, present = self._way.plan.ways, self.present_bits()
        may: dict[int, set[int]] = {}
        for leaf in leaves:
            for need, targets in ways[leaf]:
                if need & present == need:
                    for root, n in targets:
                        if root in may:
                            may[root].add(n)
                        else:
                            may[root] = {n}
        return may

    def present_bits(self) -> int:
        """A bit for everything that may occur (`SetTable.bits`)."""
        if self._bits < 0:
            # Other entities are looked for only when something asks: until then they may all be there.
            way = self._way
            self._bits = reduce(or_, map(way.table.bits.__getitem__, self._present), way.others.bits)
        return self._bits

    def __contains__(self, atom: int) -> bool:
        return bool(self.get(atom))

    def get(self, atom: int) -> list[Hit]:
        """Hits of an atom, sorted; none for -1."""
        hits = self._known.get(atom)
        if hits is not None:
            return hits
        if atom < 0:
            return _NONE
        hits = self._of_leaf(atom) if atom < self._way.table.base else self._of_set(atom)
        self._known[atom] = hits
        return hits

    def occurring(self) -> list[int]:
        """Roots of the plan that occur, sorted."""
        return sorted(filter(self.get, self._may)) if self._may else _NO_ATOMS

    def woken(self) -> Collection[int]:
        """Roots of the plan that may occur: cheaper to ask than which do."""
        return self._may.keys() & self._way.plan.roots

    def may_occur(self, atom: int) -> bool:
        """False when a set certainly does not occur; cheaper than `get`."""
        if atom < self._way.table.base:
            return bool(self.get(atom))
        return bool(self._chances(atom)) or not self._way.table.shape(atom).members.isdisjoint(self._present)

    @property
    def breaks(self) -> list[int]:
        """Clause breaks before each position of the text."""
        if self._breaks is None:
            self._breaks = breaks_before(self._found.text)
        return self._breaks

    def _clauses(self) -> list[int]:
        return self.breaks

    def _of_leaf(self, atom: int) -> list[Hit]:
        way = self._way
        if atom not in self._present:
            if self._looked or atom not in way.others.atoms:
                return _NONE
            self._look()
            return self._known.get(atom, _NONE)
        return way.scanner.hits(self._found, atom)

    def _look(self) -> None:
        """Look for the entities that wake nothing."""
        self._looked = True
        entities = self._way.others.find(self._found.text)
        self._known.update(entities)
        self._present.update(entities)

    def _of_set(self, atom: int) -> list[Hit]:
        way, known = self._way, self._known
        members, chains = way.table.shape(atom)
        if not self._looked and not members.isdisjoint(way.others.atoms):
            self._look()
        found: list[Hit] = []
        for leaf in members & self._present:
            hits = known.get(leaf)
            found += self.get(leaf) if hits is None else hits
        if chains:
            for n in self._chances(atom):
                if n != PLAIN:
                    found += self.join(chains[n])
        return unique(found) if len(found) > 1 else found

    def _chances(self, atom: int) -> Collection[int]:
        """The chains in which a set may occur."""
        may = self._may.get(atom)
        if may is None:
            way = self._way
            if atom in way.plan.roots:
                return _NO_ATOMS  # it did not wake
            may = self._may[atom] = set()
            if ways := way.table.ways(atom):
                if not self._looked and not way.others.atoms.isdisjoint(ways):
                    self._look()
                present = self.present_bits()
                for leaf in ways.keys() & self._present:
                    for need, n in ways[leaf]:
                        if need & present == need:
                            may.add(n)
        return may

    def join(self, chain: Chain) -> list[Hit]:
        """Spans where the atoms of a chain follow each other as its gaps and edges ask."""
        known = self._known
        for atom in chain.atoms:
            hits = known.get(atom)
            if not (self.get(atom) if hits is None else hits):
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
            fillers = [hit for atom in self._way.fillers & self._present for hit in self.get(atom)]
            self._edges = Edges(self._found.text, fillers)
        return self._edges
