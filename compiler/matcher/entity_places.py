"""Postal addresses: 浙江省杭州市西湖区文三路12号3栋501. Mirrored by `extension/src/engine/entity_places.ts`.

A text is read once from left to right for *marks*: a province, or a name that ends in 市 区 镇 路 小区 …, or a number with
号 栋 单元 室. Marks that touch form a cluster; a cluster is an address when it is precise enough (`_precise`).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from compiler.matcher import entity_place_tables as tables
from compiler.matcher.entity_tables import HAN_DIGITS, MEASURES
from compiler.matcher.entity_text import EntityHit, is_alnum, is_ascii_digit, is_han, is_letter, is_separator

_SEPARATORS_BETWEEN = 2
_NUMBER_REACH = 8
_TENS = "十百"
_DIRECTIONS = "东南西北中"
_JOINTS = "-附之甲乙丙丁东西南北"
"""Inside a house number: 12附3号, 8-2号."""


_PROVINCES = {head: [name for name in tables.PROVINCES if name[0] == head] for head in tables.PROVINCE_HEADS}
_SUFFIXES = {
    head: [
        (level, suffix)
        for level, suffixes in (("floor", tables.FLOORS), *tables.SUFFIXES)
        for suffix in suffixes
        if suffix[0] == head
    ]
    for head in tables.HEADS
}
"""Suffixes with their level, by their first character, in the order in which they are tried."""
_next_head = re.compile(f"[{''.join(tables.HEADS | tables.PROVINCE_HEADS)}]").search


class _Mark(NamedTuple):
    level: str
    """province, city, district, town, road, estate, number (12号), floor (3栋, 501室, 2楼)."""
    start: int
    end: int
    suffix: str


def addresses(text: str, hits: list[EntityHit]) -> None:
    cluster: list[_Mark] = []
    head = _next_head(text, 0)
    while head is not None:
        at = head.start()
        mark = _mark_at(text, at, cluster)
        head = _next_head(text, at + 1 if mark is None else mark.end)
        if mark is None:
            continue
        if cluster and not _touch(text, cluster[-1].end, mark.start):
            _close(text, cluster, hits)
            cluster = []
        cluster.append(mark)
    _close(text, cluster, hits)


def _touch(text: str, end: int, start: int) -> bool:
    if start - end > _SEPARATORS_BETWEEN:
        return False
    return all(is_separator(char) and char not in "。!?;\n" for char in text[end:start])


def _close(text: str, cluster: list[_Mark], hits: list[EntityHit]) -> None:
    if len(cluster) < 2 or not _precise(cluster):
        return
    end = _room_end(text, cluster[-1])
    start = cluster[0].start
    value = "".join(char for char in text[start:end] if not is_separator(char))
    hits.append(EntityHit("address", start, end, value))


def _precise(cluster: list[_Mark]) -> bool:
    """Whether a parcel or a visitor would get there, or close."""
    levels = [mark.level for mark in cluster]
    regions = sum(level in levels for level in ("province", "city", "district"))
    if "city" not in levels and any(mark.level == "district" and mark.end - mark.start >= 5 for mark in cluster):
        regions += 1  # 深圳南山区
    named = "road" in levels or "town" in levels or "estate" in levels
    exact = "number" in levels or "floor" in levels
    if named and exact:
        return True
    if regions >= 2 and ("road" in levels or "town" in levels or "floor" in levels):
        return True
    if regions == 3 and "estate" in levels:
        return True
    floors = [mark.suffix for mark in cluster if mark.level == "floor"]
    return len(floors) >= 2 and any(suffix in tables.BUILDINGS for suffix in floors)


# --- marks ----------------------------------------------------------------------------------------------------------


def _mark_at(text: str, at: int, cluster: list[_Mark]) -> _Mark | None:
    """The mark whose suffix, or whose province, begins at `at`."""
    char = text[at]
    last = cluster[-1] if cluster else None
    floor = last.end if last else 0
    for name in _PROVINCES.get(char, ()):
        if text.startswith(name, at) and not _begins_road(text, at + len(name)):
            return _province(text, at, at + len(name))
    for level, suffix in _SUFFIXES.get(char, ()):
        if not text.startswith(suffix, at):
            continue
        if level == "floor":
            mark = _floor(text, at, suffix, floor)
        else:
            mark = _named(text, at, level, suffix, floor if last else -1)
        if mark is not None:
            return mark
    return _number(text, at, last) if char in "号弄" and last else None


def _floor(text: str, at: int, suffix: str, floor: int) -> _Mark | None:
    """3栋, 2单元, 501室. 2室1厅 describes a flat, it does not say which."""
    start = _number_start(text, at, floor)
    if start == at or (suffix == "室" and text[at + 2 : at + 3] == "厅"):
        return None
    return _Mark("floor", start, at + len(suffix), suffix)


def _number(text: str, at: int, last: _Mark) -> _Mark | None:
    """12号, 100弄, right behind a road or the like."""
    start = _number_start(text, at, last.end)
    if start == at or not _touch(text, last.end, start) or last.level not in ("road", "town", "estate", "number"):
        return None
    if last.level != "road" and at + 1 < len(text) and text[at + 1] in tables.DAY_AFTER:
        return None
    return _Mark("number", start, at + 1, text[at])


def _begins_road(text: str, at: int) -> bool:
    """Whether the province gives a road its name: 陕西路, 北京东路."""
    if at < len(text) and text[at] in _DIRECTIONS:
        at += 1
    return text.startswith(("路", "街", "大道", "大街"), at) and text[at + 1 : at + 2] != "道"


def _province(text: str, start: int, end: int) -> _Mark:
    ending = next((word for word in tables.PROVINCE_ENDS if text.startswith(word, end)), "")
    if not ending and text.startswith("市", end) and text[end + 1 : end + 2] not in tuple(tables.BAD_AFTER["市"]):
        ending = "市"
    return _Mark("province", start, end + len(ending), ending)


def _named(text: str, at: int, level: str, suffix: str, floor: int) -> _Mark | None:
    end = at + len(suffix)
    if at and text[at - 1] in tables.BAD_BEFORE.get(suffix, ""):
        return None
    if end < len(text) and text[end] in tables.BAD_AFTER.get(suffix, ""):
        return None
    start = _name_start(text, at, tables.LONGEST_NAME[level], floor)
    if level == "road" and at - start == 1 and is_ascii_digit(text[start]):
        return None
    if level == "road" and text[end + 1 : end + 2] == "段" and (text[end] in _DIRECTIONS or _is_digit(text[end])):
        end += 2
    if level == "estate" and start == at == floor:
        return _Mark(level, start, end, suffix)  # 金色家园小区
    least = 1 if level == "town" or floor == start else 2
    return _Mark(level, start, end, suffix) if at - start >= least else None


def _name_start(text: str, at: int, longest: int, floor: int) -> int:
    """Where the name in front of the suffix at `at` begins.

    Right behind an earlier mark it begins there, unless a word that is in no name stands between; else at the nearest
    character that ends a name (寄到, 地址, 在).
    """
    if 0 <= floor < at and at - floor <= longest:
        inside = floor
        while inside < at and inside - floor < _SEPARATORS_BETWEEN and is_separator(text[inside]):
            inside += 1
        if inside < at and all(_in_name(char) and char not in tables.NAME_STOPS_INSIDE for char in text[inside:at]):
            return inside
    start = at
    while start > max(0, floor) and at - start < longest and _in_name(text[start - 1]):
        if text[start - 1] in tables.NAME_STOPS:
            break
        start -= 1
    return start


def _in_name(char: str) -> bool:
    return is_han(char) or is_alnum(char)


def _is_digit(char: str) -> bool:
    return is_ascii_digit(char) or char in HAN_DIGITS


def _number_start(text: str, at: int, floor: int) -> int:
    """Where the house, building or room number in front of `at` begins (12, 3-2, 二十, a, 12附3); `at` = none."""
    start = at
    while start > floor and at - start < _NUMBER_REACH:
        char = text[start - 1]
        joint = char in _JOINTS and start - 1 > floor and start < at and is_ascii_digit(text[start - 2])
        if not (is_alnum(char) or char in HAN_DIGITS or char in _TENS or joint):
            break
        start -= 1
    if floor < start < at and text[start - 1] in "甲乙丙丁附":
        start -= 1
    number = text[start:at]
    if any(is_letter(char) for char in number) and (
        len(number) > 5 or (len(number) > 1 and all(map(is_letter, number)))
    ):
        return at
    return start


def _room_end(text: str, last: _Mark) -> int:
    """The end with a bare room number behind a building or house number: 3栋501, 12号3-501."""
    if last.level not in ("floor", "number") or last.suffix in tables.LAST_FLOORS:
        return last.end
    at = last.end
    if at < len(text) and text[at] in " -":
        at += 1
    end = at
    while end < len(text) and end - at < 9 and (is_ascii_digit(text[end]) or (text[end] == "-" and end > at)):
        end += 1
    while end > at and text[end - 1] == "-":
        end -= 1
    following = text[end : end + 1]
    if end - at < 2 or (following and (following in MEASURES or is_alnum(following))):
        return last.end
    return end
