"""evaluate, first half: hits of literals and entities → hits of every set they wake.

A set's sequences are woken by their *key*, the element that is least likely to occur, so the cost of a check follows
the text and not the number of rules. Sets only refer to lower atoms: one ascending pass is enough.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Iterable
from typing import Final

from compiler.bundle import Atoms
from compiler.matcher.scan import MAX_SYMBOLS, Hit, Hits
from compiler.matcher.text import Edges, is_symbol
from compiler.phrases import EDGES, MESSAGE_END, MESSAGE_START, SOFT, STARTS

_ENTITY_LENGTH: Final = 5
"""How rare an entity is taken to be, as if it were a literal of so many units."""


class SetTable:
    """The sets of a bundle, indexed by what wakes them."""

    def __init__(self, atoms: Atoms) -> None:
        self.entity_base = len(atoms.literals) + len(atoms.spaced)
        self.base = self.entity_base + len(atoms.entities)
        self.sequences: list[list[tuple[int, ...]]] = [
            [(seq,) if isinstance(seq, int) else tuple(seq) for seq in sequences] for sequences in atoms.sets
        ]
        self.wakes: dict[int, list[tuple[int, int]]] = {}
        """Atom → (set atom, index of the sequence) it is the key of."""
        rarity = [len(text) for text in atoms.literals]
        rarity += [len(atoms.literals[literal]) for literal in atoms.spaced]
        rarity += [_ENTITY_LENGTH] * len(atoms.entities)
        self._keys: list[list[int]] = []
        for n, sequences in enumerate(self.sequences):
            keys = []
            for index, sequence in enumerate(sequences):
                key = sequence[0] if len(sequence) == 1 else max(sequence, key=lambda e: rarity[e] if e >= 0 else 0)
                self.wakes.setdefault(key, []).append((self.base + n, index))
                keys.append(key)
            rarity.append(min(rarity[key] for key in keys))
            self._keys.append(keys)
        self._literal_of = [*range(len(atoms.literals)), *atoms.spaced]

    def members(self, atom: int) -> tuple[int, ...]:
        """The literals of a set that holds nothing but literals (the fillers); the atom itself when it is one."""
        if atom < self.base:
            return (atom,) if atom >= 0 else ()
        return tuple(sequence[0] for sequence in self.sequences[atom - self.base])

    def keys(self, atoms: Iterable[int]) -> tuple[list[int], bool]:
        """Literals of which one must occur for any of `atoms` to occur, and whether an entity might do instead."""
        literals: set[int] = set()
        by_entity = False
        waiting, seen = list(atoms), set[int]()
        while waiting:
            atom = waiting.pop()
            if atom in seen or atom < 0:
                continue
            seen.add(atom)
            if atom >= self.base:
                waiting += self._keys[atom - self.base]
            elif atom >= self.entity_base:
                by_entity = True
            else:
                literals.add(self._literal_of[atom])
        return sorted(literals), by_entity

    def complete(self, hits: Hits, text: str, breaks: list[int], edges: Edges) -> None:
        """Add to `hits` the hits of all sets; `hits` holds those of literals, spaced literals and entities."""
        waiting: dict[int, list[int]] = {}
        queue: list[int] = []
        wakes = self.wakes

        def wake(atom: int) -> None:
            for target, sequence in wakes.get(atom, ()):
                if target in waiting:
                    waiting[target].append(sequence)
                else:
                    waiting[target] = [sequence]
                    heapq.heappush(queue, target)

        for atom in list(hits):
            wake(atom)
        while queue:
            target = heapq.heappop(queue)
            sequences = self.sequences[target - self.base]
            found: list[Hit] = []
            for index in waiting[target]:
                sequence = sequences[index]
                if len(sequence) == 1:
                    found += hits[sequence[0]]
                else:
                    found += join(sequence, hits, text, breaks, edges)
            if found:
                hits[target] = unique(found) if len(found) > 1 else found
                wake(target)


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


def join(sequence: tuple[int, ...], hits: Hits, text: str, breaks: list[int], edges: Edges) -> list[Hit]:
    """Spans where the elements of `sequence` follow each other as its gaps and edges ask."""
    for element in sequence:
        if element >= 0 and element not in hits:
            return []
    current: list[Hit] | None = None
    gap = 0
    leading = 0
    for element in sequence:
        if element in STARTS:
            leading = element
        elif element in EDGES:
            assert current is not None
            current = [hit for hit in current if edges.ends(hit[1], element == MESSAGE_END)]
        elif element < 0:
            gap = element
        elif current is None:
            current = hits[element]
            if leading:
                current = [hit for hit in current if edges.starts(hit[0], leading == MESSAGE_START)]
        else:
            current = _extend(current, hits[element], gap, text, breaks)
            gap = 0
        if current is not None and not current:
            return []
    return current or []


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
