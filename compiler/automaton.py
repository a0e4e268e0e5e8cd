"""The automaton: the literals of a rulebook packed into the bytes that the browser scans with.

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

    header    0 magic "RGA1"   1, 2 checksum (two sums of all later words; see `_checksum`)   3 patterns   4 classes
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

Everything a reader must know is in the file; `unpack` is the proof, and what the server verifies a file with.
"""

from __future__ import annotations

import re
import struct
import sys
from array import array
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate, chain

import ahocorasick

from compiler.double_array import place

__all__ = ["MAX_LENGTH", "AutomatonError", "Scanner", "pack", "unpack"]

MAX_LENGTH = 32
"""Longest pattern, in units. A scan costs text × longest pattern at worst, and a tail length has five bits."""

_MAGIC = int.from_bytes(b"RGA1", "little")
_PREFIX = struct.Struct("<3I")  # magic and checksum; the checksum covers what follows
_COUNTS = struct.Struct("<5I")
_NOT_ONE_UNIT = re.compile("[\ud800-\udfff\U00010000-\U0010ffff]")
_LENGTHS = frozenset(range(1, MAX_LENGTH + 1))
_END = 0
_EMPTY = -1


class AutomatonError(ValueError):
    """Patterns that cannot be packed, or bytes that are no automaton."""


def pack(patterns: Sequence[str]) -> bytes:
    """The packed automaton of `patterns`; a pattern's id is its index.

    Raises `AutomatonError` when a pattern is empty, longer than `MAX_LENGTH`, given twice, or not of BMP characters.
    """
    _check(patterns)
    nodes, tails = _trie(patterns)
    class_of = _classes(nodes)
    labels = [[*map(class_of.__getitem__, node)] for node in nodes]
    bases, cells = place(labels)
    codes = "".join(class_of).encode("utf-16-le")  # the end is no unit and leaves no code

    classes = len(codes) // 2
    bits = (classes + 2).bit_length()
    wide = max(cells, len(patterns)) > 1 << (30 - bits)
    words = array("i", [_EMPTY]) * (cells << wide)
    for node, base, own_labels in zip(nodes, bases, labels, strict=True):
        for label, value in zip(own_labels, node.values(), strict=True):
            if value >= 0:
                value = bases[value >> 1] << 1 | value & 1
            if wide:
                words[2 * (base + label)] = label
                words[2 * (base + label) + 1] = value
            else:
                words[base + label] = value << bits | label
    if sys.byteorder == "big":
        words.byteswap()

    tail_units = "".join(tails).encode("utf-16-le")
    body = b"".join((words.tobytes(), codes, tail_units, bytes(map(len, tails))))
    body += bytes(-len(body) % 4)
    shape = max(map(len, patterns), default=0) | bits << 8 | wide << 16
    body = _COUNTS.pack(len(patterns), classes, cells, len(tail_units) // 2, shape) + body
    return _PREFIX.pack(_MAGIC, *_checksum(body)) + body


def _check(patterns: Sequence[str]) -> None:
    everything = "".join(patterns)
    lengths = set(map(len, patterns))
    distinct = len(set(patterns)) == len(patterns)
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


def _trie(patterns: Sequence[str]) -> tuple[list[dict[str, int]], list[str]]:
    """The nodes, root first, as unit → value of the cell, but with the index of a node for its base; and the tails.

    The end of a pattern that others go through is the unit "". In sorted order a pattern shares most with one of its
    neighbours, and first comes the one that is the beginning of others.
    """
    order = sorted(range(len(patterns)), key=patterns.__getitem__)
    texts = [patterns[pattern] for pattern in order]
    shared = [0, *map(_common, texts, texts[1:]), 0]
    tails = [""] * len(patterns)
    root: dict[str, int] = {}
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


def _classes(nodes: Sequence[dict[str, int]]) -> dict[str, int]:
    """Unit → class, in the order of classes; the end is class 0. Units that only occur in tails need none.

    By frequency behind the root, so that most nodes have small labels and fit in anywhere; the root can be sparse,
    because small nodes fill its holes.
    """
    count = Counter(chain.from_iterable(nodes[1:]))
    del count[""]
    units = sorted({*nodes[0], *count})
    return {"": _END} | {unit: c for c, unit in enumerate(sorted(units, key=lambda unit: -count[unit]), start=1)}


def _checksum(body: bytes) -> tuple[int, int]:
    """Fletcher's two sums over little-endian 32-bit words, modulo 2³²: cheap in both languages."""
    words = array("I", body)
    if sys.byteorder == "big":
        words.byteswap()
    return sum(words) & 0xFFFFFFFF, sum(accumulate(words)) & 0xFFFFFFFF


def unpack(data: bytes) -> list[str]:
    """The patterns of a packed automaton, by id; the inverse of `pack`.

    Raises `AutomatonError` unless the file is sound and gives every id one pattern: use it to verify a file.
    """
    if len(data) < _PREFIX.size + _COUNTS.size or len(data) % 4:
        raise AutomatonError(f"An automaton of {len(data)} bytes: too short, or cut.")
    magic, sum1, sum2 = _PREFIX.unpack_from(data)
    patterns, classes, cells, tail_units, shape = _COUNTS.unpack_from(data, _PREFIX.size)
    if magic != _MAGIC:
        raise AutomatonError("Not an automaton, or of another format.")
    longest, bits, wide = shape & 0xFF, shape >> 8 & 0xFF, shape >> 16
    sizes = (4 * cells << (wide & 1), 2 * classes, 2 * tail_units, patterns)
    ends = list(accumulate(sizes, initial=_PREFIX.size + _COUNTS.size))
    if ends[-1] + -ends[-1] % 4 != len(data):
        raise AutomatonError(f"The header speaks of {ends[-1]} bytes, the file has {len(data)}.")
    if _checksum(data[_PREFIX.size :]) != (sum1, sum2):
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
        _check(result)
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
        if word != _EMPTY:
            label = word & mask
            if label > min(classes, cell) or (label == _END and value >= 0):
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
        if (node is None and base) or (_END in (node or ())) != ends:
            raise AutomatonError(f"Node {base} has two parents, no children, or no end.")
        for label, value in (node or {}).items():
            text = path + codes[label - 1] if label != _END else path
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
