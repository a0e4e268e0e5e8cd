"""Rules, groups and replies where they were written, with what their file says of all its rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from compiler import schema
from compiler.source import Document

Steps = tuple[str | int, ...]


@dataclass(slots=True)
class RuleEntry:
    """A rule with its file's defaults filled in, and where it stands."""

    document: Document
    at: Steps
    source: schema.RuleSource
    topic: str
    level: str
    platforms: tuple[str, ...]
    categories: tuple[str, ...]
    penalty: dict[str, int | str]
    given: dict[str, bool | int | str]
    turns: int
    negated: bool
    likely: int
    cited: str
    negation: tuple[Document, schema.NegationSource] | None

    @property
    def name(self) -> str:
        return self.source.id

    @property
    def says(self) -> object:
        return (
            self.source, self.topic, self.level, self.platforms, self.categories, self.penalty, self.given, self.turns,
            self.negated, self.likely, self.cited, self.negation and self.negation[1],
        )  # fmt: skip

    def stand(self, other: RuleEntry) -> None:
        self.document, self.at, self.negation = other.document, other.at, other.negation


@dataclass(slots=True)
class GroupEntry:
    document: Document
    name: str
    source: schema.GroupSource
    bare: bool
    """Written as a plain list, not as a mapping with `any`."""

    @property
    def at(self) -> Steps:
        return ("groups", self.name)

    @property
    def says(self) -> object:
        return self.name, self.source, self.bare

    def stand(self, other: GroupEntry) -> None:
        self.document = other.document


@dataclass(slots=True)
class ReplyEntry:
    document: Document
    at: Steps
    source: schema.ReplySource
    topic: str

    @property
    def name(self) -> str:
        return f"{self.source.id} {self.source.title}"

    @property
    def says(self) -> object:
        return self.source, self.topic

    def stand(self, other: ReplyEntry) -> None:
        self.document, self.at = other.document, other.at


class _Entry(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def says(self) -> object:
        """Equal for entries of which nothing differs but where they stand."""

    def stand(self: E, other: E) -> None:
        """Where the other one does."""


E = TypeVar("E", bound=_Entry)


def as_before(known: Iterable[E], read: Iterable[E]) -> tuple[E, ...]:
    """The entries of a file that was read again; those that say what they did are the same objects as before."""
    by_name = {entry.name: entry for entry in known}
    entries: list[E] = []
    for entry in read:
        before = by_name.pop(entry.name, None)
        if before is not None and before.says == entry.says:
            before.stand(entry)
            entries.append(before)
        else:
            entries.append(entry)
    return tuple(entries)


def fact(value: bool | int | str) -> bool | int | str:
    """A YAML scalar of a fact or of points, as what it looks like: true, 6 or a text."""
    if isinstance(value, str):
        if value in ("true", "false"):
            return value == "true"
        if re.fullmatch(r"-?\d{1,9}", value):
            return int(value)
    return value


def _facts(values: Mapping[str, bool | int | str] | None) -> dict[str, bool | int | str]:
    return {key: fact(value) for key, value in (values or {}).items()}


def rule_entry(
    document: Document,
    at: Steps,
    rule: schema.RuleSource,
    topic: str,
    defaults: schema.Defaults,
    negation: tuple[Document, schema.NegationSource] | None,
) -> RuleEntry:
    """`rule` with the defaults of its file filled in."""
    points = rule.penalty if rule.penalty is not None else defaults.penalty or {}
    level = rule.level or defaults.level or "warn"
    # A file's default is for what disturbs: a reminder or a hint costs the agent nothing.
    usual = defaults.likely or 0 if level in ("block", "warn") else 0
    return RuleEntry(
        document=document,
        at=at,
        source=rule,
        topic=topic,
        level=level,
        platforms=tuple(rule.platforms if rule.platforms is not None else defaults.platforms or ()),
        categories=tuple(rule.categories if rule.categories is not None else defaults.categories or ()),
        penalty={key: fact(value) for key, value in points.items()},
        given=_facts(rule.given if rule.given is not None else defaults.given),
        turns=rule.turns or defaults.turns or 3,
        negated=(rule.negation or defaults.negation or "excuses") == "excuses",
        likely=rule.likely if rule.likely is not None else usual,
        cited=rule.source if rule.source is not None else defaults.source or "",
        negation=negation,
    )


def group_entries(document: Document, groups: Mapping[str, list[str] | schema.GroupSource]) -> Iterator[GroupEntry]:
    for name, written in groups.items():
        bare = isinstance(written, list)
        source = schema.GroupSource(any=written) if isinstance(written, list) else written
        yield GroupEntry(document, name, source, bare)
