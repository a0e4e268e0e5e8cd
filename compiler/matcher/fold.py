"""fold: the person's text → folded text and where each unit of it came from.

The same steps as `extension/src/engine/fold.ts`, which walks unit by unit; here whole runs go through `str.translate`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

import msgspec

from compiler.bundle import Folding

SYMBOL = "\ue000"
"""A symbol or emoji beyond the BMP that no phrase uses; private-use characters, noncharacters, lone surrogates."""
LETTER = "\ue001"
"""A letter beyond the BMP that no phrase uses."""


class Folded(msgspec.Struct, frozen=True):
    """Folded text with its origins. Offsets are code points of the person's text."""

    text: str
    starts: Sequence[int]
    """`starts[i]`: where unit i's character begins."""
    ends: Sequence[int]
    """`ends[i]`: where it ends, with the dropped characters that directly follow it (selectors, keycaps, marks)."""
    source_length: int

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The person's text under folded `[start, end)`; `start < end`."""
        return self.starts[start], self.ends[end - 1]


class Folder:
    """Applies one release's folding table."""

    def __init__(self, folding: Folding) -> None:
        dropped = "".join(
            f"{re.escape(first)}-{re.escape(last)}"
            for first, last in zip(folding.dropped[::2], folding.dropped[1::2], strict=True)
        )
        many = "".join(re.escape(char) for char in folding.many if char <= "\uffff")
        self._many = folding.many
        # A string serves str.translate best: a dict would raise and catch a KeyError for every character it lacks.
        units = list(_bmp())
        for char, unit in zip(folding.one_from, folding.one_to, strict=True):
            units[ord(char)] = unit
        self._one = "".join(units)
        self._dropped = re.compile(f"[{dropped}\U000e0000-\U000e0fff]").match
        # Beyond the BMP everything is looked up: a long class of such characters would be searched one by one.
        self._uneven = re.compile(f"[{dropped}{many}\r\ud800-\uf8ff\ufdd0-\ufdef\ufffe-\U0010ffff]")

    def fold(self, text: str) -> Folded:
        """Fold `text`; any string is accepted, lone surrogates and control characters too."""
        length = len(text)
        uneven = self._uneven.search(text)
        if uneven:
            return self._fold_uneven(text, uneven.start())
        return Folded(text.translate(self._one), range(length), range(1, length + 1), length)

    def _fold_uneven(self, text: str, first: int) -> Folded:
        """Fold a text in which a character becomes none or several units, or is looked up in another way."""
        parts: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        done = 0
        last = 0  # units of the last kept character
        for match in self._uneven.finditer(text, first):
            index = match.start()
            if index > done:
                parts.append(text[done:index].translate(self._one))
                starts += range(done, index)
                ends += range(done + 1, index + 1)
                last = 1
            done = index + 1
            target = self._target(text[index])
            if target:
                last = len(target)
                if text.startswith("\r\n", index):
                    done += 1
                parts.append(target)
                starts += [index] * last
                ends += [done] * last
            elif last:
                ends[-last:] = [done] * last
        parts.append(text[done:].translate(self._one))
        starts += range(done, len(text))
        ends += range(done + 1, len(text) + 1)
        return Folded("".join(parts), starts, ends, len(text))

    def _target(self, char: str) -> str:
        target = self._many.get(char)
        if target is not None:
            return target
        if char == "\r":
            return "\n"
        if self._dropped(char):
            return ""
        # By ranges, not by Unicode's categories: Python and the browser know different versions of Unicode.
        if char <= "\uffff" or "\U0001d000" <= char <= "\U0001d3ff" or "\U0001f000" <= char <= "\U0001ffff":
            return SYMBOL
        return SYMBOL if char >= "\U000f0000" or ord(char) & 0xFFFE == 0xFFFE else LETTER


@cache
def _bmp() -> tuple[str, ...]:
    return tuple(map(chr, range(0x10000)))
