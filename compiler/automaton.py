"""The automaton: the bytes that the browser scans with, made of a rulebook's literals by `compiler/packing.py`.

A release carries its literals as one little-endian file that `extension/src/engine/automaton.ts` maps into typed
arrays and walks. It is a trie in a *double array*: each edge is one cell of one table, a node is the number `base`,
and the child of a node by the unit of class `c` is the cell `base + c`, if that cell is labelled `c`. No two nodes
have the same base, so the label alone tells whose child a cell is. There are no failure links: the reader filters
starting positions by pairs of units and walks from those few that are left, which is smaller and faster than
carrying a state through every unit.

    ┌────────────┬─────────────────────────────┬──────────────┬──────────────┬───────────────┬─────────┐
    │ header     │ cells                       │ codes        │ tails        │ lengths       │ padding │
    │ 8 × u32    │ i32 × cells (× 2 if wide)   │ u16 × classes│ u16 × tails  │ u8 × patterns │ 0–3 × 0 │
    └────────────┴─────────────────────────────┴──────────────┴──────────────┴───────────────┴─────────┘

    header    0 magic "RGA1"   1, 2 checksum (two sums of all later words; see `checksum`)   3 patterns   4 classes
              5 cells   6 tails (u16s)   7 shape:  longest pattern (8 bits) │ label bits (8) │ wide (8) │ 0 (8)

    codes     codes[c - 1] is the UTF-16 unit of class c = 1 … classes, the units of the cells by frequency. Every
              other unit has the class `classes + 1` in the reader, which is no cell's label.

    cell      one signed word, or two when label and value do not fit into 32 bits together (`wide`):

                  31                     label bits    0          word 0              word 1
                 ┌──────────────────────┬───┬───────────┐         ┌────────┬────────┐ ┌────────────────────┬───┐
                 │ value (signed)       ┆ + │ label     │  wide:  │ 0      │ label  │ │ value (signed)     ┆ + │
                 └──────────────────────┴───┴───────────┘         └────────┴────────┘ └────────────────────┴───┘

              label   the class that leads here; 0 = a pattern ends here; all ones = empty (all words are -1)
              value   ≥ 0: a node.  base << 1, or base << 1 | 1 if a pattern ends here that others go through: then the
                           cell `base`, labelled 0, is its leaf
                      < 0: a leaf.  ~(id << 1), or ~(id << 1 | 1) if a tail of the pattern remains to be compared
              The root has base 0, so cells[c] is the first step of every pattern that begins with class c.

    lengths   of the tails, 0 … 31, one byte a pattern, in the order of ids
    tails     the units (not classes) of all tails, one after the other in the order of ids; where each begins follows
              from the lengths. A tail is what remains of a pattern where no other pattern shares its path any more.

Example: ["微信", "微信号码", "微博"] has the classes 信 1, 博 2, 号 3, 微 4; 码 occurs in a tail only:

    cells     0      1      2            3             4            5             6      7      8
              empty  empty  信: node 5,  博: leaf 2    微: node 1   end: leaf 0   empty  empty  号: leaf 1,
                            ends         (of node 1)   (of root)    (of node 5)                 with tail
    lengths   0: 0    1: 1    2: 0
    tails     码

Everything a reader must know is in the file, where a packer puts the nodes is its own business; `unpack` is the proof, and
what the server verifies a file with.
"""

from __future__ import annotations

import re
import struct
import sys
from array import array
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

import ahocorasick

__all__ = ["MAX_LENGTH", "AutomatonError", "Scanner", "unpack"]

MAX_LENGTH = 32
"""Longest pattern, in units. A scan costs text × longest pattern at worst, and a tail length has five bits."""

MAGIC = int.from_bytes(b"RGA1", "little")
PREFIX = struct.Struct("<3I")  # magic and checksum; the checksum covers what follows
COUNTS = struct.Struct("<5I")
_NOT_ONE_UNIT = re.compile("[\ud800-\udfff\U00010000-\U0010ffff]")
_LENGTHS = frozenset(range(1, MAX_LENGTH + 1))
END = 0
EMPTY = -1


class AutomatonError(ValueError):
    """Patterns that cannot be packed, or bytes that are no automaton."""


def check(some: Sequence[str], patterns: Sequence[str]) -> None:
    """Raise `AutomatonError` when `some` of the patterns, all that begin alike, cannot be packed."""
    everything = "".join(some)
    lengths = set(map(len, some))
    distinct = len(set(some)) == len(some)
    if distinct and lengths <= _LENGTHS and not _NOT_ONE_UNIT.search(everything):
        return
    seen: dict[str, int] = {}
    for index, pattern in enumerate(patterns):
        if not pattern:
            raise AutomatonError(f"Pattern {index} is empty.")
        if len(pattern) > MAX_LENGTH:
            raise AutomatonError(f"Pattern {index} ({pattern!r}) is longer than {MAX_LENGTH} units.")
        if _NOT_ONE_UNIT.search(pattern):
            raise AutomatonError(f"Pattern {index} ({pattern!r}) has a character outside the BMP; fold it first.")
        if (first := seen.setdefault(pattern, index)) != index:
            raise AutomatonError(f"Pattern {index} ({pattern!r}) is the same as pattern {first}.")


class Sums(NamedTuple):
    """Fletcher's two sums over little-endian 32-bit words, modulo 2³²: cheap in both languages, and those of a part of a
    file stand for the part."""

    words: int
    first: int
    second: int

    @classmethod
    def of(cls, data: bytes | bytearray) -> Sums:
        """By a few operations on long integers, of which the words are the digits: a half is laid on the other and added, again
        and again, in digits of 64 bits."""
        count = len(data) // 4
        digits = 1 << max(0, (count + 1) // 2 - 1).bit_length()
        number, filled = int.from_bytes(data, "little"), 2 * digits
        mask = int.from_bytes(b"\xff\xff\xff\xff\0\0\0\0" * digits, "little")
        odd = number >> 32 & mask
        pairs = (number & mask) + odd
        second = -_total(odd, digits)
        while digits > 1:
            digits //= 2
            low = pairs & (1 << 64 * digits) - 1
            pairs = low + (pairs >> 64 * digits)
            second += 2 * digits * _total(low, digits)
        return cls(count, pairs, second + (count + 2 - filled) * pairs)

    def then(self, other: Sums) -> Sums:
        """Of one behind the other."""
        second = self.second + other.second + other.words * self.first
        return Sums(self.words + other.words, self.first + other.first, second)

    @property
    def checksum(self) -> tuple[int, int]:
        return self.first & 0xFFFFFFFF, self.second & 0xFFFFFFFF


def _total(digits: int, count: int) -> int:
    """Of so many digits of 64 bits, a power of two."""
    while count > 1:
        count //= 2
        digits = (digits >> 64 * count) + (digits & (1 << 64 * count) - 1)
    return digits


def checksum(body: bytes) -> tuple[int, int]:
    """Of all that follows it in a file."""
    return Sums.of(body).checksum


def unpack(data: bytes) -> list[str]:
    """The patterns of a packed automaton, by id; the inverse of `pack`.

    Raises `AutomatonError` unless the file is sound and gives every id one pattern: use it to verify a file.
    """
    if len(data) < PREFIX.size + COUNTS.size or len(data) % 4:
        raise AutomatonError(f"An automaton of {len(data)} bytes: too short, or cut.")
    magic, sum1, sum2 = PREFIX.unpack_from(data)
    patterns, classes, cells, tail_units, shape = COUNTS.unpack_from(data, PREFIX.size)
    if magic != MAGIC:
        raise AutomatonError("Not an automaton, or of another format.")
    longest, bits, wide = shape & 0xFF, shape >> 8 & 0xFF, shape >> 16
    sizes = (4 * cells << (wide & 1), 2 * classes, 2 * tail_units, patterns)
    ends = list(accumulate(sizes, initial=PREFIX.size + COUNTS.size))
    if ends[-1] + -ends[-1] % 4 != len(data):
        raise AutomatonError(f"The header speaks of {ends[-1]} bytes, the file has {len(data)}.")
    if checksum(data[PREFIX.size :]) != (sum1, sum2):
        raise AutomatonError("The checksum is wrong: the file was damaged.")
    if wide > 1 or bits != (classes + 2).bit_length() or longest > MAX_LENGTH:
        raise AutomatonError("The header contradicts itself.")

    words = array("i", data[ends[0] : ends[1]])
    if sys.byteorder == "big":
        words.byteswap()
    codes = data[ends[1] : ends[2]].decode("utf-16-le", "surrogatepass")
    tails = data[ends[2] : ends[3]].decode("utf-16-le", "surrogatepass")
    starts = list(accumulate(data[ends[3] : ends[4]], initial=0))
    if len(codes) != classes or len(set(codes)) != classes or len(tails) != tail_units or starts[-1] != tail_units:
        raise AutomatonError("The classes or the tails are not what the header says.")

    result = _walk(_children(words, bits, wide, classes), codes, tails, starts)
    try:
        check(result, result)
    except AutomatonError as error:
        raise AutomatonError(f"The automaton holds what may not be packed: {error}") from None
    if longest != max(map(len, result), default=0):
        raise AutomatonError("The longest pattern is not as long as the header says.")
    return result


def _children(words: array[int], bits: int, wide: int, classes: int) -> dict[int, dict[int, int]]:
    """Base → label → value."""
    mask = (1 << bits) - 1
    nodes: dict[int, dict[int, int]] = {}
    for cell in range(len(words) >> wide):
        word, value = (words[2 * cell], words[2 * cell + 1]) if wide else (words[cell], words[cell] >> bits)
        if word != EMPTY:
            label = word & mask
            if label > min(classes, cell) or (label == END and value >= 0):
                raise AutomatonError(f"Cell {cell} cannot be reached, or is an end that goes on.")
            nodes.setdefault(cell - label, {})[label] = value
    return nodes


def _walk(nodes: dict[int, dict[int, int]], codes: str, tails: str, starts: list[int]) -> list[str]:
    """The pattern of each id. Takes each node out of `nodes`, so that a circle or a second parent is found."""
    found: list[str | None] = [None] * (len(starts) - 1)
    jobs = [(0, "", False)]
    while jobs:
        base, path, ends = jobs.pop()
        node = nodes.pop(base, None)
        if (node is None and base) or (END in (node or ())) != ends:
            raise AutomatonError(f"Node {base} has two parents, no children, or no end.")
        for label, value in (node or {}).items():
            text = path + codes[label - 1] if label != END else path
            if value >= 0:
                jobs.append((value >> 1, text, bool(value & 1)))
                continue
            pattern, tail = ~value >> 1, ~value & 1
            if pattern >= len(found) or found[pattern] is not None:
                raise AutomatonError(f"Pattern {pattern} is out of range or met twice.")
            rest = tails[starts[pattern] : starts[pattern + 1]]
            if bool(rest) != bool(tail):
                raise AutomatonError(f"Pattern {pattern} has a tail in one place and none in the other.")
            found[pattern] = text + rest
    if nodes or None in found:
        raise AutomatonError("Some cells or patterns are out of reach.")
    return [text for text in found if text is not None]


class Scanner:
    """All overlapping matches of `patterns` in Python, by pyahocorasick: the server's scanner and the tests' oracle."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._automaton = ahocorasick.Automaton()
        for index, pattern in enumerate(patterns):
            self._automaton.add_word(pattern, (index, len(pattern)))
        self._automaton.make_automaton()

    def scan(self, text: str) -> list[tuple[int, int, int]]:
        """`(pattern id, start, end)` for each match, sorted by start, end, id; `end` is exclusive."""
        if not len(self._automaton):  # pyahocorasick refuses to iterate an automaton without words
            return []
        hits = [(last + 1 - length, last + 1, index) for last, (index, length) in self._automaton.iter(text)]
        hits.sort()
        return [(index, start, end) for start, end, index in hits]
