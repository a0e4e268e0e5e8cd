"""Shop overlays: what one shop switches off, softens, allows or adds, each with its reason."""

from __future__ import annotations

import dataclasses

import msgspec

from compiler import schema
from compiler.diagnostics import did_you_mean
from compiler.entries import RuleEntry, fact, group_entries, rule_entry
from compiler.meaning import check_date
from compiler.rulebook import Rulebook, add_group
from compiler.source import Document


class Overlay(msgspec.Struct):
    """An overlay applied: the rules that remain, and what it took away."""

    rules: list[RuleEntry]
    removed: list[RuleEntry] = []
    document: Document | None = None
    source: schema.OverlayFile | None = None


def apply(book: Rulebook, name: str, today: str) -> Overlay:
    """The rules of `book` as the shop `name` has them ("" = as they are); faults go to the book."""
    if not name:
        return Overlay(book.rules)
    if name not in book.overlays:
        document = book.files["rulebook.yaml"].document
        at = next((("channels", n, "overlay") for n, c in enumerate(book.channels) if c.overlay == name), ())
        best = did_you_mean(name, book.overlays)
        book.fault("RG504", document, at, name=name, best=best)
        return Overlay(book.rules)
    document, source = book.overlays[name]
    known = {rule.source.id: rule for rule in book.rules}
    off: set[str] = set()
    for n, disable in enumerate(source.disable):
        if disable.id not in known:
            book.fault("RG501", document, ("disable", n, "id"), id=disable.id, best=did_you_mean(disable.id, known))
        elif not disable.reason.strip():
            book.fault("RG502", document, ("disable", n), id=disable.id)
        elif not check_date(book, document, ("disable", n, "until"), disable.until) or disable.until >= today:
            off.add(disable.id)
    for n, allow in enumerate(source.allow):
        if not allow.reason.strip():
            book.fault("RG502", document, ("allow", n), id=allow.text)
    for rule_id in source.set:
        if rule_id not in known:
            book.fault("RG501", document, ("set", rule_id), key=True, id=rule_id, best=did_you_mean(rule_id, known))
    kept = [_changed(rule, source.set.get(rule.source.id)) for rule in book.rules if rule.source.id not in off]
    for group in group_entries(document, source.groups):
        add_group(book, group)
    topic = source.topic or f"shop-{name}"
    if source.rules:
        book.topics.setdefault(topic, source.title or name)
    kept += [
        rule_entry(document, ("rules", n), rule, topic, schema.Defaults(), None) for n, rule in enumerate(source.rules)
    ]
    return Overlay(kept, [known[rule_id] for rule_id in sorted(off)], document, source)


def _changed(rule: RuleEntry, change: schema.OverlayRule | None) -> RuleEntry:
    if change is None:
        return rule
    texts = {key: value for key in ("why", "say") if (value := getattr(change, key)) is not None}
    source = msgspec.structs.replace(rule.source, **texts)
    penalty = rule.penalty if change.penalty is None else {key: fact(value) for key, value in change.penalty.items()}
    return dataclasses.replace(rule, source=source, level=change.level or rule.level, penalty=penalty)
