"""Sequences of a set, taken apart: what must occur, and the spans where it stands as gaps and edges ask."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import NamedTuple

from compiler.matcher.scan import MAX_SYMBOLS, Hit
from compiler.matcher.text import is_symbol
from compiler.phrases import EDGES, SOFT, STARTS


class Chain(NamedTuple):
    """A sequence of atoms, gaps and edges."""

    lead: int
    """CLAUSE_START, MESSAGE_START or 0."""
    first: int
    rest: tuple[tuple[int, int], ...]
    """(gap before it, atom) of each further atom; 0 = no gap."""
    trail: int
    """CLAUSE_END, MESSAGE_END or 0."""
    atoms: tuple[int, ...]
    """Each atom once, the one that is least likely to occur first: the key."""


def chain(sequence: Sequence[int], frequency: Callable[[int], float]) -> Chain:
    """A well-formed sequence (`validate.fault`), taken apart; `frequency` tells how common an atom is."""
    lead = sequence[0] if sequence[0] in STARTS else 0
    trail = sequence[-1] if sequence[-1] in EDGES and len(sequence) > 1 else 0
    links: list[tuple[int, int]] = []
    gap = 0
    for element in sequence:
        if element >= 0:
            links.append((gap, element))
            gap = 0
        elif element not in EDGES:
            gap = element
    atoms = sorted({atom for _, atom in links}, key=frequency)
    return Chain(lead, links[0][1], tuple(links[1:]), trail, tuple(atoms))


def extend(left: list[Hit], right: list[Hit], gap: int, text: str, breaks: Callable[[], list[int]]) -> list[Hit]:
    """Each left hit with each right hit that follows it at once (0), within a gap, or after symbols (SOFT)."""
    found: list[Hit] = []
    reach = MAX_SYMBOLS if gap == SOFT else -gap
    count = len(right)
    for start, end, gaps in left:
        n = bisect_left(right, (end,)) if count > 2 else 0
        while n < count:
            next_start, next_end, next_gaps = right[n]
            n += 1
            distance = next_start - end
            if distance > reach:
                break
            if distance > 0:
                if gap == SOFT:
                    if all(map(is_symbol, text[end:next_start])):
                        found.append((start, next_end, gaps + next_gaps))
                elif (clauses := breaks())[end] == clauses[next_start]:
                    found.append((start, next_end, (*gaps, end, next_start, *next_gaps)))
            elif distance == 0:
                found.append((start, next_end, gaps + next_gaps))
    return unique(found) if len(found) > 1 else found


def unique(found: list[Hit]) -> list[Hit]:
    """Sorted by span; of equal spans the one with the fewest units in gaps, then the earliest gaps."""
    found.sort()
    last = found[0]
    for hit in found[1:]:
        if hit[1] == last[1] and hit[0] == last[0]:
            break
        last = hit
    else:
        return found
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
