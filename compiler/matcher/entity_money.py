"""Amounts of money: ¥5, 10元, 五块钱, 三块五, 二十元, 20rmb, 十几块. Mirrored by `extension/src/engine/entity_money.ts`."""

from __future__ import annotations

import re

from compiler.matcher import entity_tables as tables
from compiler.matcher.entity_text import EntityHit, is_ascii_digit, is_letter, is_separator

_TENS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_MYRIADS = {"万": 10_000, "亿": 100_000_000}
_VAGUE = "几数来多余"
_NOT_IN_AMOUNTS = "洞拐勾幺○"
_LONGEST = 24
_MOST_FEN = 10**13
"""Above it, and when vague (十几块), the value is the text itself; well inside a double's exact integers."""


_next_role = re.compile(f"[0-9几数人rc{''.join((*tables.HAN_DIGITS, *_TENS, *tables.SIGN_CURRENCY))}]").search


def _figure(char: str) -> int:
    return -1 if char in _NOT_IN_AMOUNTS else tables.HAN_DIGITS.get(char, -1)


def _begins_number(char: str) -> bool:
    return is_ascii_digit(char) or _figure(char) >= 0 or char in _TENS or char == "几" or char == "数"


def _number_end(text: str, start: int) -> int:
    """The end of the number, in figures or in Han digits, that begins at `start`."""
    at = start
    if is_ascii_digit(text[at]):
        while at < len(text) and at - start < _LONGEST:
            dotted = text[at] in ".," and at + 1 < len(text) and is_ascii_digit(text[at + 1])
            if not is_ascii_digit(text[at]) and not (dotted and (text[at] == "." or _thousands(text, at))):
                break
            at += 1
        while at < len(text) and at - start < _LONGEST and _is_unit(text[at]):
            at += 1
        return at
    while at < len(text) and at - start < _LONGEST and (_figure(text[at]) >= 0 or _is_unit(text[at])):
        at += 1
    return at


def _is_unit(char: str) -> bool:
    return char in _TENS or char in _MYRIADS or char in _VAGUE


def _thousands(text: str, comma: int) -> bool:
    """Whether exactly three figures follow the comma (1,299元), so that it is no list (5,10元)."""
    end = comma + 1
    while end < len(text) and end - comma < 5 and is_ascii_digit(text[end]):
        end += 1
    return end - comma == 4


def _fen(text: str) -> int:
    """The value, in hundredths, of a number that `_number_end` delimited; -1 = vague or beyond reason."""
    if any(char in _VAGUE for char in text):
        return -1
    return _figures_fen(text) if is_ascii_digit(text[0]) else _han_fen(text)


def _figures_fen(text: str) -> int:
    value = 0
    decimals = -1
    for char in text:
        if is_ascii_digit(char):
            if decimals < 2:
                value = value * 10 + int(char)
                decimals += decimals >= 0
        elif char == ".":
            if decimals >= 0:
                return -1
            decimals = 0
        elif char != ",":
            value *= _TENS.get(char) or _MYRIADS[char]
        if value > _MOST_FEN:
            return -1
    while decimals < 2:
        value *= 10
        decimals = max(decimals, 0) + 1
    return value if value <= _MOST_FEN else -1


def _han_fen(text: str) -> int:
    total = section = figure = unit = 0
    spelled = not any(char in _TENS or char in _MYRIADS for char in text)
    for char in text:
        if spelled:
            figure = figure * 10 + _figure(char)
        elif char in _TENS:
            unit = _TENS[char]
            section += (figure or 1) * unit
            figure = 0
        elif char in _MYRIADS:
            unit = _MYRIADS[char]
            total = (total + section + figure) * unit
            section = figure = 0
        else:
            figure = _figure(char)
            unit = 1 if figure == 0 else unit
        if total + section + figure > _MOST_FEN:
            return -1
    # 一百二 is 120, 一百零二 is 102.
    value = (total + section + figure * (unit // 10 if unit >= 100 else 1)) * 100
    return value if value <= _MOST_FEN else -1


def _written(fen: int, currency: str, text: str) -> str:
    if fen < 0:
        return text
    yuan, rest = divmod(fen, 100)
    return (f"{yuan}.{rest:02}".rstrip("0") if rest else str(yuan)) + currency


# --- units ----------------------------------------------------------------------------------------------------------


def _skip_space(text: str, at: int) -> int:
    return at + 1 if at < len(text) and text[at] == " " else at


def _tail(text: str, at: int) -> tuple[int, int]:
    """What follows 块 or 元: (end, hundredths) of 五, 5毛, 8角 and 钱. 元 is not followed by a bare figure."""
    fen = 0
    end = at
    while end < len(text) and end - at < 2 and (is_ascii_digit(text[end]) or _figure(text[end]) > 0):
        fen = fen * 10 + (int(text[end]) if is_ascii_digit(text[end]) else _figure(text[end]))
        end += 1
    if end == at:
        return (at + 1, 0) if text.startswith("钱", at) else (at, 0)
    following = text[end : end + 1]
    if following and following in "毛角":
        end += 1
    elif text[at - 1] == "元":
        return at, 0
    elif is_ascii_digit(text[end - 1]):
        if following and (following in tables.MEASURES or is_ascii_digit(following)):
            return at, 0
    elif following and following != "钱" and following not in tables.PIECE_MONEY_AFTER:
        return at, 0  # 一块一起
    fen = fen * 10 if fen < 10 else fen
    return (end + 1 if text.startswith("钱", end) else end), fen


def _price_before(text: str, start: int) -> bool:
    while start > 0 and (is_separator(text[start - 1]) or text[start - 1] in "了您"):
        start -= 1
    return text.endswith(tables.PIECE_PRICE_BEFORE, max(0, start - 4), start)


def _unit(text: str, start: int, end: int) -> tuple[int, int, str] | None:
    """The unit behind the number `[start, end)`: (end, further hundredths, currency), None = no money."""
    at = _skip_space(text, end)
    unit = next((unit for unit in tables.MONEY_UNITS if text.startswith(unit, at)), None)
    if unit is None:
        return (at + 1, 0, tables.SIGN_CURRENCY[text[at]]) if text[at : at + 1] in tables.SIGN_CURRENCY else None
    stop = at + len(unit)
    following = text[stop : stop + 1]
    if is_letter(unit[0]):
        return None if following and is_letter(following) else (stop, 0, "")
    if unit == "元":
        if following and following in tables.YUAN_WORDS:
            return None
        return (*_tail(text, stop), "")
    if unit in ("块", "圆", "毛"):
        ends = not following or following in tables.PIECE_MONEY_AFTER
        further, fen = _tail(text, stop) if unit == "块" else (stop, 0)
        number = text[start:end]
        large = any(char in "百千万" for char in number)
        figures = is_ascii_digit(number[0]) or "十" in number
        sure = further > stop or large or (ends and figures) or (unit == "块" and _price_before(text, start))
        return (further, fen, "") if sure else None
    return stop, 0, tables.UNIT_CURRENCY.get(unit, "")


# --- the detector ---------------------------------------------------------------------------------------------------


def money(text: str, hits: list[EntityHit]) -> None:
    found = _next_role(text, 0)
    while found is not None:
        at = found.start()
        hit = _money_at(text, at)
        if hit is not None:
            hits.append(hit)
            at = hit.end
        else:
            at = _number_end(text, at) if _begins_number(text[at]) else at + 1
        found = _next_role(text, at)


def _money_at(text: str, start: int) -> EntityHit | None:
    char = text[start]
    if char in tables.SIGN_CURRENCY:
        return _signed(text, start, start + 1, tables.SIGN_CURRENCY[char])
    if char in "人rc":
        word = next((word for word in tables.MONEY_WORDS_BEFORE if text.startswith(word, start)), "")
        return _signed(text, start, start + len(word), "") if word else None
    if not _begins_number(char):
        return None
    end = _number_end(text, start)
    unit = _unit(text, start, end)
    if unit is None:
        return None
    stop, further, currency = unit
    fen = _fen(text[start:end])
    if fen >= 0:
        fen += further
        if text.startswith(("毛", "角"), _skip_space(text, end)):
            fen //= 10
        elif text.startswith("分", _skip_space(text, end)):
            fen //= 100
    return EntityHit("money", start, stop, _written(fen, currency, text[start:stop]))


def _signed(text: str, start: int, number: int, currency: str) -> EntityHit | None:
    """¥5, 人民币 100元: a sign or word, and the number at or one space behind `number`."""
    number = _skip_space(text, number)
    if number >= len(text) or not _begins_number(text[number]):
        return None
    end = _number_end(text, number)
    unit = _unit(text, number, end)
    stop, further = (unit[0], unit[1]) if unit is not None else (end, 0)
    fen = _fen(text[number:end])
    return EntityHit("money", start, stop, _written(fen + further if fen >= 0 else fen, currency, text[start:stop]))
