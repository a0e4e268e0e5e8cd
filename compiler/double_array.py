"""Nodes of a trie in one table of cells, so that few cells stay empty.

The child of a node by label `l` lives in the cell `base + l`. `place` finds the bases of many nodes at once, by first fit,
large nodes first; a `DoubleArray` takes in one more at a time, and all cells but those that it touches stay as they are. In
both the cells are the bits of an integer: one shift then tests a label against every base at once, which makes pure Python
fast enough (100,000 patterns in well under a second).
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Sequence
from itertools import chain, groupby
from operator import itemgetter
from typing import Final

from compiler.automaton import EMPTY, Sums

__all__ = ["DoubleArray", "FullError", "place"]

_CHUNK = 1024
"""Cells that leave the window at a time …"""
_ENOUGH = 0.96
"""… when so many of them are taken. The rest is left to nodes of one child, which fit anywhere."""
_WINDOW = 16384
"""… or when there are more than these, which happens when no small nodes are there to fill the holes."""
_EVERY = 16
"""Nodes after which the window is looked at."""
_BATCH = 16384
"""Children that are placed together, large nodes first, so that small ones soon fill the holes between."""
_NARROW = struct.Struct("<i")
_WIDE = struct.Struct("<2i")
_WORD: Final = 0xFFFFFFFF

Node = Sequence[tuple[int, int]]
"""Label and value of each child. A value that is not negative is `node << 1`, and a bit that its parent keeps with it."""


class FullError(Exception):
    """A number does not fit into the cells as they are."""


class DoubleArray:
    """The cells of an automaton (`compiler/automaton.py`), to which children are added."""

    def __init__(self, nodes: Sequence[Node], bits: int, patterns: int) -> None:
        """Of nodes that name each other by index; the first is the root. `bits` are those of a label, and `patterns` are so
        many that the cells should be able to name them."""
        labels = [[label for label, _ in node] for node in nodes]
        bases, cells = place(labels)
        self._bits, self._mask = bits, (1 << bits) - 1
        self.wide = False
        self.wide = not self.has_room(max(cells, patterns))
        self._words = words = array("q", [EMPTY]) * cells
        self._parents: dict[int, int] = {}
        """Base → the cell that leads to it."""
        for base, node in zip(bases, nodes, strict=True):
            for label, value in node:
                if value >= 0:
                    child = bases[value >> 1]
                    self._parents[child] = base + label
                    value = child << 1 | value & 1
                words[base + label] = value << bits | label
        self._labels = dict(zip(bases, labels, strict=True))
        """Base → the labels of its children."""
        self._taken = _as_bits(bytes(map(EMPTY.__ne__, words))) | 1  # the first cell is the root's own
        flags = bytearray(cells)
        for base in bases:
            flags[base] = 1
        self._bases = _as_bits(flags)
        self.data = bytearray(self._in_file())
        whole = Sums.of(self.data)
        self._first, self._moment = whole.first, whole.words * whole.first - whole.second

    @property
    def cells(self) -> int:
        return len(self._words)

    @property
    def sums(self) -> Sums:
        count = len(self.data) // 4
        return Sums(count, self._first, count * self._first - self._moment)

    def step(self, base: int, label: int) -> int | None:
        """The cell of a node's child; None when it has no such child."""
        cell = base + label
        return cell if cell < len(self._words) and self._words[cell] & self._mask == label else None

    def value(self, cell: int) -> int:
        return self._words[cell] >> self._bits

    def change(self, cell: int, value: int) -> None:
        self._set(cell, value << self._bits | self._words[cell] & self._mask)

    def node(self, children: Node) -> int:
        """The base of a new node with these children; the cell that is to lead to it is changed later.

        Raises FullError, as all that adds to the table.
        """
        labels = [label for label, _ in children]
        base = self._fit(labels)
        self._bases |= 1 << base
        self._labels[base] = labels
        for label, value in children:
            self._set(base + label, value << self._bits | label)
        return base

    def add(self, base: int, label: int, value: int) -> None:
        """A child more for a node; it moves, if there is no room for it."""
        if self._taken >> base + label & 1:
            if base:
                base = self._move(base, label)
            else:  # the root cannot move: who lives there has to
                self._move(label - (self._words[label] & self._mask))
        self._labels[base].append(label)
        self._set(base + label, value << self._bits | label)

    def _move(self, base: int, *more: int) -> int:
        """Where the node is now, with room for labels more."""
        labels = self._labels.pop(base)
        new = self._fit([*labels, *more])
        self._labels[new] = labels
        self._bases ^= 1 << base | 1 << new
        for label in labels:
            word = self._words[base + label]
            self._set(base + label, EMPTY)
            self._set(new + label, word)
        parent = self._parents.pop(base)
        self.change(parent, new << 1 | self.value(parent) & 1)
        return new

    def _fit(self, labels: Sequence[int]) -> int:
        """The lowest base that has room for these labels."""
        first = min(labels)
        blocked = self._taken | self._bases << first | (1 << first + 1) - 1
        for label in labels:
            blocked |= self._taken >> label - first
        lowest = ~blocked & (blocked + 1)
        return lowest.bit_length() - 1 - first

    def _set(self, cell: int, word: int) -> None:
        while cell >= len(self._words):
            if not self.has_room(len(self._words) + 1):
                raise FullError
            at = len(self.data) // 4
            self._words.append(EMPTY)
            self.data += b"\xff" * (8 if self.wide else 4)
            for place in range(at, len(self.data) // 4):
                self._first += _WORD
                self._moment += _WORD * place
        if (self._words[cell] == EMPTY) is not (word == EMPTY):
            self._taken ^= 1 << cell
        self._words[cell] = word
        if word >= 0:  # it leads to a node
            self._parents[word >> 1 + self._bits] = cell
        if not self.wide:
            self._write(cell, word)
        else:
            self._write(2 * cell, word if word == EMPTY else word & self._mask)
            self._write(2 * cell + 1, word if word == EMPTY else word >> self._bits)

    def _write(self, place: int, word: int) -> None:
        change = (word & _WORD) - (_NARROW.unpack_from(self.data, 4 * place)[0] & _WORD)
        self._first += change
        self._moment += change * place
        _NARROW.pack_into(self.data, 4 * place, word)

    def has_room(self, most: int) -> bool:
        """Whether labels and so many cells or patterns fit into the words."""
        return self.wide or most <= 1 << (30 - self._bits)

    def _in_file(self) -> bytes:
        if not self.wide:
            return struct.pack(f"<{len(self._words)}i", *self._words)
        bits, mask = self._bits, self._mask
        halves = ((word & mask, word >> bits) if word != EMPTY else (EMPTY, EMPTY) for word in self._words)
        return struct.pack(f"<{2 * len(self._words)}i", *chain.from_iterable(halves))


def _as_bits(flags: bytes | bytearray) -> int:
    """The integer of which the lowest bit is the first flag, 0 or 1."""
    return int(flags[::-1].translate(b"01".ljust(256)), 2)


def place(nodes: Sequence[Sequence[int]]) -> tuple[list[int], int]:
    """A base for each node, given its labels, and the number of cells.

    No two labels share a cell and no two nodes a base; the root, `nodes[0]`, has base 0 and every other a larger one.
    """
    bases = [0] * len(nodes)
    used = {0}
    taken = sum(1 << label for label in nodes[0]) | 1  # the cells from `origin` on; cell 0 is the root's own
    origin = 0
    free: list[int] = []  # below `origin`

    order = sorted((n for n in range(1, len(nodes)) if len(nodes[n]) > 1), key=lambda index: -len(nodes[index]))
    batches = sum(map(len, nodes)) // _BATCH + 1
    large_first = chain.from_iterable(order[batch::batches] for batch in range(batches))
    for turn, index in enumerate(large_first, 1):
        labels = nodes[index]
        first = min(labels)
        blocked = taken
        mask = 1
        for label in labels:
            if label != first:
                blocked |= taken >> label - first
                mask |= 1 << label - first
        while True:  # the lowest cell for the first label whose base is free too
            lowest = ~blocked & (blocked + 1)
            at = lowest.bit_length() - 1
            base = origin + at - first
            if base > 0 and base not in used:
                break
            blocked |= lowest
        bases[index] = base
        used.add(base)
        taken |= mask << at
        while not turn % _EVERY and _is_done(taken):
            free += _holes(taken, origin, _CHUNK)
            taken >>= _CHUNK
            origin += _CHUNK

    free += _holes(taken, origin, taken.bit_length())
    cells = origin + taken.bit_length()
    singles = sorted((labels[0], index) for index, labels in enumerate(nodes) if index and len(labels) == 1)
    for label, group in groupby(singles, itemgetter(0)):
        unfit: list[int] = []  # a cell that does not suit one node suits no other with the same label
        tried = 0
        for _, index in group:
            while True:  # the lowest cell whose base is free
                if tried == len(free):
                    free.append(cells)
                    cells += 1
                cell = free[tried]
                tried += 1
                base = cell - label
                if base > 0 and base not in used:
                    break
                unfit.append(cell)
            bases[index] = base
            used.add(base)
        free = unfit + free[tried:]
    return bases, cells


def _is_done(taken: int) -> bool:
    return (taken & ((1 << _CHUNK) - 1)).bit_count() >= _CHUNK * _ENOUGH or taken.bit_length() > _WINDOW


def _holes(taken: int, origin: int, size: int) -> list[int]:
    bits = taken & ((1 << size) - 1)
    return [origin + bit for bit in range(size) if not bits >> bit & 1]
