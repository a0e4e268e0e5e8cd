"""Bank card and identity card numbers. Mirrored by `extension/src/engine/entity_cards.ts`."""

from __future__ import annotations

from collections.abc import Sequence

from compiler.matcher import entity_tables as tables
from compiler.matcher.entity_phones import part_of_code
from compiler.matcher.entity_text import MOST_SEPARATORS, Digits, EntityHit, is_separator
from compiler.matcher.entity_words import Words, alnum_after, evidence, latin_before

_BANK = Words(tables.BANK_CUES)
_ID = Words(tables.ID_CUES)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10x98765432"
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def luhn(values: Sequence[int]) -> bool:
    """Whether the last digit is the check digit of ISO/IEC 7812 for the others."""
    total = 0
    for position, value in enumerate(reversed(values)):
        doubled = value * 2 if position % 2 else value
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


# --- bank cards -----------------------------------------------------------------------------------------------------


def bank_cards(digits: Digits, hits: list[EntityHit]) -> None:
    k = 0
    while k + 14 <= digits.count:
        end = _card_at(digits, k, hits) if digits.starts_number(k) else 0
        k = end or k + 1


def _issuer(values: Sequence[int], length: int) -> str:
    """`union` (no promise of a Luhn digit), `luhn` (networks that guarantee one), or "" for no known issuer."""
    head = values[0] * 1000 + values[1] * 100 + values[2] * 10 + values[3]
    two = head // 100
    if two == 62 or head in (9558, 9559, 6013, 6010, 6058, 6030):
        return "union" if length >= 16 else ""
    if two in (34, 37):
        return "luhn" if length == 15 else ""
    if two in (36, 38, 30):
        return "luhn" if length == 14 else ""
    if length == 16 and (values[0] == 4 or 51 <= two <= 55 or 2221 <= head <= 2720 or 3528 <= head <= 3589):
        return "luhn"
    if length == 19 and head in (4367, 4563, 4558):
        return "luhn"  # 建行龙卡, 中行长城卡
    return ""


def _card_at(digits: Digits, k: int, hits: list[EntityHit]) -> int:
    if not digits.linked(k, k + 14) or not _issuer_head(digits.value[k]):
        return 0
    best = 0
    for length in (19, 16, 18, 17, 15, 14):
        end = k + length
        if not digits.linked(k, end) or not digits.ends_number(k, end) or not _is_card(digits, k, end):
            continue
        if luhn(digits.value[k:end]):
            best = end
            break
        best = best or end
    if best:
        start, stop = digits.span(k, best)
        hits.append(EntityHit("bank_card", start, stop, digits.string(k, best)))
    return best


def _issuer_head(value: int) -> bool:
    return 2 <= value <= 6 or value == 9


def _is_card(digits: Digits, k: int, end: int) -> bool:
    values = digits.value[k:end]
    issuer = _issuer(values, end - k)
    checked = luhn(values)
    if not issuer or (issuer == "luhn" and not checked):
        return False
    start, stop = digits.span(k, end)
    if part_of_code(digits.text, start, stop):
        return False
    sizes = digits.groups(k, end)
    grouped = _like_a_card(sizes) or all(digits.han[k:end])
    said = evidence(digits.text, start, stop, _BANK, _BANK)
    if said < 0 or (said == 0 and end - k == 18 and _identity(values)):
        return False
    if issuer == "luhn":
        return grouped or said > 0
    if grouped or said > 0:
        return True
    return len(sizes) == 1 and (checked or (len(values) in (16, 19) and values[2] in (1, 2, 3, 5, 8)))


def _like_a_card(sizes: list[int]) -> bool:
    """Groups of four as on the card (the last may be shorter), six and the rest, or every digit by itself."""
    if len(sizes) >= 4 and all(size == 4 for size in sizes[:-1]) and sizes[-1] <= 4:
        return True
    return (len(sizes) == 2 and sizes[0] == 6) or max(sizes) == 1


# --- identity cards -------------------------------------------------------------------------------------------------


def id_cards(digits: Digits, hits: list[EntityHit]) -> None:
    k = 0
    while k + 15 <= digits.count:
        end = _identity_at(digits, k, hits) if digits.starts_number(k) else 0
        k = end or k + 1


def _identity_at(digits: Digits, k: int, hits: list[EntityHit]) -> int:
    text = digits.text
    if digits.value[k] * 10 + digits.value[k + 1] not in tables.ID_REGIONS:
        return 0
    for count, old in ((18, False), (17, False), (15, True)):
        end = k + count
        if not digits.linked(k, end) or not digits.ends_number(k, end):
            continue
        start, stop = digits.span(k, end)
        if count == 17:
            x = stop
            while x < len(text) and x - stop < MOST_SEPARATORS and is_separator(text[x]):
                x += 1
            if text[x : x + 1] != "x":
                continue
            stop = x + 1
        if not (_old_identity(digits.value[k:end]) if old else _identity(digits.value[k:end])):
            continue
        before = latin_before(text, start)
        if (before and before not in tables.ID_CUES) or alnum_after(text, stop):
            continue
        said = evidence(text, start, stop, _ID)
        if said < 0 or (old and said == 0):
            continue
        hits.append(EntityHit("id_card", start, stop, digits.string(k, end) + ("x" if count == 17 else "")))
        return end
    return 0


def _identity(values: Sequence[int]) -> bool:
    """GB 11643-1999: region, date of birth and check character. Seventeen digits = with an `x` behind."""
    if not _date(values[6] * 1000 + values[7] * 100 + values[8] * 10 + values[9], values[10:14]):
        return False
    check = _CHECKS[sum(value * weight for value, weight in zip(values, _WEIGHTS, strict=False)) % 11]
    return check == ("x" if len(values) == 17 else str(values[17]))


def _old_identity(values: Sequence[int]) -> bool:
    """The fifteen-digit form of before 1999: no century, no check character."""
    return _date(1900 + values[6] * 10 + values[7], values[8:12])


def _date(year: int, rest: Sequence[int]) -> bool:
    month, day = rest[0] * 10 + rest[1], rest[2] * 10 + rest[3]
    if not (1900 <= year <= 2039 and 1 <= month <= 12 and 1 <= day <= _DAYS[month - 1]):
        return False
    return month != 2 or day < 29 or (year % 4 == 0 and (year % 100 != 0 or year % 400 == 0))
