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
from compiler.double_array import place

__all__ = ["Packer", "pack"]

_PARTS: Final = 64
_REGION: Final = 2048
"""Cells that a region has at least, on average …"""
_CLASSES: Final = 4
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
    """In how many nodes each unit occurs."""
    longest: int


class _Region(NamedTuple):
    """Parts in their places. Cells and bases count from the region's first cell."""

    parts: list[_Part]
    class_of: dict[str, int]
    root: list[int]
    tops: list[tuple[int, int]]
    """Of the parts' shares of the root, label and value of each cell."""
    cells: int
    taken: list[int]
    """Cells, without the root's; in the same order `labels` and `values`."""
    labels: list[int]
    values: list[int]
    """As in the file, but with the index of a pattern within the region for its id."""


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

    def pack(self, patterns: Sequence[str]) -> bytes:
        """As the function `pack`."""
        if "" in patterns:
            check(patterns, patterns)
        ids: list[list[int]] = [[] for _ in range(_PARTS)]
        for index, pattern in enumerate(patterns):
            ids[ord(pattern[0]) % _PARTS].append(index)
        parts = [self._part(n, own, patterns) for n, own in enumerate(ids)]
        self._parts = [*parts]
        class_of = _classes(parts)
        edges = sum(len(part.top) + part.units.total() for part in parts)
        count = min(_PARTS, max(1, edges // max(_REGION, _CLASSES * len(class_of))))
        root = [class_of[first] for part in parts for first in part.top]
        self._regions = {n: self._region(n, parts[n::count], class_of, [] if n else root) for n in range(count)}
        regions = [([*chain.from_iterable(ids[n::count])], region) for n, region in self._regions.items()]
        tails = [""] * len(patterns)
        for own, part in zip(ids, parts, strict=True):
            for index, tail in zip(own, part.tails, strict=True):
                tails[index] = tail
        return _written(tails, max(part.longest for part in parts), class_of, regions)

    def _part(self, n: int, ids: list[int], patterns: Sequence[str]) -> _Part:
        texts = [patterns[index] for index in ids]
        known = self._parts[n]
        if known is not None and known.texts == texts:
            return known
        check(texts, patterns)
        nodes, tails = _trie(texts)
        units = Counter(chain.from_iterable(nodes[1:]))
        return _Part(texts, nodes[0], nodes[1:], tails, units, max(map(len, texts), default=0))

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
    taken = [base + label for base, own in zip(bases[1:], labels[1:], strict=True) for label in own]
    values: list[int] = []
    tops: list[tuple[int, int]] = []
    before = patterns = 0  # nodes and patterns of earlier parts

    def placed(value: int) -> int:
        return bases[before + (value >> 1)] << 1 | value & 1 if value >= 0 else value - patterns

    for part in parts:
        tops += [(class_of[first], placed(value)) for first, value in part.top.items()]
        values += [placed(value) for node in part.nodes for value in node.values()]
        before += len(part.nodes)
        patterns += 2 * len(part.texts)
    return _Region(parts, class_of, root, tops, cells, taken, [*chain.from_iterable(labels[1:])], values)


def _written(
    tails: list[str], longest: int, class_of: dict[str, int], regions: Sequence[tuple[list[int], _Region]]
) -> bytes:
    """The file. Each region comes with the ids of its patterns."""
    codes = "".join(class_of).encode("utf-16-le")  # the end is no unit and leaves no code
    classes = len(codes) // 2
    bits = (classes + 2).bit_length()
    cells = sum(region.cells for _, region in regions)
    wide = max(cells, len(tails)) > 1 << (30 - bits)
    taken: list[int] = []
    labels: list[int] = []
    values: list[int] = []
    origin = 0
    for ids, region in regions:
        taken += map(origin.__add__, region.taken)
        taken += [label for label, _ in region.tops]
        labels += region.labels
        labels += [label for label, _ in region.tops]
        shift = origin << 1
        for some in (region.values, [value for _, value in region.tops]):
            values += [v + shift if v >= 0 else ~(ids[~v >> 1] << 1 | ~v & 1) for v in some]
        origin += region.cells

    words = array("i", [EMPTY]) * (cells << wide)
    if wide:
        for cell, label, value in zip(taken, labels, values, strict=True):
            words[2 * cell], words[2 * cell + 1] = label, value
    else:
        for cell, label, value in zip(taken, labels, values, strict=True):
            words[cell] = value << bits | label
    if sys.byteorder == "big":
        words.byteswap()
    tail_units = "".join(tails).encode("utf-16-le")
    body = b"".join((words.tobytes(), codes, tail_units, bytes(map(len, tails))))
    body += bytes(-len(body) % 4)
    body = COUNTS.pack(len(tails), classes, cells, len(tail_units) // 2, longest | bits << 8 | wide << 16) + body
    return PREFIX.pack(MAGIC, *checksum(body)) + body


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


def _classes(parts: Sequence[_Part]) -> dict[str, int]:
    """Unit → class, in the order of classes; the end is class 0. Units that only occur in tails need none.

    By frequency behind the root, so that most nodes have small labels and fit in anywhere; the root can be sparse,
    because small nodes fill its holes. By its magnitude only: were it the count, each phrase would move classes, and with
    them every region.
    """
    count: dict[str, int] = {first: 0 for part in parts for first in part.top}
    for part in parts:
        for unit, times in part.units.items():
            count[unit] = count.get(unit, 0) + times
    count.pop("", None)
    units = sorted(sorted(count), key=lambda unit: -count[unit].bit_length())
    return {"": END} | {unit: c for c, unit in enumerate(units, start=1)}
