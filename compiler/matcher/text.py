"""What the evaluator asks of folded text: symbols, clauses, edges, and the text without its symbols."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

_BREAKS: Final = re.compile("[,.。!?;:~…\n]")
_INSIDE: Final = ",.:"
"""No break between ASCII letters or digits: 3.5, 12:30, a.com."""

SYMBOLS: Final = "\x00-\x2f\x3a-\x60\x7b-\xbf\xd7\xf7\u2000-\u2bff\u3000-\u3004\u3008-\u303f\ufe30-\ufe4f\uff00-\uffef\ue000\ue010-\uf8ff"
"""Folded units that are neither letter, digit nor Han, as the inside of a character class."""
_SYMBOL: Final = re.compile(f"[{SYMBOLS}]")


def is_symbol(unit: str) -> bool:
    """Whether a folded unit is neither letter, digit nor Han: space, punctuation, emoji."""
    return _SYMBOL.match(unit) is not None


def _ascii_alnum(unit: str) -> bool:
    return "0" <= unit <= "9" or "a" <= unit <= "z"


def boundary_class(unit: str) -> int:
    """1 for an ASCII letter, 2 for a digit, 0 for anything else: a literal's ends never split a run of one class."""
    return 1 if "a" <= unit <= "z" else 2 if "0" <= unit <= "9" else 0


def breaks_before(text: str) -> list[int]:
    """`result[i]`: clause breaks before i, for i in 0 … len(text)."""
    counts = [0] * (len(text) + 1)
    count = 0
    previous = 0
    for match in _BREAKS.finditer(text):
        at = match.start()
        if text[at] in _INSIDE and 0 < at < len(text) - 1 and _ascii_alnum(text[at - 1]) and _ascii_alnum(text[at + 1]):
            continue
        counts[previous : at + 1] = [count] * (at + 1 - previous)
        previous = at + 1
        count += 1
    counts[previous:] = [count] * (len(text) + 1 - previous)
    return counts


def squeeze(text: str) -> str:
    """The text without its symbols, "" when none stands between two others: then there is nothing new to find."""
    squeezed = _SYMBOL.sub("", text)
    return "" if len(squeezed) == len(text) or squeezed in text else squeezed


def kept(text: str) -> list[int]:
    """Where each unit of the squeezed text stands in `text`."""
    return [i for i, unit in enumerate(text) if not _SYMBOL.match(unit)]


class Edges:
    """Whether a position is the start or end of its clause or message, ignoring fillers and symbols.

    `fillers` gives the spans of filler words. Tables are made at the first question, since few phrases have edges.
    """

    __slots__ = ("_after", "_before", "_breaks", "_fillers", "_text")

    def __init__(self, text: str, breaks: list[int], fillers: Callable[[], list[tuple[int, int]]]) -> None:
        self._text = text
        self._breaks = breaks
        self._fillers = fillers
        self._before: list[bytearray | None] = [None, None]
        self._after: list[bytearray | None] = [None, None]

    def starts(self, at: int, message: bool) -> bool:
        clear = self._before[message]
        if clear is None:
            clear = self._before[message] = self._forward(message)
        return bool(clear[at])

    def ends(self, at: int, message: bool) -> bool:
        clear = self._after[message]
        if clear is None:
            clear = self._after[message] = self._backward(message)
        return bool(clear[at])

    def _forward(self, message: bool) -> bytearray:
        """`clear[i]`: i follows an edge, with only fillers and symbols between."""
        text, breaks = self._text, self._breaks
        clear = bytearray(len(text) + 1)
        clear[0] = 1
        by_start: dict[int, list[int]] = {}
        for start, end in self._fillers():
            by_start.setdefault(start, []).append(end)
        for i in range(len(text) + 1):
            if not message and i and (breaks[i] != breaks[i - 1] or text[i - 1] == " "):
                clear[i] = 1  # a space opens a clause too: people type it where a comma belongs
            if clear[i]:
                if i < len(text) and is_symbol(text[i]):
                    clear[i + 1] = 1
                for end in by_start.get(i, ()):
                    clear[end] = 1
        return clear

    def _backward(self, message: bool) -> bytearray:
        text, breaks = self._text, self._breaks
        length = len(text)
        clear = bytearray(length + 1)
        clear[length] = 1
        by_end: dict[int, list[int]] = {}
        for start, end in self._fillers():
            by_end.setdefault(end, []).append(start)
        for i in range(length, -1, -1):
            if not message and i < length and (breaks[i] != breaks[i + 1] or text[i] == " "):
                clear[i] = 1
            if clear[i]:
                if i and is_symbol(text[i - 1]):
                    clear[i - 1] = 1
                for start in by_end.get(i, ()):
                    clear[start] = 1
        return clear
