"""The trie of an automaton's patterns, in *parts*: each has the patterns whose first units have the same remainder.

It only grows: a pattern more touches one part, and what was there keeps its number and its class.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain
from typing import Final, NamedTuple

from compiler.automaton import END, MAX_LENGTH, check

PARTS: Final = 64

Node = dict[str, int]
"""Unit → value of the cell, but with the index of a node within the part for its base."""


class Part(NamedTuple):
    top: Node
    """Its share of the root."""
    nodes: list[Node]
    """Behind the root; the first has index 1."""
    longest: int


class Trie:
    def __init__(self) -> None:
        self.patterns: list[str] = []
        self.parts = [Part({}, [], 0)] * PARTS
        self.tails: list[str] = []
        """Of each pattern, what is left where no other shares its path."""
        self.class_of: dict[str, int] = {}
        """Unit → class, in the order of classes; the end is class 0. Units that only occur in tails need none."""
        self._ids: list[list[int]] = [[] for _ in range(PARTS)]

    def add(self, new: Sequence[str]) -> set[int]:
        """The parts that these patterns touch. After an `AutomatonError` the trie is of no use any more."""
        ids = self._ids
        for n, text in enumerate(new, len(self.patterns)):
            ids[ord(text[0]) % PARTS].append(n)
        touched = {ord(text[0]) % PARTS for text in new}
        self.patterns += new
        self.tails += [""] * len(new)
        for n in touched:
            self.parts[n] = self._part(ids[n])
        if self.class_of:
            units = chain.from_iterable(chain((self.parts[n].top,), self.parts[n].nodes) for n in touched)
            for unit in sorted({*chain.from_iterable(units)} - self.class_of.keys()):
                self.class_of[unit] = len(self.class_of)
        else:
            self.class_of = _classes(self.parts)
        return touched

    def _part(self, ids: list[int]) -> Part:
        texts = [*map(self.patterns.__getitem__, ids)]
        check(texts, self.patterns)
        nodes = _grown(texts, ids, self.tails)
        return Part(nodes[0], nodes[1:], max(map(len, texts)))


def _grown(texts: Sequence[str], ids: Sequence[int], tails: list[str]) -> list[Node]:
    """The nodes, root first. Fills in the `tails`, which are by id.

    The end of a pattern that others go through is the unit "". In sorted order a pattern shares most with one of its
    neighbours, and first comes the one that is the beginning of others.
    """
    order = sorted(zip(texts, ids, strict=True))
    texts = [text for text, _ in order]
    shared = [0, *map(_common, texts, texts[1:]), 0]
    root: Node = {}
    nodes = [root]
    path = [root] * (MAX_LENGTH + 1)  # the nodes of the text at hand, by depth
    for (text, pattern), before, after in zip(order, shared, shared[1:], strict=False):
        node = path[before]
        for depth in range(before, after):
            ends = len(text) == depth + 1
            node[text[depth]] = len(nodes) << 1 | ends
            node = path[depth + 1] = {"": ~(pattern << 1)} if ends else {}
            nodes.append(node)
        deepest = max(before, after)
        tail = tails[pattern] = text[deepest + 1 :]
        if len(text) > deepest:
            node[text[deepest]] = ~(pattern << 1 | (tail != ""))
    return nodes


def _common(one: str, other: str) -> int:
    """How many units the two begin with alike."""
    depth = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        depth += 1
    return depth


def _classes(parts: Sequence[Part]) -> dict[str, int]:
    """Unit → class, in the order of classes.

    By frequency behind the root, so that most nodes have small labels and fit in anywhere; the root can be sparse,
    because small nodes fill its holes.
    """
    count = Counter(dict.fromkeys(chain.from_iterable(part.top for part in parts), 0))
    count.update(chain.from_iterable(node for part in parts for node in part.nodes))
    del count[""]
    units = sorted(sorted(count), key=lambda unit: -count[unit])
    return {"": END} | {unit: c for c, unit in enumerate(units, start=1)}
