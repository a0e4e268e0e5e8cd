"""Faults of meaning that no single phrase shows: taken ids, rules that cannot fire, missing examples, dates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from compiler.phrases import PhraseError, Texts, parse
from compiler.rulebook import Rulebook, RuleEntry, valid_id

_WITHIN = re.compile(r"今天|明天|后天|本周|\d{1,3}(?:小时|分钟|天|h|d)")


def check(book: Rulebook, rules: Sequence[RuleEntry], today: str) -> None:
    """Report to `book.diagnostics`. `today` is YYYY-MM-DD."""
    seen: dict[str, RuleEntry] = {}
    for rule in rules:
        _check_id(book, rule, seen)
        _check_fires(book, rule)
        source = rule.source
        if not source.bad and source.status != "retired":
            book.fault("RG304", rule.document, (*rule.at, "id"))
        if source.until and source.until < today and source.status != "retired":
            book.fault("RG306", rule.document, (*rule.at, "until"), date=source.until)
        if source.follow_up and not _WITHIN.fullmatch(source.follow_up.within):
            book.fault("RG310", rule.document, (*rule.at, "follow_up", "within"), value=source.follow_up.within)
        _check_contained(book, rule)
    for rule in rules:
        for n, old in enumerate(rule.source.replaces):
            if old in seen and seen[old].source.status != "retired":
                book.fault("RG308", rule.document, (*rule.at, "replaces", n), id=old)


def _check_id(book: Rulebook, rule: RuleEntry, seen: dict[str, RuleEntry]) -> None:
    rule_id = rule.source.id
    if not valid_id(rule_id):
        book.fault("RG307", rule.document, (*rule.at, "id"), id=rule_id)
    if rule_id in seen:
        place = seen[rule_id].document.place(*seen[rule_id].at, "id")
        book.fault("RG301", rule.document, (*rule.at, "id"), id=rule_id, where=f"{place.path}:{place.line}")
    else:
        seen[rule_id] = rule


def _check_fires(book: Rulebook, rule: RuleEntry) -> None:
    source = rule.source
    reason: tuple[str, str] | None = None
    if not source.find and not source.asked:
        reason = ("既没有 find 也没有 asked", "it has neither 'find' nor 'asked'")
    elif not source.find and (source.near or source.not_near or source.except_):
        reason = ("没有 find，near 和 except 就没有作用", "'near' and 'except' need 'find'")
    elif source.since and source.until and source.until < source.since:
        reason = ("until 早于 since", "'until' is before 'since'")
    elif source.find and set(source.find) <= {*source.unless, *source.except_}:
        reason = ("find 的说法全被 unless 或 except 排除了", "'unless' or 'except' excludes all of 'find'")
    elif source.asked and set(source.asked) <= set(source.unless_asked):
        reason = ("asked 的说法全被 unless_asked 排除了", "'unless_asked' excludes all of 'asked'")
    if reason:
        book.fault("RG303", rule.document, (*rule.at, "id"), reason=reason)


def _check_contained(book: Rulebook, rule: RuleEntry) -> None:
    """A plain phrase that another plain phrase of the same list contains makes the longer one idle."""
    for n, inner, outer in _contained(tuple(rule.source.find)):
        book.fault("RG208", rule.document, (*rule.at, "find", n), inner=inner, outer=outer)


@lru_cache(maxsize=16384)
def _contained(find: tuple[str, ...]) -> tuple[tuple[int, str, str], ...]:
    """(index, the shorter phrase, itself) of each plain phrase in which another one occurs."""
    plain: list[tuple[int, str]] = []
    for n, text in enumerate(find):
        try:
            sequences = parse(text)
        except PhraseError:
            continue
        if len(sequences) == 1 and len(sequences[0]) == 1 and isinstance(item := sequences[0][0], Texts):
            plain += [(n, literal) for literal in item.any] if len(item.any) == 1 else []
    if len(plain) > 400:  # quadratic; a list this long is a word list, where it would only be noise
        return ()
    found = []
    for n, outer in plain:
        inner = next((text for m, text in plain if m != n and text in outer and (text != outer or m < n)), None)
        if inner is not None:
            found.append((n, inner, outer))
    return tuple(found)
