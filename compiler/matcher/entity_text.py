"""What all entity detectors share: the hit, character classes, the digits of a text.

Mirrored by `extension/src/engine/entity_text.ts`: same names, same order. Every look to the left or right is bounded, so
that all detectors are linear in the length of the text.
"""

from __future__ import annotations

from typing import NamedTuple

from compiler.matcher import entity_tables as tables


class EntityHit(NamedTuple):
    """An entity in folded text `[start, end)`."""

    kind: str
    start: int
    end: int
    value: str
    """Normalised, for comparing with what the buyer wrote: digits, host, address; see docs/entities.md."""


BREAK = -1
MOST_SEPARATORS = 3
_ASCII_SEPARATORS = frozenset(" !\"#'()*+,-./:;<>[\\]^_`{|}~")


def is_separator(char: str) -> bool:
    """Whether `char` may stand between the digits of one number: punctuation, space, symbol, emoji."""
    if char < "\x7f":
        return "\0" < char < " " or char in _ASCII_SEPARATORS
    return (
        "\u2010" <= char <= "\u202f"
        or "\u2031" <= char <= "\u206f"
        or "\u2190" <= char <= "\u2bff"
        or "\u3000" <= char <= "\u3004"
        or "\u3008" <= char <= "\u3020"
        or "\ufe30" <= char <= "\ufe4f"
        or char in "\xa0·\ue000"
    )


def is_letter(char: str) -> bool:
    return "a" <= char <= "z"


def is_ascii_digit(char: str) -> bool:
    return "0" <= char <= "9"


def is_alnum(char: str) -> bool:
    """An ASCII letter or digit; false for the empty string."""
    return "a" <= char <= "z" or "0" <= char <= "9"


def is_han(char: str) -> bool:
    return "\u4e00" <= char <= "\u9fff" or char == "〇"


class Digits:
    """All digits of a text in order, of any style, with what separates them.

    `gap[k]` is the number of separators in front of digit k: 0 = touches the one before, `BREAK` = begins a new run.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.at: list[int] = []
        self.value: list[int] = []
        self.han: list[bool] = []
        self.gap: list[int] = []
        self.run: list[int] = []
        last = -1 - MOST_SEPARATORS - 1  # index of the last digit; far enough for a break
        unbroken = -1  # where the separators behind the last digit end
        camouflage_end = 0
        for index, char in enumerate(text):
            value = -1
            if is_ascii_digit(char):
                value = ord(char) - 48
                if index >= camouflage_end and (index == 0 or not is_alnum(text[index - 1])):
                    camouflage_end = _camouflage(text, index)
            elif char in tables.HAN_DIGITS:
                value = tables.HAN_DIGITS[char]
            elif char in "oli":
                if index >= camouflage_end and (index == 0 or not is_alnum(text[index - 1])):
                    camouflage_end = _camouflage(text, index)
                if index < camouflage_end:
                    value = 0 if char == "o" else 1
            if value < 0:
                if unbroken == index and is_separator(char):
                    unbroken = index + 1
                continue
            between = index - last - 1
            linked = bool(self.at) and (
                between == 0
                or (between <= MOST_SEPARATORS and unbroken == index and "**" not in text[last + 1 : index])
            )
            self.at.append(index)
            self.value.append(value)
            self.han.append(char in tables.HAN_DIGITS)
            self.gap.append(between if linked else BREAK)
            self.run.append(self.run[-1] if linked else index)
            last = index
            unbroken = index + 1
        self.count = len(self.at)
        self.gap.append(BREAK)

    def linked(self, first: int, end: int) -> bool:
        """Whether digits `[first, end)` exist and lie in one run."""
        return end <= self.count and self.run[first] == self.run[end - 1]

    def groups(self, first: int, end: int) -> list[int]:
        """Sizes of the touching groups in digits `[first, end)`."""
        sizes = [1]
        for k in range(first + 1, end):
            if self.gap[k]:
                sizes.append(1)
            else:
                sizes[-1] += 1
        return sizes

    def separators(self, first: int, end: int) -> list[str]:
        """The separators between the groups of `[first, end)`."""
        return [self.text[self.at[k - 1] + 1 : self.at[k]] for k in range(first + 1, end) if self.gap[k]]

    def string(self, first: int, end: int) -> str:
        return "".join(str(value) for value in self.value[first:end])

    def span(self, k: int, end: int) -> tuple[int, int]:
        """Where digit k is, and where the one before `end` ends."""
        return self.at[k], self.at[end - 1] + 1

    def starts_number(self, k: int) -> bool:
        """Whether nothing of the same style touches digit k from the left."""
        return self.gap[k] != 0 or self.han[k] != self.han[k - 1]

    def ends_number(self, first: int, end: int) -> bool:
        """Whether digits `[first, end)` are not cut out of something longer.

        A touching digit of the other style (13800138000一共) ends a number that is of one style throughout.
        """
        style = self.han[first]
        pure = all(self.han[k] == style for k in range(first, end))
        if self.gap[first] == 0 and not pure:
            return False
        return end == self.count or self.gap[end] != 0 or (pure and self.han[end] != style)


def _camouflage(text: str, start: int) -> int:
    """The end of an eleven-unit token of digits and o, l, i that stand for digits (138oo138ooo), else `start`."""
    end = start
    digits = 0
    while end < len(text) and end - start < 12 and (is_ascii_digit(text[end]) or text[end] in "oli"):
        digits += is_ascii_digit(text[end])
        end += 1
    whole = end == len(text) or not is_alnum(text[end])
    return end if whole and end - start == 11 and 5 <= digits < 11 else start
