"""Packs the literals of a rulebook into the automaton; those that are added later go into the table that is there.

A pattern more touches a few cells; all else stays where it is. So the bytes depend on the order in which patterns came. What
they say does not: `compiler/automaton.py`, `unpack`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Final

from compiler.automaton import COUNTS, END, MAGIC, PREFIX, Sums, check
from compiler.double_array import DoubleArray, FullError
from compiler.trie import classes, common, grown

__all__ = ["Packer", "pack"]

_MANY: Final = 1 / 16
"""Of the patterns there are, so many new ones are put in one by one; beyond, packing all anew takes less time."""


def pack(patterns: Sequence[str]) -> bytes:
    """The packed automaton of `patterns`; a pattern's id is its index.

    Raises `AutomatonError` when a pattern is empty, longer than `MAX_LENGTH`, given twice, or not of BMP characters.
    """
    return Packer().pack(patterns)


class Packer:
    """Packs again and again; cheaply, when the patterns are those of the last time and a few more. Not thread-safe."""

    def __init__(self) -> None:
        self._packed: _Packed | None = None

    def pack(self, patterns: Sequence[str]) -> bytes:
        """As the function `pack`. `patterns` begins with all those of the last time."""
        known, self._packed = self._packed, None  # should these be such as cannot be packed
        if known is None or len(patterns) > known.count * (1 + _MANY):
            check(patterns, patterns)
            known = _Packed(patterns)
        elif len(patterns) > known.count:
            new = patterns[known.count :]
            check(new, patterns)
            try:
                if not all(map(known.add, new)):
                    check(patterns, patterns)  # one of them is there already
            except FullError:
                known = _Packed(patterns)
        self._packed = known
        return known.written()


class _Packed:
    """An automaton to which patterns are added."""

    def __init__(self, patterns: Sequence[str]) -> None:
        nodes, tails = grown(patterns)
        self._class_of = class_of = classes(nodes)
        bits = _label_bits(class_of)
        labelled = [[(class_of[unit], value) for unit, value in node.items()] for node in nodes]
        self._table = DoubleArray(labelled, bits, len(patterns))
        self._bits = bits
        self._tails = bytearray("".join(tails).encode("utf-16-le"))
        self._lengths = bytearray(map(len, tails))
        self._longest = max(map(len, patterns), default=0)

    @property
    def count(self) -> int:
        return len(self._lengths)

    def add(self, text: str) -> bool:
        """False when it is there already.

        Raises FullError; then the automaton is of no use any more.
        """
        if not self._table.has_room(self.count + 1):
            raise FullError
        self._longest = max(self._longest, len(text))
        pattern, table = self.count, self._table
        base = cell = 0
        for depth, unit in enumerate(text):
            label = self._label(unit)
            found = table.step(base, label)
            if found is None:
                table.add(base, label, self._leaf(pattern, text[depth + 1 :]))
                return True
            cell, value = found, table.value(found)
            if value < 0:
                return self._split(cell, ~value >> 1, pattern, text[depth + 1 :])
            base = value >> 1
        if table.value(cell) & 1:
            return False
        table.change(cell, table.value(cell) | 1)
        table.add(base, END, self._leaf(pattern, ""))
        return True

    def _split(self, cell: int, other: int, pattern: int, rest: str) -> bool:
        """Nodes where a leaf was: down to the one at which the two patterns part."""
        start = 2 * sum(self._lengths[:other])
        stop = start + 2 * self._lengths[other]
        tail = self._tails[start:stop].decode("utf-16-le")
        if tail == rest:
            return False
        shared = common(tail, rest)
        own = tail[shared + 1 :]
        self._tails[start:stop] = own.encode("utf-16-le")
        self._lengths[other] = len(own)
        leaves = [
            (self._label(tail[shared : shared + 1]), _leaf_value(other, own)),
            (self._label(rest[shared : shared + 1]), self._leaf(pattern, rest[shared + 1 :])),
        ]
        value = self._table.node(leaves) << 1 | (len(tail) == shared or len(rest) == shared)
        for unit in reversed(rest[:shared]):
            value = self._table.node([(self._label(unit), value)]) << 1
        self._table.change(cell, value)
        return True

    def _leaf(self, pattern: int, tail: str) -> int:
        """The value of the leaf of a new pattern."""
        self._tails += tail.encode("utf-16-le")
        self._lengths.append(len(tail))
        return _leaf_value(pattern, tail)

    def _label(self, unit: str) -> int:
        label = self._class_of.setdefault(unit, len(self._class_of))
        if _label_bits(self._class_of) != self._bits:
            raise FullError
        return label

    def written(self) -> bytes:
        table = self._table
        codes = "".join(self._class_of).encode("utf-16-le")  # the end is no unit and leaves no code
        rest = b"".join((codes, self._tails, self._lengths, bytes(-(len(codes) + len(self._tails) + self.count) % 4)))
        shape = self._longest | self._bits << 8 | table.wide << 16
        counts = COUNTS.pack(self.count, len(codes) // 2, table.cells, len(self._tails) // 2, shape)
        checksum = reduce(Sums.then, (Sums.of(counts), table.sums, Sums.of(rest))).checksum
        return b"".join((PREFIX.pack(MAGIC, *checksum), counts, table.data, rest))


def _leaf_value(pattern: int, tail: str) -> int:
    return ~(pattern << 1 | (tail != ""))


def _label_bits(class_of: dict[str, int]) -> int:
    """Of a label in a cell: the end, all classes, the one of units that are in no pattern, and all ones for empty."""
    return (len(class_of) + 1).bit_length()
