"""How a release's file names its atoms: a *handle*, `index * 4 + kind`.

An atom's handle stays what it was while more atoms of any kind arrive, so that a save changes few bytes of a file, and
the compiler writes down no more than these. Engines number the atoms through, kind after kind, when they read the file.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from compiler.sets_in_file import SEQUENCE

if TYPE_CHECKING:
    from compiler.bundle import Bundle

LITERAL: Final = 0
SPACED: Final = 1
ENTITY: Final = 2
SET: Final = 3
_KINDS: Final = 4
NOBODY: Final = 2**31 - 1
"""The number of what is no handle: higher than that of any atom, so that checks refuse it."""

CUES: Final = ("before", "after", "pseudo", "double", "stop")
"""The fields of a negation, and …"""
VERBS: Final = ("asked", "unless_asked", "find", "near", "not_near", "except_", "unless")
"""… of a rule, that name an atom."""


def handles(counts: Sequence[int]) -> list[int]:
    """Number → handle, when there are so many atoms of each kind. What is below 0, a gap or an edge, finds itself."""
    found = [_KINDS * index + kind for kind, count in enumerate(counts) for index in range(count)]
    return [*found, *range(SEQUENCE, 0)]


def numbers(counts: Sequence[int]) -> list[int]:
    """Handle → number, the other way round."""
    found = [NOBODY] * (_KINDS * max(counts))
    base = 0
    for kind, count in enumerate(counts):
        found[kind : _KINDS * count : _KINDS] = range(base, base + count)
        base += count
    return [*found, *range(SEQUENCE, 0)]


def looked_up(table: list[int], integers: array[int]) -> array[int]:
    """Integers of sets, each as `table` has it.

    Raises
    ------
    ValueError
        One of them is neither an atom nor an element of a sequence.
    """
    reach = len(table) + SEQUENCE
    if integers and not (min(integers) >= SEQUENCE and max(integers) < reach):
        raise ValueError("a set names no atom")
    return array("i", map(table.__getitem__, integers))


def renamed(bundle: Bundle, of: Callable[[int], int]) -> Bundle:
    """The bundle with all atoms that its rules, replies and cues name as `of` has them; -1 stays."""
    replace = msgspec.structs.replace

    def fields(record: object, names: Sequence[str]) -> dict[str, int]:
        return {name: of(atom) for name in names if (atom := getattr(record, name)) >= 0}

    return replace(
        bundle,
        **fields(bundle, ("fillers", "allow")),
        negations=[replace(negation, **fields(negation, CUES)) for negation in bundle.negations],
        rules=[replace(rule, **fields(rule, VERBS)) for rule in bundle.rules],
        replies=[replace(reply, **fields(reply, ("ask",))) for reply in bundle.replies],
    )


def roots(bundle: Bundle) -> list[int]:
    """All atoms that the bundle's rules, replies and cues name, -1 for what they do not ask for."""
    named: list[tuple[object, tuple[str, ...]]] = [(bundle, ("fillers", "allow"))]
    named += [(reply, ("ask",)) for reply in bundle.replies]
    named += [(negation, CUES) for negation in bundle.negations]
    named += [(rule, VERBS) for rule in bundle.rules]
    return [getattr(record, name) for record, names in named for name in names]
