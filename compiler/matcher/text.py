"""What the evaluator asks of folded text: symbols, clauses, edges, and the text without its symbols."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

_BREAKS: Final = re.compile("[,.。!?;:~…\n]")
_INSIDE: Final = ",.:"
"""No break between ASCII letters or digits: 3.5, 12:30, a.com."""

SYMBOLS: Final = "\x00-\x2f\x3a-\x60\x7b-\xbf\xd7\xf7\u2000-\u2bff\u3000-\u3004\u3008-\u303f\ufe30-\ufe4f\uff00-\uffef\ue000\ue010-\uf8ff"
"""Folded units that are neither letter, digit nor Han, as the inside of a character class."""
_SPACE: Final = re.compile(" ")
_SYMBOL: Final = re.compile(f"[{SYMBOLS}]")


def is_symbol(unit: str) -> bool:
    """Whether a folded unit is neither letter, digit nor Han: space, punctuation, emoji."""
    return _SYMBOL.match(unit) is not None


def _ascii_alnum(unit: str) -> bool:
    return "0" <= unit <= "9" or "a" <= unit <= "z"


def boundary_class(unit: str) -> int:
    """1 for an ASCII letter, 2 for a digit, 0 for anything else: a literal's ends never split a run of one class."""
    return 1 if "a" <= unit <= "z" else 2 if "0" <= unit <= "9" else 0


def break_places(text: str) -> list[int]:
    """Where the clause breaks stand."""
    places = [match.start() for match in _BREAKS.finditer(text)]
    last = len(text) - 1
    return [
        at
        for at in places
        if not (text[at] in _INSIDE and 0 < at < last and _ascii_alnum(text[at - 1]) and _ascii_alnum(text[at + 1]))
    ]


def breaks_before(text: str) -> list[int]:
    """`result[i]`: clause breaks before i, for i in 0 … len(text)."""
    counts: list[int] = []
    for count, at in enumerate(break_places(text)):
        counts += [count] * (at + 1 - len(counts))
    return counts + [counts[-1] + 1 if counts else 0] * (len(text) + 1 - len(counts))


def squeeze(text: str) -> str:
    """The text without its symbols, "" when none stands between two others: then there is nothing new to find."""
    squeezed = _SYMBOL.sub("", text)
    return "" if len(squeezed) == len(text) or squeezed in text else squeezed


def kept(text: str) -> list[int]:
    """Where each unit of the squeezed text stands in `text`."""
    return [i for i, unit in enumerate(text) if not _SYMBOL.match(unit)]


class Edges:
    """The starts and ends of clauses and of the message, ignoring fillers and symbols.

    `fillers` are the spans of filler words. Each question is worked out once, since few phrases have edges.
    """

    __slots__ = ("_ends", "_fillers", "_starts", "_text")

    def __init__(self, text: str, fillers: Sequence[tuple[int, int, object]]) -> None:
        self._text = text
        self._fillers = fillers
        self._starts: list[set[int] | None] = [None, None]
        self._ends: list[set[int] | None] = [None, None]

    def starts(self, clause: bool) -> set[int]:
        """Positions that follow the start of the message, or of a clause, with only fillers and symbols between."""
        clear = self._starts[clause]
        if clear is None:
            text, leaps = self._text, _leaps((start, end) for start, end, _ in self._fillers)
            clear = self._starts[clause] = {0}
            if clause:
                # A space opens a clause too: people type it where a comma belongs.
                clear.update(at + 1 for at in (*break_places(text), *_spaces(text)))
            waiting = list(clear)
            while waiting:
                at = waiting.pop()
                beyond = [*leaps.get(at, ()), at + 1] if at < len(text) and is_symbol(text[at]) else leaps.get(at, ())
                for place in beyond:
                    if place not in clear:
                        clear.add(place)
                        waiting.append(place)
        return clear

    def ends(self, clause: bool) -> set[int]:
        """Positions that the end of the message, or of a clause, follows."""
        clear = self._ends[clause]
        if clear is None:
            text, leaps = self._text, _leaps((end, start) for start, end, _ in self._fillers)
            clear = self._ends[clause] = {len(text)}
            if clause:
                clear.update((*break_places(text), *_spaces(text)))
            waiting = list(clear)
            while waiting:
                at = waiting.pop()
                beyond = [*leaps.get(at, ()), at - 1] if at and is_symbol(text[at - 1]) else leaps.get(at, ())
                for place in beyond:
                    if place not in clear:
                        clear.add(place)
                        waiting.append(place)
        return clear


def _spaces(text: str) -> list[int]:
    return [match.start() for match in _SPACE.finditer(text)] if " " in text else []


def _leaps(spans: Iterable[tuple[int, int]]) -> dict[int, list[int]]:
    leaps: dict[int, list[int]] = {}
    for start, end in spans:
        leaps.setdefault(start, []).append(end)
    return leaps
