"""number: any amount, ASCII with decimals or in Han numerals. Rules combine it with a unit: 满<number>, <number>天内."""

from __future__ import annotations

import re

from compiler.matcher.entity_text import EntityHit

_numbers = re.compile("[0-9]+(?:[.][0-9]+)?|[零〇一二三四五六七八九十百千万两半几]+").finditer


def numbers(text: str, hits: list[EntityHit]) -> None:
    hits += [EntityHit("number", match.start(), match.end(), match[0]) for match in _numbers(text)]
