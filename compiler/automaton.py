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

    codes     codes[c - 1] is the UTF-16 unit of class c = 1 … classes. Units that begin a pattern come first, then
              by frequency; class 0 is every unit that is in no pattern.

    cell      one signed word, or two when label and value do not fit into 32 bits together (`wide`):

                  31                     label bits    0          word 0              word 1
                 ┌──────────────────────────┬───────────┐         ┌────────┬────────┐ ┌────────────────┐
                 │ value (signed)           │ label     │  wide:  │ 0      │ label  │ │ value (signed) │
                 └──────────────────────────┴───────────┘         └────────┴────────┘ └────────────────┘

              label   the class that leads here; all ones in an empty cell (whose words are all -1)
              value   ≥ 0: the base of the node.   < 0: ~value is a pattern whose tail follows; a node where only
                      one pattern is left, or where one pattern ends that all others go through, has no cells more
              The root has base 0, so cells[c] is the first step of every pattern that begins with class c.

    lengths   one byte a pattern, in the order of ids:

                 ┌─ goes on ─┬─ 0 ─┬─ 0 ─┬─ tail length: 0 … 31 ─┐
                 │ bit 7     │     │     │ bits 4 … 0            │
                 └───────────┴─────┴─────┴───────────────────────┘

    tails     the tails of the patterns one after the other in the order of ids, so that their places follow from
              the lengths: the units (not classes) that remain of the pattern, then, if it goes on, the base of the
              node behind it as two u16, low first.

Example: ["微信", "微信号码", "微博"] has the classes 微 1, 信 2, 博 3, 号 4, 码 5 and, the first pattern being a prefix
of the second:

    cells     0      1          2           3            4
              empty  微 → base b  …  b+2: 信 → ~0   b+3: 博 → ~2   …   d+4: 号 → ~1
    lengths   0: goes on, 0      1: 1      2: 0
    tails     d low, d high      码

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

__all__ = ["MAX_LENGTH", "AutomatonError", "Scanner", "pack", "unpack"]

MAX_LENGTH = 32
"""Longest pattern, in units. A scan costs text × longest pattern at worst, and a tail length has five bits."""

_MAGIC = int.from_bytes(b"RGA1", "little")
_HEADER = struct.Struct("<8I")
_PREFIX = struct.Struct("<3I")  # magic and checksum; the checksum covers the rest
_SURROGATE = re.compile("[\ud800-\udfff]")
_GOES_ON = 0x80
_EMPTY = -1


class AutomatonError(ValueError):
    """Patterns that cannot be packed, or bytes that are no automaton."""


def pack(patterns: Sequence[str]) -> bytes:
    """The packed automaton of `patterns`; a pattern's id is its index.

    Raises `AutomatonError` when a pattern is empty, longer than `MAX_LENGTH`, given twice, or not of BMP characters.
    """
    _check(patterns)
    class_of = _classes(patterns)
    tails = [""] * len(patterns)
    nodes, goes_on = _trie(patterns, tails)
    bases, cells = _place([[class_of[unit] for unit in node] for node in nodes], len(class_of))

    bits = (len(class_of) + 1).bit_length()
    wide = max(cells, len(patterns)) > 1 << (31 - bits)
    labels = array("i", [_EMPTY]) * cells
    values = array("i", [_EMPTY]) * cells
    for node, base in zip(nodes, bases, strict=True):
        for unit, child in node.items():
            label = class_of[unit]
            labels[base + label] = label
            values[base + label] = bases[child] if child >= 0 else child
    if wide:
        words = array("i", chain.from_iterable(zip(labels, values, strict=True)))
    else:
        words = array("i", [value << bits | label for label, value in zip(labels, values, strict=True)])

    lengths = bytearray(map(len, tails))
    for pattern, node_index in goes_on.items():
        lengths[pattern] |= _GOES_ON
        base = bases[node_index]
        tails[pattern] += chr(base & 0xFFFF) + chr(base >> 16)
    codes = "".join(class_of).encode("utf-16-le", "surrogatepass")
    tail_bytes = "".join(tails).encode("utf-16-le", "surrogatepass")
    if sys.byteorder == "big":
        words.byteswap()

    body = words.tobytes() + codes + tail_bytes + lengths
    body += bytes(-len(body) % 4)
    shape = max(map(len, patterns), default=0) | bits << 8 | wide << 16
    counts = struct.pack("<5I", len(patterns), len(class_of), cells, len(tail_bytes) // 2, shape)
    return _PREFIX.pack(_MAGIC, *_checksum(counts + body)) + counts + body


def _check(patterns: Sequence[str]) -> None:
    seen: dict[str, int] = {}
    for index, pattern in enumerate(patterns):
        if not pattern:
            raise AutomatonError(f"Pattern {index} is empty.")
        if len(pattern) > MAX_LENGTH:
            raise AutomatonError(f"Pattern {index} ({pattern!r}) is longer than {MAX_LENGTH} units.")
        if max(pattern) > "\uffff" or _SURROGATE.search(pattern):
            raise AutomatonError(f"Pattern {index} ({pattern!r}) has a character outside the BMP; fold it first.")
        if (first := seen.setdefault(pattern, index)) != index:
            raise AutomatonError(f"Pattern {index} ({pattern!r}) is the same as pattern {first}.")


def _classes(patterns: Sequence[str]) -> dict[str, int]:
    """Unit → class, in the order of classes. First units first: the root then fills its cells without a hole."""
    first = {pattern[0] for pattern in patterns}
    count = Counter("".join(patterns))
    ordered = sorted(count, key=lambda unit: (unit not in first, -count[unit], unit))
    return {unit: number for number, unit in enumerate(ordered, start=1)}


def _trie(patterns: Sequence[str], tails: list[str]) -> tuple[list[dict[str, int]], dict[int, int]]:
    """The nodes that need cells, root first: unit → index of a node, or ~pattern.

    Fills in the `tails`, and returns also the patterns that go on: pattern → index of the node behind it.
    """
    order = sorted(range(len(patterns)), key=patterns.__getitem__)
    texts = [patterns[index] for index in order]
    nodes: list[dict[str, int]] = []
    goes_on: dict[int, int] = {}

    # A job is a node: the range of sorted patterns below it, its depth, and where to note its index.
    jobs: list[tuple[int, int, int, dict[str, int] | dict[int, int], str | int]] = [(0, len(texts), 0, {}, "")]
    while jobs:
        low, high, depth, parent, key = jobs.pop()
        node: dict[str, int] = {}
        parent[key] = len(nodes)  # type: ignore[index]
        nodes.append(node)
        start = low
        while start < high:
            unit = texts[start][depth]
            end = start + 1
            while end < high and texts[end][depth] == unit:
                end += 1
            shortest = texts[start]
            if texts[end - 1].startswith(shortest):  # sorted, so all between begin with it too
                pattern = order[start]
                node[unit] = ~pattern
                tails[pattern] = shortest[depth + 1 :]
                if end - start > 1:
                    jobs.append((start + 1, end, len(shortest), goes_on, pattern))
            else:
                node[unit] = 0
                jobs.append((start, end, depth + 1, node, unit))
            start = end
    return nodes, goes_on


def _place(nodes: list[list[int]], classes: int) -> tuple[list[int], int]:
    """A base for each node so that no two children share a cell and no two nodes a base; and the number of cells.

    First fit, nodes of many children first, on sets of cells kept as the bits of an integer: shifting the taken cells
    by a label gives the bases at which that child would collide, all at once.
    """
    bases = [0] * len(nodes)
    taken = sum(1 << label for label in nodes[0]) | 1
    used = 1  # bases; the root's is 0
    for index in sorted(range(1, len(nodes)), key=lambda index: -len(nodes[index])):
        labels = nodes[index]
        blocked = used
        for label in labels:
            blocked |= taken >> label
        base = (~blocked & (blocked + 1)).bit_length() - 1
        bases[index] = base
        used |= 1 << base
        for label in labels:
            taken |= 1 << (base + label)
    return bases, taken.bit_length()


def _checksum(words: bytes) -> tuple[int, int]:
    """Fletcher's two sums over little-endian 32-bit words, modulo 2³²: cheap in both languages."""
    sums = list(accumulate(x for (x,) in struct.iter_unpack("<I", words)))
    return sums[-1] & 0xFFFFFFFF, sum(sums) & 0xFFFFFFFF


def unpack(data: bytes) -> list[str]:
    """The patterns of a packed automaton, by id; the inverse of `pack`.

    Raises `AutomatonError` for anything that `pack` could not have written: use it to verify a file.
    """
    if len(data) < _HEADER.size or len(data) % 4:
        raise AutomatonError(f"An automaton of {len(data)} bytes: too short, or cut.")
    magic, sum1, sum2, patterns, classes, cells, tail_units, shape = _HEADER.unpack_from(data)
    if magic != _MAGIC:
        raise AutomatonError("Not an automaton, or of another format.")
    longest, bits, wide = shape & 0xFF, shape >> 8 & 0xFF, shape >> 16
    ends = list(accumulate((4 * cells << (wide & 1), 2 * classes, 2 * tail_units, patterns), initial=_HEADER.size))
    if ends[-1] + -ends[-1] % 4 != len(data):
        raise AutomatonError(f"The header speaks of {ends[-1]} bytes, the file has {len(data)}.")
    if _checksum(data[_PREFIX.size :]) != (sum1, sum2):
        raise AutomatonError("The checksum is wrong: the file was damaged.")
    if wide > 1 or bits != (classes + 1).bit_length() or longest > MAX_LENGTH:
        raise AutomatonError("The header contradicts itself.")

    words = [word for (word,) in struct.iter_unpack("<i", data[ends[0] : ends[1]])]
    codes = data[ends[1] : ends[2]].decode("utf-16-le", "surrogatepass")
    tails = data[ends[2] : ends[3]].decode("utf-16-le", "surrogatepass")
    lengths = data[ends[3] : ends[4]]
    if len(codes) != classes or len(set(codes)) != classes:
        raise AutomatonError("The classes are not distinct units.")

    mask = (1 << bits) - 1
    children: dict[int, list[tuple[int, int]]] = {}
    for cell in range(cells):
        word, value = (words[2 * cell], words[2 * cell + 1]) if wide else (words[cell], words[cell] >> bits)
        label = word & mask
        if word != _EMPTY:
            if not 1 <= label <= classes or cell < label:
                raise AutomatonError(f"Cell {cell} has a label that no text can reach.")
            children.setdefault(cell - label, []).append((label, value))

    starts = list(accumulate(((length & 31) + 2 * (length >> 7) for length in lengths), initial=0))
    if starts[-1] != tail_units or any(length & 0x60 for length in lengths):
        raise AutomatonError("The lengths do not add up to the tails.")
    found: dict[int, str] = {}
    nodes = [(0, "")]
    while nodes:
        base, text = nodes.pop()
        for label, value in children.pop(base, ()):
            path = text + codes[label - 1]
            if value < 0:
                pattern = ~value
                if pattern >= patterns or pattern in found:
                    raise AutomatonError(f"Pattern {pattern} is out of range or met twice.")
                start, length = starts[pattern], lengths[pattern]
                path += tails[start : start + (length & 31)]
                found[pattern] = path
                if not length & _GOES_ON:
                    continue
                at = starts[pattern + 1]
                value = ord(tails[at - 2]) | ord(tails[at - 1]) << 16
            if value not in children:
                raise AutomatonError(f"Node {value} has no children, or two parents.")
            nodes.append((value, path))
    if children or len(found) != patterns:
        raise AutomatonError("Some cells or patterns are out of reach.")
    result = [found[pattern] for pattern in range(patterns)]
    try:
        _check(result)
    except AutomatonError as error:
        raise AutomatonError(f"The automaton holds what may not be packed: {error}") from None
    if longest != max(map(len, result), default=0):
        raise AutomatonError("The longest pattern is not as long as the header says.")
    return result


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
