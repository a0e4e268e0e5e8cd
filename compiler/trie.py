"""The trie of an automaton's patterns: nodes, tails, and the classes of their units."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain

from compiler.automaton import END, MAX_LENGTH

Node = dict[str, int]
"""Unit → value of the cell (`compiler/automaton.py`), but with the index of a node for its base. The end of a pattern that
others go through is the unit ""."""


def grown(patterns: Sequence[str]) -> tuple[list[Node], list[str]]:
    """The nodes, root first, and of each pattern the tail: what is left where no other shares its path.

    In sorted order a pattern shares most with one of its neighbours, and first comes the one that is the beginning of others.
    """
    order = sorted(range(len(patterns)), key=patterns.__getitem__)
    texts = [patterns[n] for n in order]
    shared = [0, *map(common, texts, texts[1:]), 0]
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
        deepest = before if before > after else after
        tail = tails[pattern] = text[deepest + 1 :]
        if len(text) > deepest:
            node[text[deepest]] = ~(pattern << 1 | (tail != ""))
    return nodes, tails


def common(one: str, other: str) -> int:
    """How many units the two begin with alike."""
    depth = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        depth += 1
    return depth


def classes(nodes: Sequence[Node]) -> dict[str, int]:
    """Unit → class, in the order of classes. Units that only occur in tails need none.

    By frequency behind the root, so that most nodes have small labels and fit in anywhere; the root can be sparse,
    because small nodes fill its holes.
    """
    count = Counter(dict.fromkeys(nodes[0], 0))
    count.update(chain.from_iterable(nodes[1:]))
    del count[""]
    units = sorted(sorted(count), key=lambda unit: -count[unit])
    return {"": END} | {unit: c for c, unit in enumerate(units, start=1)}
