"""evaluate, first half: hits of literals and entities → hits of the sets that anybody asks for.

Of each sequence one element is its *key*: the one that is least likely to occur. From what a reading is for (a reply: what
rules `find`; a buyer's message: what they have `asked`) the keys are followed down to literals once, at load: a `Plan`.
Only these wake anything, so the cost of a check follows the text and not the number of rules. All other sets (the rest of
a sequence, exceptions, cues) are worked out when a rule that woke looks at them.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Callable, Iterable
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
        plan = Plan(self, atoms)
        leaves = [atom for atom in (*plan.wakes, *plan.roots) if 0 <= atom < self.base]
        literals = {self._literal_of[atom] for atom in leaves if atom < self.entity_base}
        return sorted(literals), any(atom >= self.entity_base for atom in leaves)


class Plan:
    """What can make any of `roots` occur, followed down along the keys."""

    def __init__(self, table: SetTable, roots: Iterable[int]) -> None:
        self.roots = frozenset(atom for atom in roots if atom >= 0)
        self.leaves = frozenset(atom for atom in self.roots if atom < table.base)
        self.wakes: dict[int, list[tuple[int, int, tuple[int, ...]]]] = {}
        """Atom → (set, index of the sequence, masks of its other elements) it is the key of."""
        self.active: set[int] = set()
        self.entities: frozenset[int] = frozenset()
        """Entities that wake something by themselves."""
        waiting = [atom for atom in self.roots if atom >= table.base]
        while waiting:
            atom = waiting.pop()
            if atom in self.active:
                continue
            self.active.add(atom)
            n = atom - table.base
            for index, (sequence, key) in enumerate(zip(table.sequences[n], table.key_of[n], strict=True)):
                others = tuple(table.masks[e] for e in sequence if e >= 0 and e != key)
                self.wakes.setdefault(key, []).append((atom, index, others))
                if key >= table.base:
                    waiting.append(key)
        entities = range(table.entity_base, table.base)
        self.entities = frozenset(atom for atom in (*self.wakes, *self.leaves) if atom in entities)


class Others(NamedTuple):
    """The entities that wake nothing by themselves: their bits, and how to find them."""

    mask: int
    find: Callable[[str], Hits]


class HitTable:
    """Hits of one text, by atom. Sets of the plan are complete from the start, others when they are asked for.

    Most texts wake nothing: of them nothing is worked out but that.
    """

    __slots__ = (
        "_breaks",
        "_edges",
        "_entities",
        "_fillers",
        "_found",
        "_known",
        "_others",
        "_plan",
        "_present",
        "_scanner",
        "_table",
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
        self._breaks: list[int] | None = None
        self._edges: Edges | None = None
        atoms = scanner.atoms(found)
        if entities:
            atoms.update(entities)
        # Other entities are looked for only when something wakes: until then they may all be there.
        self._present = reduce(or_, map(table.masks.__getitem__, atoms), others.mask)
        self._complete(atoms)

    def __contains__(self, atom: int) -> bool:
        return bool(self.get(atom))

    def get(self, atom: int) -> list[Hit]:
        """Hits of an atom, sorted; none for -1."""
        known = self._known
        if known is None:
            known = self._read()
        hits = known.get(atom)
        if hits is not None:
            return hits
        table = self._table
        if atom < table.base:
            return _NONE
        if not table.masks[atom] & self._present:
            known[atom] = _NONE
            return _NONE
        index = table.index(atom)
        sequences = table.sequences[atom - table.base]
        found: list[Hit] = []
        for n in {n for leaf in known.keys() & index.keys() for n in index[leaf]}:
            sequence = sequences[n]
            found += self.get(sequence[0]) if len(sequence) == 1 else self.join(sequence)
        hits = known[atom] = unique(found) if len(found) > 1 else found
        return hits

    def occurring(self) -> list[int]:
        """Roots of the plan that occur, sorted."""
        known = self._known
        return [] if known is None else sorted(atom for atom in self._plan.roots & known.keys() if known[atom])

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
        known.update(self._others.find(self._found.text))
        return known

    def _complete(self, atoms: set[int]) -> None:
        """Complete the sets of the plan, if any can be; `atoms` are the leaves that may occur."""
        wakes, present, roots = self._plan.wakes, self._present, self._plan.roots
        useful: dict[int, bool] = {}

        def leads_to_root(target: int) -> bool:
            """Whether `target` is part of something that may occur as a whole."""
            known = useful.get(target)
            if known is None:
                known = useful[target] = target in roots
                for further, _, others in () if known else wakes.get(target, ()):
                    for mask in others:
                        if not mask & present:
                            break
                    else:
                        if leads_to_root(further):
                            known = useful[target] = True
                            break
            return known

        woken: list[tuple[int, int, int]] = []
        for atom in atoms & wakes.keys():
            for target, n, others in wakes[atom]:
                for mask in others:
                    if not mask & present:
                        break
                else:
                    if leads_to_root(target):
                        woken.append((atom, target, n))
        if not woken and atoms.isdisjoint(self._plan.leaves):
            return
        known = self._read()
        waiting: dict[int, list[int]] = {}
        for atom, target, n in woken:
            if atom in known:
                waiting.setdefault(target, []).append(n)
        queue = sorted(waiting)  # a sorted list is a heap
        while queue:  # lowest first: what a set is made of is complete before it
            target = heapq.heappop(queue)
            sequences = self._table.sequences[target - self._table.base]
            found: list[Hit] = []
            for n in waiting[target]:
                sequence = sequences[n]
                found += known[sequence[0]] if len(sequence) == 1 else self.join(sequence)
            if not found:
                continue
            known[target] = unique(found) if len(found) > 1 else found
            for further, n, others in wakes.get(target, ()):
                if all(mask & present for mask in others):
                    if further not in waiting:
                        waiting[further] = []
                        heapq.heappush(queue, further)
                    waiting[further].append(n)

    def join(self, sequence: tuple[int, ...]) -> list[Hit]:
        """Spans where the elements of `sequence` follow each other as its gaps and edges ask."""
        known = self._read() if self._known is None else self._known
        base = self._table.base
        for element in sequence:  # the cheap question first
            if 0 <= element < base and element not in known:
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
