"""entities: the detectors of `<phone>`, `<bank_card>`, `<url>` … over folded text; docs/entities.md says what counts.

`extension/src/engine/entities.ts` is the same code; `tests/engine/vectors/entities.json` and a randomised test hold the
two equal. A cheap first look (`_worth`) lets replies without digits, dots or places go by at almost no cost.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from compiler.matcher.entity_accounts import qq_numbers, wechat_ids
from compiler.matcher.entity_cards import bank_cards, id_cards
from compiler.matcher.entity_links import emails, host_matches, urls
from compiler.matcher.entity_money import money
from compiler.matcher.entity_phones import landlines, phones
from compiler.matcher.entity_place_tables import HEADS
from compiler.matcher.entity_places import addresses
from compiler.matcher.entity_tables import HAN_DIGITS
from compiler.matcher.entity_text import Digits, EntityHit

__all__ = ["KINDS", "EntityHit", "detect", "host_matches"]

_ON_DIGITS = {
    "phone": phones,
    "landline": landlines,
    "bank_card": bank_cards,
    "id_card": id_cards,
    "qq_number": qq_numbers,
}
_ON_TEXT = {"email": emails, "url": urls, "address": addresses, "money": money}
KINDS = frozenset((*_ON_DIGITS, "wechat_id", *_ON_TEXT))

_digits = re.compile(f"[0-9oli{''.join(HAN_DIGITS)}]").findall
_WORTH = {
    "wechat_id": re.compile("[a-z0-9_]|[" + "".join(HAN_DIGITS) + "]").search,
    "email": re.compile("[@#艾]|[(\\[]at").search,
    "url": re.compile("www|://|[a-z0-9-](?:[.点。·丶●]|[ (\\[【])").search,
    "address": re.compile("[" + "".join(HEADS) + "]").search,
    "money": re.compile("[元块圆毛角分币洋金镑¥$€£]|rmb|cny|yuan").search,
}


def detect(text: str, kinds: Collection[str]) -> list[EntityHit]:
    """All entities of `kinds` in folded `text`, sorted by (start, end, kind).

    Hits of one kind do not overlap; hits of different kinds may (an 11-digit WeChat id is a phone number too).
    Linear in the length of `text`. Raises ValueError for a kind that does not exist.
    """
    hits: list[EntityHit] = []
    digits: Digits | None = None
    enough = len(_digits(text)) >= 5
    for kind in kinds:
        if kind in _ON_DIGITS:
            if enough:
                digits = digits or Digits(text)
                _ON_DIGITS[kind](digits, hits)
        elif kind == "wechat_id":
            if _WORTH[kind](text):
                digits = digits or Digits(text)
                wechat_ids(text, digits, hits)
        elif kind in _ON_TEXT:
            if _WORTH[kind](text):
                _ON_TEXT[kind](text, hits)
        else:
            raise ValueError(f"no such entity: {kind!r}")
    return sorted(hits, key=lambda hit: (hit.start, hit.end, hit.kind)) if len(hits) > 1 else hits
