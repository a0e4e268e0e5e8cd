"""Which rules a bundle has: browsers report how often each found something by its index."""

from __future__ import annotations

import msgspec

from compiler.bundle import document

KEEP = 64
"""Bundles, the oldest out first."""


class RuleIds(dict[str, list[str]]):
    """First 16 hex of a bundle's hash → its rules' ids, for the last releases."""

    def add(self, digest: str, bundle: bytes) -> None:
        if digest[:16] not in self:
            self[digest[:16]] = rule_ids(bundle)
            while len(self) > KEEP:
                del self[next(iter(self))]


class _Named(msgspec.Struct):
    id: str


class _Rules(msgspec.Struct):
    rules: list[_Named]


def rule_ids(bundle: bytes) -> list[str]:
    """In the bundle's order; a content that is no bundle has none."""
    try:
        return [rule.id for rule in msgspec.json.decode(document(bundle), type=_Rules).rules]
    except msgspec.DecodeError:
        return []
