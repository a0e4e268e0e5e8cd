"""Faults of meaning that no single phrase shows: taken ids, rules that cannot fire, missing examples, dates."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from functools import lru_cache

from compiler.classifier import load_classifier
from compiler.diagnostics import Diagnostic, did_you_mean
from compiler.entries import RuleEntry, Steps
from compiler.phrases import PhraseError, Texts, parse
from compiler.rulebook import Rulebook, valid_id
from compiler.source import Document

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_WITHIN = re.compile(r"今天|明天|后天|本周|\d{1,3}(?:小时|分钟|天|h|d)")


class Meaning:
    """Checks state after state of a rulebook; a rule that was faultless is not looked at again until it changes."""

    def __init__(self) -> None:
        self._faultless: dict[int, RuleEntry] = {}
        self._today = ""

    def check(self, book: Rulebook, rules: Sequence[RuleEntry], today: str) -> None:
        """Report to `book.diagnostics`. `today` is YYYY-MM-DD."""
        known = self._faultless if self._today == today else {}
        self._faultless = faultless = {}
        self._today = today
        seen: dict[str, RuleEntry] = {}
        replacing: list[RuleEntry] = []
        for rule in rules:
            source = rule.source
            _check_taken(book, rule, seen)
            if source.replaces:
                replacing.append(rule)
            key = id(rule)
            if key not in known:
                before = len(book.diagnostics)
                _check_rule(book, rule, today)
                if len(book.diagnostics) > before:
                    continue
            faultless[key] = rule
        _check_platforms(book, rules)
        for rule in replacing:
            for n, old in enumerate(rule.source.replaces):
                if old in seen and seen[old].source.status != "retired":
                    book.fault("RG308", rule.document, (*rule.at, "replaces", n), id=old)


def _check_rule(book: Rulebook, rule: RuleEntry, today: str) -> None:
    """What depends on nothing but the rule, and the day."""
    source = rule.source
    if not valid_id(source.id):
        book.fault("RG307", rule.document, (*rule.at, "id"), id=source.id)
    _check_fires(book, rule)
    if not source.bad and source.status != "retired":
        book.fault("RG304", rule.document, (*rule.at, "id"))
    check_date(book, rule.document, (*rule.at, "since"), source.since)
    if (
        check_date(book, rule.document, (*rule.at, "until"), source.until)
        and source.until < today
        and source.status != "retired"
    ):
        book.fault("RG306", rule.document, (*rule.at, "until"), date=source.until)
    if source.follow_up and not _WITHIN.fullmatch(source.follow_up.within):
        book.fault("RG310", rule.document, (*rule.at, "follow_up", "within"), value=source.follow_up.within)
    _check_contained(book, rule)


def check_date(book: Rulebook, document: Document, at: Steps, text: str) -> bool:
    """Whether there is a date; what is none would be compared as a text, and the rule never hold, or for ever."""
    if text and not _is_date(text):
        wanted = ("日期，如 2026-01-31", "a date such as 2026-01-31")
        place = document.place(*at)
        detail = {"key": str(at[-1]), "value": text, "wanted": wanted}
        book.diagnostics.append(Diagnostic.at("RG105", place, source=document.line(place.line), **detail))
        return False
    return bool(text)


def _is_date(text: str) -> bool:
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return bool(_DATE.fullmatch(text))


def _check_platforms(book: Rulebook, rules: Sequence[RuleEntry]) -> None:
    """A name that nearly is a channel's or a site's platform is a slip, and the rule would never hold there."""
    named = {channel.platform for channel in book.channels} | {site.get("platform") for site in book.sites}
    known = {name for name in named if name and isinstance(name, str)}
    for rule in rules if known else ():
        for n, name in enumerate(rule.platforms):
            if name not in known and (best := did_you_mean(name, known)):
                own = rule.source.platforms is not None
                place = rule.document.place(*(rule.at if own else ("defaults",)), "platforms", n)
                fault = Diagnostic.at("RG311", place, source=rule.document.line(place.line), name=name, best=best)
                if fault not in book.diagnostics:  # a file's default is that of many rules
                    book.diagnostics.append(fault)


def _check_taken(book: Rulebook, rule: RuleEntry, seen: dict[str, RuleEntry]) -> None:
    first = seen.setdefault(rule.source.id, rule)
    if first is not rule:
        place = first.document.place(*first.at, "id")
        where = f"{place.path}:{place.line}"
        book.fault("RG301", rule.document, (*rule.at, "id"), id=rule.source.id, where=where)


def _check_fires(book: Rulebook, rule: RuleEntry) -> None:
    source = rule.source
    reason: tuple[str, str] | None = None
    if not (source.find or source.asked or source.likely_topic):
        reason = ("既没有 find 也没有 asked", "it has neither 'find' nor 'asked'")
    elif not source.find and (source.near or source.not_near or source.except_):
        reason = ("没有 find，near 和 except 就没有作用", "'near' and 'except' need 'find'")
    elif source.likely_topic and rule.topic not in load_classifier().topics:
        reason = (
            "语感不认识这个主题，likely_topic 起不了作用",
            "the classifier does not know its topic (likely_topic)",
        )
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
