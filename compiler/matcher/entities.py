"""entities: the detectors of `<phone>`, `<bank_card>`, `<url>` … over folded text; docs/entities.md says what counts.

`extension/src/engine/entities.ts` is the same code; `tests/engine/vectors/entities.json` and a randomised test hold the
two equal. A cheap first look (`_WORTH`) lets replies without digits, dots or places go by at almost no cost.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from functools import cache

from compiler.matcher import entity_tables as tables
from compiler.matcher.entity_accounts import qq_numbers, wechat_numbers, wechat_tokens
from compiler.matcher.entity_cards import bank_cards, id_cards
from compiler.matcher.entity_links import emails, host_matches, urls
from compiler.matcher.entity_money import money
from compiler.matcher.entity_number import numbers
from compiler.matcher.entity_phones import landlines, phones
from compiler.matcher.entity_place_tables import HEADS
from compiler.matcher.entity_places import addresses
from compiler.matcher.entity_text import MOST_SEPARATORS, Digits, EntityHit

__all__ = ["KINDS", "Detector", "EntityHit", "detect", "host_matches"]

_ON_DIGITS: dict[str, Callable[[Digits, list[EntityHit]], None]] = {
    "phone": phones,
    "landline": landlines,
    "bank_card": bank_cards,
    "id_card": id_cards,
    "qq_number": qq_numbers,
    "wechat_id": wechat_numbers,
}
_ON_TEXT: dict[str, Callable[[str, list[EntityHit]], None]] = {
    "wechat_id": wechat_tokens,
    "email": emails,
    "url": urls,
    "address": addresses,
    "money": money,
    "number": numbers,
}
KINDS = frozenset((*_ON_DIGITS, *_ON_TEXT))


def _last(*words: Iterable[str]) -> str:
    return "".join({word[-1] for some in words for word in some})


_FEWEST_DIGITS = 5
_DIGIT = f"0-9oli{''.join(tables.HAN_DIGITS)}"
_enough_digits = re.compile(
    f"(?:[{_DIGIT}][^{_DIGIT}a-z一-鿿]{{0,{MOST_SEPARATORS}}}){{{_FEWEST_DIGITS - 1}}}[{_DIGIT}]"
).search
_WORTH: dict[str, Callable[[str], object]] = {
    "qq_number": re.compile(f"[{re.escape(_last(tables.QQ_WORDS, tables.QQ_SINGLES))}@企]").search,
    "wechat_id": re.compile(f"[{re.escape(_last(tables.WECHAT_WORDS, tables.WECHAT_SINGLES))}]").search,
    "email": re.compile("[@#艾]|[(\\[]at").search,
    "url": re.compile("www|://|[a-z0-9-][.点。·丶● (\\[【]").search,
    "address": re.compile(f"[{''.join(HEADS)}]").search,
    "money": re.compile("[元块圆毛角分币洋金镑¥$€£]|rmb|cny|yuan").search,
}
"""What a text must hold to be worth looking at closely for a kind."""


_HOLDS: dict[str, frozenset[str]] = {
    "qq_number": frozenset(_last(tables.QQ_WORDS, tables.QQ_SINGLES) + "@企"),
    "wechat_id": frozenset(_last(tables.WECHAT_WORDS, tables.WECHAT_SINGLES)),
    "email": frozenset("@#艾(["),
    "url": frozenset("w:.点。·丶● ([【"),
    "address": frozenset("".join(HEADS)),
    "money": frozenset("元块圆毛角分币洋金镑¥$€£by"),
    "number": frozenset("0123456789零〇一二三四五六七八九十百千万两半几"),
}
"""Of these units a text must hold one; cheaper to tell, for all kinds together, than `_WORTH`."""
_DIGITS = frozenset("0123456789oli").union(tables.HAN_DIGITS)


class Detector:
    """Looks for entities of some kinds. Raises ValueError for a kind that does not exist."""

    def __init__(self, kinds: Iterable[str]) -> None:
        kinds = tuple(kinds)
        for kind in kinds:
            if kind not in KINDS:
                raise ValueError(f"no such entity: {kind!r}")
        self._on_text = [(_HOLDS[kind], _WORTH.get(kind), _ON_TEXT[kind]) for kind in kinds if kind in _ON_TEXT]
        self._on_digits = [(_WORTH.get(kind), _ON_DIGITS[kind]) for kind in kinds if kind in _ON_DIGITS]

    def find(self, text: str) -> list[EntityHit]:
        """All entities in folded `text`, sorted by (start, end, kind).

        Hits of one kind do not overlap; hits of different kinds may (an 11-digit WeChat id is a phone number too).
        Linear in the length of `text`.
        """
        hits: list[EntityHit] = []
        held = set(text)
        for holds, worth, look in self._on_text:
            if not holds.isdisjoint(held) and (worth is None or worth(text)):
                look(text, hits)
        if self._on_digits and not _DIGITS.isdisjoint(held) and _enough_digits(text):
            digits = Digits(text)
            for worth, look_at in self._on_digits:
                if worth is None or worth(text):
                    look_at(digits, hits)
        return sorted(hits, key=lambda hit: (hit.start, hit.end, hit.kind)) if len(hits) > 1 else hits


_detector = cache(Detector)


def detect(text: str, kinds: Collection[str]) -> list[EntityHit]:
    """As `Detector(kinds).find(text)`."""
    return _detector(tuple(kinds)).find(text)
