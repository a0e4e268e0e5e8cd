"""evaluate, first half: hits of literals and entities → hits of the sets that anybody asks for.

Of each sequence one element is its *key*: the one that is least likely to occur. From what a reading is for (a reply: what
rules `find`; a buyer's message: what they have `asked`) the keys are followed down to literals once, at load: a `Plan`.
Only these wake anything, so the cost of a check follows the text and not the number of rules. All other sets (the rest of
a sequence, exceptions, cues) are worked out when a rule that woke looks at them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import reduce
from operator import or_
from typing import Final, NamedTuple

from compiler.bundle import Atoms
from compiler.matcher.scan import MAX_SYMBOLS, Found, Hit, Hits, LiteralScanner
from compiler.matcher.text import Edges, breaks_before, is_symbol
from compiler.phrases import EDGES, MESSAGE_END, MESSAGE_START, SOFT, STARTS

_COMMON: Final = 30.0
"""Of texts that hold a given unit, one in so many goes on with a given other unit: how much rarer a longer literal is."""
_FREQUENT: Final = frozenset("您我你的了是不好哦呢亲有在这那个会可以吗吧哈啊呀到就要给能没上下发看说下来去为什么请问")
"""Units that stand in every other message."""
_ENTITY_LENGTH: Final = 3
"""How rare an entity is taken to be, as if it were a literal of so many units."""
_NONE: Final[list[Hit]] = []
_NO_ATOMS: Final[list[int]] = []
_FREE: Final[frozenset[int]] = frozenset()
_BITS: Final = [1 << n for n in range(4096)]
"""Atoms as bits, several to a bit, so that one `&` tells of most things that they cannot occur."""


class SetTable:
    """The sets of a bundle and, for each of their sequences, its key."""

    def __init__(self, atoms: Atoms) -> None:
        self.entity_base = len(atoms.literals) + len(atoms.spaced)
        self.base = self.entity_base + len(atoms.entities)
        self.sequences: list[list[tuple[int, ...]]] = [
            [(seq,) if isinstance(seq, int) else tuple(seq) for seq in sequences] for sequences in atoms.sets
        ]
        self.key_of: list[list[int]] = []
        """Of each set, the key of each sequence."""
        frequency = [0.3 if text in _FREQUENT else _COMMON ** -len(text) for text in atoms.literals]
        frequency += [frequency[literal] for literal in atoms.spaced]
        frequency += [_COMMON**-_ENTITY_LENGTH] * len(atoms.entities)
        for sequences in self.sequences:
            keys = []
            for sequence in sequences:
                key = sequence[0]
                if len(sequence) > 1:
                    key = min((e for e in sequence if e >= 0), key=frequency.__getitem__)
                keys.append(key)
            self.key_of.append(keys)
            frequency.append(sum(frequency[key] for key in keys))
        self._literal_of = [*range(len(atoms.literals)), *atoms.spaced]
        self.masks = [_BITS[atom % len(_BITS)] for atom in range(self.base)]
        """Bits of each atom; of a set, those of the leaves of which one must occur for it to."""
        for keys in self.key_of:
            mask = 0
            for key in keys:
                mask |= self.masks[key]
            self.masks.append(mask)
        self._leaves: dict[int, frozenset[int]] = {}
        self._indices: dict[int, dict[int, list[int]]] = {}

    def leaves(self, atom: int) -> frozenset[int]:
        """What the keys of a set come down to: of these literals and entities one must occur for the set to."""
        found = self._leaves.get(atom)
        if found is None:
            keys = set(self.key_of[atom - self.base])
            below = [self.leaves(key) for key in keys if key >= self.base]
            found = self._leaves[atom] = frozenset(key for key in keys if key < self.base).union(*below)
        return found

    def index(self, atom: int) -> dict[int, list[int]]:
        """Leaf → sequences of a set that may occur when it does; made when the set is first asked for."""
        index = self._indices.get(atom)
        if index is None:
            index = self._indices[atom] = {}
            for n, key in enumerate(self.key_of[atom - self.base]):
                for leaf in (key,) if key < self.base else self.leaves(key):
                    index.setdefault(leaf, []).append(n)
        return index

    def members(self, atom: int) -> tuple[int, ...]:
        """The literals of a set that holds nothing but literals (the fillers); the atom itself when it is one."""
        if atom < self.base:
            return (atom,) if atom >= 0 else ()
        return tuple(sequence[0] for sequence in self.sequences[atom - self.base])

    def keys(self, atoms: Iterable[int]) -> tuple[list[int], bool]:
        """Literals of which one must occur for any of `atoms` to occur, and whether an entity might do instead."""
        leaves = Plan(self, atoms).leaves
        literals = {self._literal_of[atom] for atom in leaves if atom < self.entity_base}
        return sorted(literals), any(atom >= self.entity_base for atom in leaves)


class Way(NamedTuple):
    """One way in which a literal or an entity may lead to a root."""

    masks: tuple[int, ...]
    """Bits of what must occur besides."""
    root: int
    sequence: int
    """Index of the root's sequence that may occur; -1 when the leaf itself is the root."""


class Plan:
    """What can make any of `roots` occur, followed down along the keys."""

    def __init__(self, table: SetTable, roots: Iterable[int]) -> None:
        self.roots = frozenset(atom for atom in roots if atom >= 0)
        wakes: dict[int, list[tuple[int, int, tuple[int, ...]]]] = {}
        # Atom → (set, index of the sequence, its other elements) it is the key of.
        waiting = [atom for atom in self.roots if atom >= table.base]
        active = set(waiting)
        while waiting:
            atom = waiting.pop()
            n = atom - table.base
            for index, (sequence, key) in enumerate(zip(table.sequences[n], table.key_of[n], strict=True)):
                others = tuple(e for e in sequence if e >= 0 and e != key) if len(sequence) > 1 else ()
                wakes.setdefault(key, []).append((atom, index, others))
                if key >= table.base and key not in active:
                    active.add(key)
                    waiting.append(key)
        leaves = {atom for atom in (*wakes, *self.roots) if atom < table.base}
        self.ways: dict[int, tuple[Way, ...]] = self._ways(wakes, leaves, table.masks)
        """Leaf → the ways in which it may lead to a root."""
        self.leaves = frozenset(leaves)
        self.entities = frozenset(atom for atom in leaves if atom >= table.entity_base)
        """Entities that wake something by themselves."""

    def _ways(
        self, wakes: dict[int, list[tuple[int, int, tuple[int, ...]]]], leaves: Iterable[int], masks: Sequence[int]
    ) -> dict[int, tuple[Way, ...]]:
        known: dict[int, set[tuple[frozenset[int], int, int]]] = {}

        def ways(atom: int) -> set[tuple[frozenset[int], int, int]]:
            found = known.get(atom)
            if found is None:
                found = known[atom] = {(_FREE, atom, -1)} if atom in self.roots else set()
                for target, n, others in wakes.get(atom, ()):
                    for more, root, sequence in ways(target):
                        found.add((more.union(others), root, n if sequence < 0 else sequence))
            return found

        return {
            leaf: tuple(Way(tuple(masks[e] for e in others), root, n) for others, root, n in ways(leaf))
            for leaf in leaves
        }


class Others(NamedTuple):
    """The entities that wake nothing by themselves: their bits, their atoms, and how to find them."""

    mask: int
    atoms: frozenset[int]
    find: Callable[[str], Hits]


class HitTable:
    """Hits of one text, by atom, each worked out when it is asked for.

    Most texts wake nothing: of them nothing is worked out but that.
    """

    __slots__ = (
        "_breaks",
        "_edges",
        "_entities",
        "_fillers",
        "_found",
        "_known",
        "_looked",
        "_others",
        "_plan",
        "_present",
        "_scanner",
        "_table",
        "_woken",
    )

    def __init__(
        self,
        table: SetTable,
        plan: Plan,
        scanner: LiteralScanner,
        found: Found,
        entities: Hits,
        others: Others,
        fillers: frozenset[int],
    ) -> None:
        self._table, self._plan, self._scanner = table, plan, scanner
        self._found, self._entities, self._others, self._fillers = found, entities, others, fillers
        self._known: Hits | None = None
        self._looked = False
        self._breaks: list[int] | None = None
        self._edges: Edges | None = None
        atoms = scanner.atoms(found)
        if entities:
            atoms.update(entities)
        # Other entities are looked for only when something wakes: until then they may all be there.
        self._present = reduce(or_, map(table.masks.__getitem__, atoms), others.mask)
        self._woken = self._wake(atoms)

    def __contains__(self, atom: int) -> bool:
        return bool(self.get(atom))

    def get(self, atom: int) -> list[Hit]:
        """Hits of an atom, sorted; none for -1."""
        if atom < 0:
            return _NONE
        known, table = self._known, self._table
        if known is None:
            if not table.masks[atom] & self._present:
                return _NONE
            known = self._read()
        hits = known.get(atom)
        if hits is not None:
            return hits
        if atom < table.base:
            return self._other(known).get(atom, _NONE) if atom in self._others.atoms else _NONE
        if not table.masks[atom] & self._present:
            known[atom] = _NONE
            return _NONE
        sequences = table.sequences[atom - table.base]
        may = self._woken.get(atom)
        if may is None:
            if table.masks[atom] & self._others.mask:
                self._other(known)
            index = table.index(atom)
            may = {n for leaf in known.keys() & index.keys() for n in index[leaf]}
        found: list[Hit] = []
        for n in may:
            sequence = sequences[n]
            found += self.get(sequence[0]) if len(sequence) == 1 else self.join(sequence)
        hits = known[atom] = unique(found) if len(found) > 1 else found
        return hits

    def occurring(self) -> list[int]:
        """Roots of the plan that occur, sorted."""
        return sorted(filter(self.get, self._woken)) if self._woken else _NO_ATOMS

    def woken(self) -> Collection[int]:
        """Roots of the plan that may occur: cheaper to ask than which do."""
        return self._woken

    def may_occur(self, atom: int) -> bool:
        """False when `atom` certainly does not occur; cheaper than `get`."""
        return atom >= 0 and bool(self._table.masks[atom] & self._present)

    @property
    def breaks(self) -> list[int]:
        """Clause breaks before each position of the text."""
        if self._breaks is None:
            self._breaks = breaks_before(self._found.text)
        return self._breaks

    @property
    def edges(self) -> Edges:
        if self._edges is None:
            self._edges = Edges(self._found.text, self.breaks, self._filler_spans)
        return self._edges

    def _filler_spans(self) -> list[tuple[int, int]]:
        # Fillers are plain literals, so that edges can be asked for while sets are being completed.
        known = self._known or {}
        return [(hit[0], hit[1]) for atom in self._fillers & known.keys() for hit in known[atom]]

    def _read(self) -> Hits:
        known = self._known = self._scanner.hits(self._found)
        known.update(self._entities)
        return known

    def _other(self, known: Hits) -> Hits:
        """`known`, with the entities that wake nothing: looked for when somebody asks."""
        if not self._looked:
            self._looked = True
            known.update(self._others.find(self._found.text))
        return known

    def _wake(self, atoms: set[int]) -> dict[int, set[int]]:
        """Roots that may occur, with the sequences in which they may; `atoms` are the leaves that may."""
        ways, present = self._plan.ways, self._present
        woken: dict[int, set[int]] = {}
        for atom in atoms & self._plan.leaves:
            for masks, root, sequence in ways[atom]:
                for mask in masks:
                    if not mask & present:
                        break
                else:
                    if root in woken:
                        woken[root].add(sequence)
                    else:
                        woken[root] = {sequence}
        return woken

    def join(self, sequence: tuple[int, ...]) -> list[Hit]:
        """Spans where the elements of `sequence` follow each other as its gaps and edges ask."""
        known = self._read() if self._known is None else self._known
        base = self._table.base
        for element in sequence:  # the cheap question first
            if 0 <= element < base and element not in known and not self.get(element):
                return _NONE
        for element in sequence:
            if element >= base and not self.get(element):
                return _NONE
        current: list[Hit] | None = None
        gap = 0
        leading = 0
        for element in sequence:
            if element in STARTS:
                leading = element
            elif element in EDGES:
                assert current is not None
                current = [hit for hit in current if self.edges.ends(hit[1], element == MESSAGE_END)]
            elif element < 0:
                gap = element
            elif current is None:
                current = self.get(element)
                if leading:
                    current = [hit for hit in current if self.edges.starts(hit[0], leading == MESSAGE_START)]
            else:
                current = _extend(current, self.get(element), gap, self._found.text, self.breaks)
                gap = 0
            if current is not None and not current:
                return _NONE
        return current or _NONE


def unique(found: list[Hit]) -> list[Hit]:
    """Sorted by span; of equal spans the one with the fewest units in gaps, then the earliest gaps."""
    best: dict[tuple[int, int], Hit] = {}
    for hit in found:
        span = hit[0], hit[1]
        known = best.get(span)
        if known is None or (_gap_units(hit), hit[2]) < (_gap_units(known), known[2]):
            best[span] = hit
    return sorted(best.values())


def _gap_units(hit: Hit) -> int:
    gaps = hit[2]
    return sum(gaps[i + 1] - gaps[i] for i in range(0, len(gaps), 2))


def _extend(left: list[Hit], right: list[Hit], gap: int, text: str, breaks: list[int]) -> list[Hit]:
    """Each left hit with each right hit that follows it at once (0), within a gap, or after symbols (SOFT)."""
    found: list[Hit] = []
    reach = MAX_SYMBOLS if gap == SOFT else -gap
    starts = [hit[0] for hit in right]
    for start, end, gaps in left:
        for n in range(bisect_left(starts, end), len(right)):
            next_start, next_end, next_gaps = right[n]
            distance = next_start - end
            if distance > reach:
                break
            if distance == 0:
                found.append((start, next_end, gaps + next_gaps))
            elif gap == SOFT:
                if all(is_symbol(unit) for unit in text[end:next_start]):
                    found.append((start, next_end, gaps + next_gaps))
            elif breaks[end] == breaks[next_start]:
                found.append((start, next_end, (*gaps, end, next_start, *next_gaps)))
    return unique(found) if len(found) > 1 else found
