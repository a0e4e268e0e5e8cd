"""QQ numbers and WeChat ids: what stands right behind a word for QQ or WeChat.

Mirrored by `extension/src/engine/entity_accounts.ts`.
"""

from __future__ import annotations

import re

from compiler.matcher import entity_tables as tables
from compiler.matcher.entity_text import Digits, EntityHit, is_alnum, is_letter, is_separator
from compiler.matcher.entity_words import Words, word_before

_SHORTEST, _LONGEST = 5, 11
_ID_SHORTEST, _ID_LONGEST = 6, 20
_tokens = re.compile("[a-z0-9_][a-z0-9_-]*").finditer
_QQ = Words(tables.QQ_WORDS, tables.QQ_SINGLES)
_WECHAT = Words(tables.WECHAT_WORDS, tables.WECHAT_SINGLES)


def account_end(digits: Digits, k: int) -> int:
    """The end of the account number that begins with digit k (5–11 digits), or 0.

    A mobile number in any grouping first; then a solid number, joined with a further group only over one space, dot or
    hyphen; then short groups (123 456 789).
    """
    text = digits.text
    if digits.value[k] == 1 and digits.linked(k, k + 11) and digits.value[k + 1] >= 3 and digits.ends_number(k, k + 11):
        return _unless_amount(digits, k, k + 11)
    end = k + 1
    while digits.gap[end] == 0 and (digits.han[end] == digits.han[k] or end - k < _SHORTEST):
        end += 1
    if end - k >= _SHORTEST:
        further = end + 1
        while further <= digits.count and digits.gap[further] == 0:
            further += 1
        joined = digits.gap[end] == 1 and text[digits.at[end] - 1] in " .-" and further - end >= 3
        if joined and further - k <= _LONGEST:
            end = further
    else:
        while digits.gap[end] >= 0:
            if digits.gap[end] > 0 and any(
                c in tables.LIST_SEPARATORS for c in text[digits.at[end - 1] : digits.at[end]]
            ):
                break
            end += 1
    return _unless_amount(digits, k, end) if _SHORTEST <= end - k <= _LONGEST else 0


def _unless_amount(digits: Digits, k: int, end: int) -> int:
    after = digits.text[digits.at[end - 1] + 1 : digits.at[end - 1] + 2]
    return 0 if after and after in tables.MEASURES else end


def _connected(text: str, start: int, end: int) -> bool:
    return any(char in tables.CONNECTORS for char in text[start:end])


def _single_is_sure(digits: Digits, k: int, end: int, word: tuple[int, int]) -> bool:
    """Behind a word of one unit (v, 微, 扣) a number needs to be a mobile number, or six digits and 加, 号 or a colon."""
    if end - k == 11 and digits.value[k] == 1:
        return True
    text = digits.text
    if end - k < 6 or word[1] == digits.at[k]:
        return False
    return "加" in text[max(0, word[0] - 3) : word[0]] or _connected(text, word[1], digits.at[k])


# --- QQ -------------------------------------------------------------------------------------------------------------


def qq_numbers(digits: Digits, hits: list[EntityHit]) -> None:
    text = digits.text
    k = 0
    while k + _SHORTEST <= digits.count:
        if digits.value[k] == 0 or digits.gap[k] == 0:
            k += 1
            continue
        start = digits.at[k]
        end = 0
        word = word_before(text, start, _QQ)
        if word is not None:
            end = account_end(digits, k)
            if end and word[1] - word[0] == 1 and not _single_is_sure(digits, k, end, word):
                end = 0
        if not end:
            end = _before_qq(digits, k)
        if end:
            hits.append(EntityHit("qq_number", start, digits.at[end - 1] + 1, digits.string(k, end)))
        k = end or k + 1


def _before_qq(digits: Digits, k: int) -> int:
    """A solid number in front of @qq or q群."""
    text = digits.text
    end = k + 1
    while digits.gap[end] == 0:
        end += 1
    if not _SHORTEST <= end - k <= _LONGEST:
        return 0
    start = digits.at[k]
    if start and (is_alnum(text[start - 1]) or text[start - 1] in "_-."):
        return 0
    at = digits.at[end - 1] + 1
    for _ in range(3):
        if text.startswith(tables.QQ_AFTER, at):
            return end
        if at >= len(text) or not is_separator(text[at]):
            return 0
        at += 1
    return 0


# --- WeChat ---------------------------------------------------------------------------------------------------------


def wechat_numbers(digits: Digits, hits: list[EntityHit]) -> None:
    """WeChat ids that are numbers: a mobile or QQ number behind a word."""
    k = 0
    while k + _SHORTEST <= digits.count:
        end = _wechat_number(digits, k, hits) if digits.gap[k] != 0 and digits.value[k] != 0 else 0
        k = end or k + 1


def wechat_tokens(text: str, hits: list[EntityHit]) -> None:
    """WeChat ids that begin with a letter."""
    for token in _tokens(text):
        _wechat_token(text, *token.span(), hits)


def _wechat_number(digits: Digits, k: int, hits: list[EntityHit]) -> int:
    text = digits.text
    start = digits.at[k]
    word = word_before(text, start, _WECHAT)
    if word is None:
        return 0
    end = account_end(digits, k)
    if not end or (word[1] - word[0] == 1 and not _single_is_sure(digits, k, end, word)):
        return 0
    stop = digits.at[end - 1] + 1
    if stop < len(text) and (is_letter(text[stop]) or text[stop] == "_"):
        return 0
    hits.append(EntityHit("wechat_id", start, stop, digits.string(k, end)))
    return end


def _wechat_token(text: str, start: int, end: int, hits: list[EntityHit]) -> None:
    while end > start and text[end - 1] == "-":
        end -= 1
    if text[end : end + 1] == "@" or (start and text[start - 1] in "@."):
        return
    if text[end : end + 1] == "." and is_alnum(text[end + 1 : end + 2]):
        return
    if text.startswith("wxid_", start):
        if end - start >= 11:
            hits.append(EntityHit("wechat_id", start, end, text[start:end]))
        return
    for prefix in ("wechat", "weixin", "vx", "wx"):
        rest = start + len(prefix)
        if text.startswith(prefix, start) and _is_id(text, rest, end) and _mixed(text, rest, end):
            while text[rest] in "_-":
                rest += 1
            hits.append(EntityHit("wechat_id", rest, end, text[rest:end]))
            return
    if not is_letter(text[start]) or not _is_id(text, start, end):
        return
    word = word_before(text, start, _WECHAT)
    if word is None or text[start:end].startswith(tables.NOT_IDS):
        return
    if _mixed(text, start, end) or (
        word[1] - word[0] > 1
        and text[start:end] not in tables.NOT_IDS_ALONE
        and "," not in text[word[1] : start]
        and _connected(text, word[1], start)
    ):
        hits.append(EntityHit("wechat_id", start, end, text[start:end]))


def _is_id(text: str, start: int, end: int) -> bool:
    while start < end and text[start] in "_-":
        start += 1
    return _ID_SHORTEST <= end - start <= _ID_LONGEST and is_letter(text[start])


def _mixed(text: str, start: int, end: int) -> bool:
    """Whether an id shows that it is one: letters with a digit, an underscore or a hyphen inside."""
    return any(not is_letter(char) for char in text[start:end].lstrip("_-"))
