"""Packs the literals of a rulebook into the automaton; when some were added, only the parts of it that they touch.

The parts of the trie are placed in *regions*: runs of cells of their own, each for some of the parts. A pattern more touches
one part and one region; all else stays where it is, since each region has some cells to spare. So the bytes depend on the
order in which patterns came. What they say does not: `compiler/automaton.py`, `unpack`.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence
from functools import reduce
from itertools import chain
from typing import Final, NamedTuple

from compiler.automaton import COUNTS, EMPTY, MAGIC, PREFIX, Sums, check
from compiler.double_array import place
from compiler.trie import PARTS, Part, Trie

__all__ = ["Packer", "pack"]

_REGION: Final = 2048
"""Cells that a region has at least, on average …"""
_CLASSES: Final = 2
"""… and times the number of classes: as many cells as there are classes may stay half empty at its end. (They hardly show
in a compressed file.)"""
_SPARE: Final = 128
"""Regions begin at multiples of this many cells: those behind one that grows by a few stay where they are."""


class _Form(NamedTuple):
    """What all cells have in common."""

    bits: int
    """Of a label."""
    wide: bool


class _Region(NamedTuple):
    """Some parts in their places, of which bases count from the region's first cell."""

    words: array[int]
    """The words of all cells but the root's …"""
    tops: list[tuple[int, int]]
    """… and of these, label and value."""


class _InFile(NamedTuple):
    """A region where it is in the file."""

    region: _Region
    origin: int
    form: _Form
    data: bytes
    tops: list[tuple[int, int]]
    sums: Sums


def pack(patterns: Sequence[str]) -> bytes:
    """The packed automaton of `patterns`; a pattern's id is its index.

    Raises `AutomatonError` when a pattern is empty, longer than `MAX_LENGTH`, given twice, or not of BMP characters.
    """
    return Packer().pack(patterns)


class Packer:
    """Packs again and again; cheaply, when the patterns are those of the last time and some more. Not thread-safe."""

    def __init__(self) -> None:
        self._growing = _Growing()

    def pack(self, patterns: Sequence[str]) -> bytes:
        """As the function `pack`."""
        if "" in patterns:
            check(patterns, patterns)
        growing = self._growing
        known = growing.trie.patterns
        if len(known) > len(patterns) or known != [*patterns[: len(known)]]:
            growing = _Growing()
        self._growing = _Growing()  # should these be such as cannot be packed
        data = growing.with_more(patterns[len(growing.trie.patterns) :])
        self._growing = growing
        return data


class _Growing:
    """An automaton to which patterns are added."""

    def __init__(self) -> None:
        self.trie = Trie()
        self._regions: list[_Region] = []
        self._in_file: list[_InFile] = []
        self._root: list[int] = []
        self._bits = 0

    def with_more(self, new: Sequence[str]) -> bytes:
        trie = self.trie
        touched = trie.add(new)
        bits = _label_bits(trie.class_of)
        root = [trie.class_of[first] for part in trie.parts for first in part.top]
        count = len(self._regions)
        stale = {n % count for n in touched} if count and bits == self._bits else None
        if stale is None:
            count = count or self._regions_for(bits)
            stale = {*range(count)}
        elif root != self._root:
            stale.add(0)
        self._root, self._bits = root, bits
        self._regions = [
            _placed(trie.parts[n::count], trie.class_of, bits, [] if n else root) if n in stale else self._regions[n]
            for n in range(count)
        ]
        # None comes behind the last one.
        rooms = [*map(_room, self._regions[:-1]), len(self._regions[-1].words)]
        cells = sum(rooms)
        form = _Form(bits, max(cells, len(trie.patterns)) > _most_cells(bits))
        origin = 0
        known: Sequence[_InFile | None] = self._in_file or [None] * count
        self._in_file = []
        for region, room, before in zip(self._regions, rooms, known, strict=True):
            if before is None or before.region is not region or (before.origin, before.form) != (origin, form):
                before = _at(region, origin, room, form)
            self._in_file.append(before)
            origin += room
        return self._written(form, cells)

    def _regions_for(self, bits: int) -> int:
        """How many regions: more make a save cheaper, but what they leave empty may not be what makes cells wide."""
        trie = self.trie
        classes = len(trie.class_of)
        edges = sum(len(node) for part in trie.parts for node in (part.top, *part.nodes))
        count = min(PARTS, edges // max(_REGION, _CLASSES * classes))
        if edges < _most_cells(bits):
            count = min(count, (_most_cells(bits) - edges) // classes)
        return max(1, count)

    def _written(self, form: _Form, cells: int) -> bytes:
        trie = self.trie
        first = self._in_file[0]
        # The root's cells are in the first region, and lead everywhere.
        words = array("i", first.data)
        _swap(words)
        for label, value in chain.from_iterable(region.tops for region in self._in_file):
            if form.wide:
                words[2 * label], words[2 * label + 1] = label, value
            else:
                words[label] = value << form.bits | label
        _swap(words)
        opening = words.tobytes()
        codes = "".join(trie.class_of).encode("utf-16-le")  # the end is no unit and leaves no code
        tails = "".join(trie.tails).encode("utf-16-le")
        rest = b"".join((codes, tails, bytes(map(len, trie.tails))))
        rest += bytes(-len(rest) % 4)
        longest = max(part.longest for part in trie.parts)
        shape = longest | form.bits << 8 | form.wide << 16
        counts = COUNTS.pack(len(trie.tails), len(codes) // 2, cells, len(tails) // 2, shape)
        others = self._in_file[1:]
        sums = (Sums.of(counts + opening), *(region.sums for region in others), Sums.of(rest))
        checksum = reduce(Sums.then, sums).checksum
        return b"".join((PREFIX.pack(MAGIC, *checksum), counts, opening, *(r.data for r in others), rest))


def _label_bits(class_of: dict[str, int]) -> int:
    """Of a label in a cell: the end, all classes, the one of units that are in no pattern, and all ones for empty."""
    return (len(class_of) + 1).bit_length()


def _most_cells(bits: int) -> int:
    """How many cells, and patterns, a file can have in which a cell is one word."""
    return 1 << (30 - bits)


def _room(region: _Region) -> int:
    return len(region.words) + -len(region.words) % _SPARE


def _placed(parts: Sequence[Part], class_of: dict[str, int], bits: int, root: list[int]) -> _Region:
    nodes = [node for part in parts for node in part.nodes]
    labels = [root, *([*map(class_of.__getitem__, node)] for node in nodes)]
    bases, cells = place(labels)
    words = array("q", [EMPTY]) * cells
    tops: list[tuple[int, int]] = []
    before = 0  # nodes of earlier parts
    for part in parts:
        tops += [
            (class_of[first], bases[before + (value >> 1)] << 1 | value & 1 if value >= 0 else value)
            for first, value in part.top.items()
        ]
        for n, node in enumerate(part.nodes, before + 1):
            base = bases[n]
            for unit, value in node.items():
                label = class_of[unit]
                if value >= 0:
                    value = bases[before + (value >> 1)] << 1 | value & 1
                words[base + label] = value << bits | label
        before += len(part.nodes)
    return _Region(words, tops)


def _at(region: _Region, origin: int, room: int, form: _Form) -> _InFile:
    bits = form.bits
    more = origin << 1 + bits
    words = [word + more if word >= 0 else word for word in region.words]
    words += [EMPTY] * (room - len(words))
    if form.wide:
        mask = (1 << bits) - 1
        halves = ((word & mask, word >> bits) if word != EMPTY else (EMPTY, EMPTY) for word in words)
        in_file = array("i", chain.from_iterable(halves))
    else:
        in_file = array("i", words)
    _swap(in_file)
    data = in_file.tobytes()
    tops = [(label, value + (origin << 1) if value >= 0 else value) for label, value in region.tops]
    return _InFile(region, origin, form, data, tops, Sums.of(data))


def _swap(words: array[int]) -> None:
    if sys.byteorder == "big":
        words.byteswap()
