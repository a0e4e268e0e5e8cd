"""Amounts of money: ¥5, 10元, 五块钱, 三块五, 二十元, 20rmb, 十几块. Mirrored by `extension/src/engine/entity_money.ts`."""

from __future__ import annotations

from compiler.matcher import entity_tables as tables
from compiler.matcher.entity_text import EntityHit, is_alnum, is_ascii_digit, is_letter

_TENS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_MYRIADS = {"万": 10_000, "亿": 100_000_000}
_VAGUE = "几数来多余"
_LONGEST = 24
_AFTER_NUMBER_ALIKE = ("折", "%")


def _han_value(char: str) -> int:
    return tables.HAN_DIGITS.get(char, -1) if char not in "洞拐勾幺○" else -1


def _in_han_number(char: str) -> bool:
    return _han_value(char) >= 0 or char in _TENS or char in _MYRIADS or char in _VAGUE


def _number_end(text: str, start: int) -> int:
    """The end of a number in figures or in Han digits that begins at `start`, or `start`."""
    at = start
    if is_ascii_digit(text[at]):
        while at < len(text) and at - start < _LONGEST:
            if is_ascii_digit(text[at]):
                at += 1
            elif text[at] in ".," and at + 1 < len(text) and is_ascii_digit(text[at + 1]):
                if text[at] == "," and not _thousands(text, at):
                    break
                at += 1
            else:
                break
        while at < len(text) and at - start < _LONGEST and text[at] in "十百千万亿几多来余":
            at += 1
        return at
    while at < len(text) and at - start < _LONGEST and _in_han_number(text[at]):
        at += 1
    return at


def _thousands(text: str, comma: int) -> bool:
    """Whether exactly three figures follow the comma (1,299元), so that it is no list (5,10元)."""
    end = comma + 1
    while end < len(text) and end - comma < 5 and is_ascii_digit(text[end]):
        end += 1
    return end - comma == 4


def _yuan(text: str) -> float | None:
    """The value of a number as `_number_end` delimits it; None when it is vague (十几) or none at all."""
    if not text or any(char in _VAGUE for char in text):
        return None
    if is_ascii_digit(text[0]):
        figures = 0
        while figures < len(text) and (is_ascii_digit(text[figures]) or text[figures] in ".,"):
            figures += 1
        plain = text[:figures].replace(",", "")
        if plain.count(".") > 1:
            return None
        value = float(plain)
        for char in text[figures:]:
            value *= _TENS.get(char) or _MYRIADS[char]
        return value
    if not any(char in _TENS or char in _MYRIADS for char in text):
        return float("".join(str(_han_value(char)) for char in text))
    total = section = figure = unit = 0
    for char in text:
        if char in _TENS:
            unit = _TENS[char]
            section += (figure or 1) * unit
            figure = 0
        elif char in _MYRIADS:
            unit = _MYRIADS[char]
            total = (total + section + figure) * unit
            section = figure = 0
        else:
            figure = _han_value(char)
            unit = 1 if figure == 0 else unit
    # 一百二 is 120, 一百零二 is 102.
    return float(total + section + figure * (unit // 10 if unit >= 100 else 1))
