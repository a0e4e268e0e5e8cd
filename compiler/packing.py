"""Packs the literals of a rulebook into the automaton; after a change, only the parts of it that the change touches.

The trie is built in *parts*, by the unit that a pattern begins with, and placed in *regions*: runs of cells of their own,
each for some of the parts. Both are functions of nothing but the patterns, so a `Packer` that keeps the parts and regions
of its last call packs the same bytes as a new one. A pattern more or less touches one part and one region; what is left to
do for all is to write down where each pattern ends, since ids move.
"""

from __future__ import annotations

import sys
from array import array
from collections import Counter
from collections.abc import Sequence
from itertools import chain
from operator import is_
from typing import Final, NamedTuple

from compiler.automaton import COUNTS, EMPTY, END, MAGIC, MAX_LENGTH, PREFIX, check, checksum
from compiler.by_part import ByPart
from compiler.double_array import place

__all__ = ["Packer", "pack"]

_PARTS: Final = 64
_REGION: Final = 2048
"""Cells that a region has at least, on average …"""
_CLASSES: Final = 2
"""… and times the number of classes: as many cells as there are classes may stay half empty at its end. (They hardly show
in a compressed file.)"""

Node = dict[str, int]
"""Unit → value of the cell, but with the index of a node for its base, and an index within the part for an id."""


class _Part(NamedTuple):
    """The patterns whose first units have the same remainder."""

    texts: list[str]
    top: Node
    """Its share of the root."""
    nodes: list[Node]
    """Behind the root; the first has index 1."""
    tails: list[str]
    """What is left of each text where no other shares its path."""
    units: Counter[str]
    """In how many nodes each unit occurs, behind the root."""
    edges: int
    longest: int


class _Region(NamedTuple):
    """Parts in their places. Cells and bases count from the region's first cell."""

    parts: list[_Part]
    class_of: dict[str, int]
    root: list[int]
    tops: list[tuple[int, int]]
    """Of the parts' shares of the root, label and value of each cell, as in the file, but with the index of a pattern
    within the region for its id."""
    cells: int
    nodes: array[int]
    """The words of all cells, empty but for those that lead to a node …"""
    leaves: tuple[list[int], list[int], list[int]]
    """… and cells where a pattern ends; of each, the index of the pattern within the region, and the word that a pattern
    with the id 0 has there."""
    moved: dict[int, array[int]]
    """`nodes` as they are when the region begins at a later cell."""


def pack(patterns: Sequence[str]) -> bytes:
    """The packed automaton of `patterns`; a pattern's id is its index.

    Raises `AutomatonError` when a pattern is empty, longer than `MAX_LENGTH`, given twice, or not of BMP characters.
    """
    return Packer().pack(patterns)


class Packer:
    """Packs again and again, cheaply. Not thread-safe."""

    def __init__(self) -> None:
        self._parts: list[_Part | None] = [None] * _PARTS
        self._regions: dict[int, _Region] = {}
        self._units: Counter[str] = Counter()
        self._by_part = ByPart([], [[] for _ in range(_PARTS)])

    def pack(self, patterns: Sequence[str]) -> bytes:
        """As the function `pack`."""
        if "" in patterns:
            check(patterns, patterns)
        after, moved = self._by_part.after(patterns)
        ids = after.ids
        parts = [
            known if known is not None and n not in moved else self._part(n, own, patterns)
            for n, (own, known) in enumerate(zip(ids, self._parts, strict=True))
        ]
        self._by_part = after
        class_of = _classes(parts, self._count(parts))
        self._parts = [*parts]
        edges = sum(part.edges for part in parts)
        count = min(_PARTS, max(1, edges // max(_REGION, _CLASSES * len(class_of))))
        root = [class_of[first] for part in parts for first in part.top]
        self._regions = {n: self._region(n, parts[n::count], class_of, [] if n else root) for n in range(count)}
        regions = [([*chain.from_iterable(ids[n::count])], region) for n, region in self._regions.items()]
        tails = [""] * len(patterns)
        for own, part in zip(ids, parts, strict=True):
            for index, tail in zip(own, part.tails, strict=True):
                tails[index] = tail
        return _written(tails, max(part.longest for part in parts), class_of, regions)

    def _count(self, parts: list[_Part]) -> Counter[str]:
        """In how many nodes of all parts each unit occurs."""
        for before, part in zip(self._parts, parts, strict=True):
            if before is not part:
                if before is not None:
                    self._units.subtract(before.units)
                self._units.update(part.units)
        return self._units

    def _part(self, n: int, ids: list[int], patterns: Sequence[str]) -> _Part:
        texts = [*map(patterns.__getitem__, ids)]
        known = self._parts[n]
        if known is not None and known.texts == texts:
            return known
        check(texts, patterns)
        nodes, tails = _trie(texts)
        units = Counter(chain.from_iterable(nodes[1:]))
        edges = len(nodes[0]) + units.total()
        return _Part(texts, nodes[0], nodes[1:], tails, units, edges, max(map(len, texts), default=0))

    def _region(self, n: int, parts: list[_Part], class_of: dict[str, int], root: list[int]) -> _Region:
        known = self._regions.get(n)
        if (
            known is not None
            and len(known.parts) == len(parts)
            and all(map(is_, known.parts, parts))
            and known.class_of == class_of
            and known.root == root
        ):
            return known
        return _placed(parts, class_of, root)


def _placed(parts: list[_Part], class_of: dict[str, int], root: list[int]) -> _Region:
    nodes = [node for part in parts for node in part.nodes]
    labels = [root, *([*map(class_of.__getitem__, node)] for node in nodes)]
    bases, cells = place(labels)
    bits = _label_bits(class_of)
    words = array("q", [EMPTY]) * cells
    ends: tuple[list[int], list[int], list[int]] = [], [], []
    tops: list[tuple[int, int]] = []
    before = patterns = 0  # nodes and patterns of earlier parts

    def placed(value: int) -> int:
        return bases[before + (value >> 1)] << 1 | value & 1 if value >= 0 else value - patterns

    for part in parts:
        tops += [(class_of[first], placed(value)) for first, value in part.top.items()]
        for n, node in enumerate(part.nodes, before + 1):
            base = bases[n]
            for unit, value in node.items():
                label = class_of[unit]
                if value >= 0:
                    words[base + label] = placed(value) << bits | label
                else:
                    ends[0].append(base + label)
                    ends[1].append((~value + patterns) >> 1)
                    ends[2].append(~(~value & 1) << bits | label)
        before += len(part.nodes)
        patterns += 2 * len(part.texts)
    return _Region(parts, class_of, root, tops, cells, words, ends, {0: words})


def _written(
    tails: list[str], longest: int, class_of: dict[str, int], regions: Sequence[tuple[list[int], _Region]]
) -> bytes:
    """The file. Each region comes with the ids of its patterns."""
    codes = "".join(class_of).encode("utf-16-le")  # the end is no unit and leaves no code
    classes = len(codes) // 2
    bits = _label_bits(class_of)
    cells = sum(region.cells for _, region in regions)
    wide = max(cells, len(tails)) > 1 << (30 - bits)
    # The root's cells are everywhere: they come last.
    root: list[tuple[int, int]] = []
    words = array("q")
    step = bits + 1
    for ids, region in regions:
        origin = len(words)
        shift = origin << 1
        root += [
            (label, value + shift if value >= 0 else ~(ids[~value >> 1] << 1 | ~value & 1))
            for label, value in region.tops
        ]
        own = _nodes_at(region, origin, bits)[:]
        cells_of, patterns, ends = region.leaves
        for cell, index, end in zip(cells_of, map(ids.__getitem__, patterns), ends, strict=True):
            own[cell] = end - (index << step)
        words += own
    for label, value in root:
        words[label] = value << bits | label
    if wide:
        mask = (1 << bits) - 1
        halves = ((word & mask, word >> bits) if word != EMPTY else (EMPTY, EMPTY) for word in words)
        cells_in_file = array("i", chain.from_iterable(halves))
    else:
        cells_in_file = array("i", words)
    if sys.byteorder == "big":
        cells_in_file.byteswap()
    tail_units = "".join(tails).encode("utf-16-le")
    body = b"".join((cells_in_file.tobytes(), codes, tail_units, bytes(map(len, tails))))
    body += bytes(-len(body) % 4)
    body = COUNTS.pack(len(tails), classes, cells, len(tail_units) // 2, longest | bits << 8 | wide << 16) + body
    return PREFIX.pack(MAGIC, *checksum(body)) + body


def _nodes_at(region: _Region, origin: int, bits: int) -> array[int]:
    known = region.moved.get(origin)
    if known is None:
        more = origin << 1 + bits
        known = array("q", [word + more if word != EMPTY else EMPTY for word in region.nodes])
        region.moved.clear()  # earlier origins do not come again soon
        region.moved[origin] = known
    return known


def _label_bits(class_of: dict[str, int]) -> int:
    """Of a label in a cell: the end, all classes, the one of units that are in no pattern, and all ones for empty."""
    return (len(class_of) + 1).bit_length()


def _trie(patterns: Sequence[str]) -> tuple[list[Node], list[str]]:
    """The nodes, root first, and the tails.

    The end of a pattern that others go through is the unit "". In sorted order a pattern shares most with one of its
    neighbours, and first comes the one that is the beginning of others.
    """
    order = sorted(range(len(patterns)), key=patterns.__getitem__)
    texts = [patterns[pattern] for pattern in order]
    shared = [0, *map(_common, texts, texts[1:]), 0]
    tails = [""] * len(patterns)
    root: Node = {}
    nodes = [root]
    path = [root] * (MAX_LENGTH + 1)  # the nodes of the text at hand, by depth
    for pattern, text, before, after in zip(order, texts, shared, shared[1:], strict=False):
        node = path[before]
        for depth in range(before, after):
            ends = len(text) == depth + 1
            node[text[depth]] = len(nodes) << 1 | ends
            node = path[depth + 1] = {"": ~(pattern << 1)} if ends else {}
            nodes.append(node)
        deepest = max(before, after)
        if len(text) > deepest:
            tail = tails[pattern] = text[deepest + 1 :]
            node[text[deepest]] = ~(pattern << 1 | (tail != ""))
    return nodes, tails


def _common(one: str, other: str) -> int:
    """How many units the two begin with alike."""
    depth = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        depth += 1
    return depth


def _classes(parts: Sequence[_Part], total: Counter[str]) -> dict[str, int]:
    """Unit → class, in the order of classes; the end is class 0. Units that only occur in tails need none.

    By frequency behind the root, so that most nodes have small labels and fit in anywhere; the root can be sparse,
    because small nodes fill its holes. By its magnitude only: were it the count, each phrase would move classes, and with
    them every region.
    """
    count = {first: 0 for part in parts for first in part.top}
    count.update((unit, times) for unit, times in total.items() if times and unit)
    units = sorted(sorted(count), key=lambda unit: -count[unit].bit_length())
    return {"": END} | {unit: c for c, unit in enumerate(units, start=1)}
