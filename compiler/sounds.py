"""Spellings that sound like a word: pinyin, initials, common homophones (`sounds_like`).

Generated with pypinyin, so that authors list a word once. Homophones stay within the 3,755 everyday characters of
GB 2312's first level, and a variant that is itself a dictionary word is left out: 威信 is not a way of writing 微信
unless an author says so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from itertools import product
from typing import Final

MAX_HOMOPHONES: Final = 400
"""A word whose homophones are more than this (long or very common syllables) gets none: they would be noise."""


@cache
def _syllable(char: str) -> str:
    from pypinyin import Style, lazy_pinyin  # imported late: its dictionary takes 0.1 s to load

    return lazy_pinyin(char, style=Style.NORMAL)[0]


@cache
def _homophones() -> dict[str, tuple[str, ...]]:
    table: defaultdict[str, list[str]] = defaultdict(list)
    for row in range(16, 56):
        for cell in range(1, 95):
            try:
                char = bytes((0xA0 + row, 0xA0 + cell)).decode("gb2312")
            except UnicodeDecodeError:
                continue
            table[_syllable(char)].append(char)
    return {syllable: tuple(chars) for syllable, chars in table.items()}


@cache
def _is_word(text: str) -> bool:
    from pypinyin.constants import PHRASES_DICT

    return text in PHRASES_DICT


def is_han(text: str) -> bool:
    return bool(text) and all("\u4e00" <= char <= "\u9fff" for char in text)


@cache
def pinyin(text: str) -> tuple[str, ...]:
    """Toneless syllables, one a Han character; other characters stand for themselves."""
    from pypinyin import Style, lazy_pinyin

    parts: list[str] = []
    for char in text:
        parts += lazy_pinyin(char, style=Style.NORMAL) if is_han(char) else [char]
    if is_han(text):  # the whole word decides between readings: 银行 is yin hang
        return tuple(lazy_pinyin(text, style=Style.NORMAL))
    return tuple(parts)


def initials(text: str) -> str:
    """First letters of the syllables, for searching: 微信 → wx."""
    return "".join(part[0] for part in pinyin(text) if part and part[0].isalnum()).lower()


@cache
def variants(text: str, kinds: tuple[str, ...]) -> tuple[str, ...]:
    """Spellings of `text` of the given kinds, `text` itself not among them; () unless it is two to six Han characters."""
    if not is_han(text) or not 2 <= len(text) <= 6:
        return ()
    syllables = pinyin(text)
    found: dict[str, None] = {}
    if "pinyin" in kinds:
        options = [(char, syllable) for char, syllable in zip(text, syllables, strict=True)]
        found.update(dict.fromkeys("".join(choice) for choice in product(*options)))
        found[" ".join(syllables)] = None
    if "initials" in kinds:
        found["".join(s[0] for s in syllables)] = None
    if "homophones" in kinds:
        table = _homophones()
        options2: list[Iterable[str]] = [(char, *table.get(s, ())) for char, s in zip(text, syllables, strict=True)]
        total = 1
        for option in options2:
            total *= len(tuple(option))
        if total <= MAX_HOMOPHONES:
            words = ("".join(choice) for choice in product(*options2))
            found.update(dict.fromkeys(word for word in words if not _is_word(word)))
    found.pop(text, None)
    return tuple(found)
