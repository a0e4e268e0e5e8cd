"""Telephone numbers: `phone` and `landline`. Mirrored by `extension/src/engine/entity_phones.ts`.

Each detector looks at every digit that begins a number and asks three things: is the arithmetic right (prefix,
length), is it written like one number and not like a list, and what do the words around it say (`evidence`).
"""

from __future__ import annotations

from compiler.matcher import entity_tables as tables
from compiler.matcher.entity_text import Digits, EntityHit, is_alnum, is_ascii_digit, is_letter, is_separator
from compiler.matcher.entity_words import Words, alnum_after, evidence, latin_before, word_before

_CONTACT = Words(tables.CONTACT_CUES)
_AFTER = Words(tables.CUES_AFTER)
_LANDLINE = Words(tables.LANDLINE_WORDS)
_PHONE_GROUPS = ([3, 4, 4], [3, 8], [7, 4], [3, 3, 5])


# --- how it is written ----------------------------------------------------------------------------------------------


def hidden(digits: Digits, first: int, end: int, separators: list[str]) -> bool:
    """Written so that nobody writes a list of numbers: Han digits, odd separators."""
    if any(digits.han[first:end]):
        return True
    return bool(separators) and all(any(char not in tables.PLAIN_SEPARATORS for char in s) for s in separators)


def _listed(separators: list[str]) -> bool:
    return any(char in tables.LIST_SEPARATORS for separator in separators for char in separator)


def _in_steps(digits: Digits, first: int, sizes: list[int]) -> bool:
    """Whether the groups of two rise strictly, like sizes (38 39 40)."""
    before = pairs = 0
    for size in sizes:
        if size == 2:
            number = digits.value[first] * 10 + digits.value[first + 1]
            if number <= before:
                return False
            before = number
            pairs += 1
        first += size
    return pairs > 2


def _rising(digits: Digits, first: int, sizes: list[int]) -> bool:
    """Whether the groups rise like sizes or prices (158/1680/2580), the last one aside when it is cut short."""
    before = 0
    for index, size in enumerate(sizes):
        if digits.value[first] == 0:
            return False
        number = int(digits.string(first, first + size))
        if number <= before and (index < len(sizes) - 1 or size >= sizes[0]):
            return False
        before = number
        first += size
    return True


def _like_prices(digits: Digits, first: int, sizes: list[int]) -> bool:
    """Whether all groups end in the same round or nearly round digit, as prices and sizes do."""
    ends = set()
    for size in sizes:
        if digits.value[first] == 0:
            return False
        first += size
        ends.add(digits.value[first - 1])
    return ends in ({9}, {0}, {8})


def _phone_written_as_one(digits: Digits, first: int, end: int) -> bool:
    """Whether an unlabelled phone number is one number and not a list."""
    sizes = digits.groups(first, end)
    if len(sizes) == 1:
        return True
    separators = digits.separators(first, end)
    if hidden(digits, first, end, separators):
        return True
    if max(sizes) <= 2:
        return len(set(separators)) == 1 and not _in_steps(digits, first, sizes)
    if sizes not in _PHONE_GROUPS and not (len(sizes) > 2 and set(separators) <= {"-"}):
        return False
    if (_listed(separators) or sizes not in _PHONE_GROUPS) and _rising(digits, first, sizes):
        return False
    return not _like_prices(digits, first, sizes)


def _latin_cue(text: str, index: int) -> bool:
    return latin_before(text, index) in tables.LATIN_CUES


def part_of_code(text: str, start: int, end: int) -> bool:
    """Whether ASCII letters, a mask or a sign of money make `[start, end)` a piece of something longer."""
    if start:
        before = text[start - 1]
        if is_letter(before) and not _latin_cue(text, start):
            return True
        if before in "=&%@" or before in tables.SIGN_CURRENCY or text[max(0, start - 2) : start] == "**":
            return True
        if before in "_-" and start > 1 and is_alnum(text[start - 2]) and not _latin_cue(text, start - 1):
            return True
    if text.startswith("**", end):
        return True
    after = alnum_after(text, end)
    return any(is_ascii_digit(char) for char in after)


# --- telephone ------------------------------------------------------------------------------------------------------


def _opens(text: str, start: int, stop: int) -> bool:
    """Whether the bracket in front of `start` is closed inside the number: (0571)88888888."""
    return text[start - 1] in "([" and any(char in ")]" for char in text[start:stop])


def phones(digits: Digits, hits: list[EntityHit]) -> None:
    text = digits.text
    k = 0
    while k + 11 <= digits.count:
        end = _phone_at(digits, k, hits, text) if digits.starts_number(k) else 0
        k = end or k + 1


def _phone_at(digits: Digits, k: int, hits: list[EntityHit], text: str) -> int:
    for skip in (_country_code(digits, k), 0):
        first = k + skip
        end = first + 11
        if not digits.linked(k, end) or digits.value[first] != 1 or digits.value[first + 1] < 3:
            continue
        if not digits.ends_number(k, end):
            continue
        start, stop = digits.span(k, end)
        if start and ((skip and text[start - 1] == "+") or _opens(text, start, stop)):
            start -= 1
        if part_of_code(text, start, stop):
            continue
        said = evidence(text, start, stop, _CONTACT, _AFTER)
        if said < 0:
            continue
        sure = said > 0 or (skip > 0 and text[start] == "+")
        if sure or (skip in (0, 4) and _allotted(digits, first) and _phone_written_as_one(digits, first, end)):
            hits.append(EntityHit("phone", start, stop, digits.string(first, end)))
            return end
    return 0


def _country_code(digits: Digits, k: int) -> int:
    """Digits of 86, 0086 or the old long-distance 0 in front of a mobile number at k."""
    head = digits.value[k : k + 5]
    if head[:4] == [0, 0, 8, 6]:
        return 4
    if head[:2] == [8, 6]:
        return 2
    return 1 if head[:2] == [0, 1] and head[2:3] > [2] else 0


def _allotted(digits: Digits, first: int) -> bool:
    """Mobile prefixes in use; the others count only behind a word such as 电话."""
    second, third = digits.value[first + 1], digits.value[first + 2]
    if second == 4:
        return third in (5, 7, 9)
    if second == 5 or second == 9:
        return third != 4
    if second == 6:
        return third in (2, 5, 6, 7)
    return True


def landlines(digits: Digits, hits: list[EntityHit]) -> None:
    k = 0
    while k + 7 <= digits.count:
        end = 0
        if digits.starts_number(k):
            value = digits.value[k : k + 3]
            abroad = value[:2] == [8, 6] and digits.at[k] > 0 and digits.text[digits.at[k] - 1] == "+"
            if value[0] == 0 or abroad:
                end = _area_number(digits, k, 2 if abroad else 1, hits)
            elif value in ([4, 0, 0], [8, 0, 0]):
                end = _free_number(digits, k, hits)
            if not end and 2 <= value[0] <= 8:
                end = _local_number(digits, k, hits)
        k = end or k + 1


def _area_number(digits: Digits, k: int, prefix: int, hits: list[EntityHit]) -> int:
    """Area code and 7 or 8 digits: 0571-88888888, (010)12345678, 057188888888, +86 571 88888888.

    `prefix` = digits in front of the area code proper: 1 for the 0, 2 for 86.
    """
    head, next_digit = digits.value[k + prefix], digits.value[k + prefix + 1]
    if head == 0 or (head == 2 and next_digit == 6) or (head == 6 and next_digit not in (3, 6, 9)):
        return 0
    area = prefix + (2 if head <= 2 else 3)
    for local in (8, 7) if head > 2 else (8,):
        end = k + area + local
        if not digits.linked(k, end) or not digits.ends_number(k, end) or digits.value[k + area] == 0:
            continue
        start, stop = digits.span(k, end)
        if part_of_code(digits.text, start, stop):
            return 0
        said = evidence(digits.text, start, stop, _CONTACT)
        if said < 0:
            return 0
        sizes = digits.groups(k, end)
        separators = digits.separators(k, end)
        solid = len(sizes) == 1 and digits.value[k + area] >= 2
        abroad = prefix == 2 and sizes[0] == 2
        split = sizes[0] == area and sizes[1:] in ([8], [4, 4], [7], [3, 4], [4, 3])
        one = (solid or split or abroad) and not _listed(separators)
        if said > 0 or one or hidden(digits, k, end, separators):
            return _add_landline(digits, k, end, "0" + digits.string(k + prefix, end), hits)
    return 0


def _free_number(digits: Digits, k: int, hits: list[EntityHit]) -> int:
    """400 and 800 numbers."""
    end = k + 10
    if not digits.linked(k, end) or not digits.ends_number(k, end):
        return 0
    start, stop = digits.span(k, end)
    if part_of_code(digits.text, start, stop):
        return 0
    said = evidence(digits.text, start, stop, _CONTACT)
    if said < 0:
        return 0
    if said == 0:
        sizes = digits.groups(k, end)
        separators = digits.separators(k, end)
        if len(sizes) == 1:
            # A solid 800… or 4002… is as likely an item number; these 400 ranges are the ones let.
            if digits.value[k] == 8 or digits.value[k + 3] not in (0, 1, 6, 7, 8, 9):
                return 0
        elif _listed(separators) or (set(separators) != {"-"} and _like_prices(digits, k, sizes)):
            return 0
    return _add_landline(digits, k, end, digits.string(k, end), hits)


def _local_number(digits: Digits, k: int, hits: list[EntityHit]) -> int:
    """Seven or eight digits right behind a word for telephone."""
    text = digits.text
    for length in (8, 7):
        end = k + length
        if not digits.linked(k, end) or not digits.ends_number(k, end):
            continue
        if digits.groups(k, end) not in ([8], [4, 4], [7], [3, 4], [4, 3]) and not digits.han[k]:
            continue
        if digits.value[k : k + 2] == [2, 0] and length == 8:
            continue  # a date, 20240101
        start, stop = digits.span(k, end)
        if text[stop : stop + 1] in tuple(tables.MEASURES) or part_of_code(text, start, stop):
            return 0
        if word_before(text, start, _LANDLINE) is not None:
            return _add_landline(digits, k, end, digits.string(k, end), hits)
    return 0


def _add_landline(digits: Digits, k: int, end: int, value: str, hits: list[EntityHit]) -> int:
    text = digits.text
    if value not in tables.SERVICE_NUMBERS:
        start, stop = digits.span(k, end)
        if start and (text[start - 1] == "+" or _opens(text, start, stop)):
            start -= 1
        hits.append(EntityHit("landline", start, _extension_end(text, stop), value))
    return end


def _extension_end(text: str, stop: int) -> int:
    """The end with an extension, if one follows: 转801, -8001, 分机12."""
    at = stop
    while at < len(text) and at - stop < 2 and is_separator(text[at]) and text[at] != ",":
        at += 1
    mark = next((word for word in ("转", "分机", "ext") if text.startswith(word, at)), "")
    if not mark and text[stop:at] != "-":
        return stop
    at += len(mark)
    if mark:
        while at < len(text) and is_separator(text[at]) and at - stop < 6:
            at += 1
    end = at
    while end < len(text) and is_ascii_digit(text[end]):
        end += 1
    return end if 1 <= end - at <= 5 else stop
