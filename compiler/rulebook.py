"""A folder of YAML files → one Rulebook, each file read again only when its bytes changed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from compiler import schema, selectors
from compiler.diagnostics import Diagnostic, Place, did_you_mean
from compiler.entries import GroupEntry, ReplyEntry, RuleEntry, Steps, as_before, group_entries, rule_entry
from compiler.source import Document

_ID = re.compile(r"[a-z0-9]+(?:[.-][a-z0-9]+)*")
MAX_FOLDERS = 8
"""So many within each other are looked into: links may lead round in circles."""
CHANNEL = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
"""Ids of channels: they are part of addresses and names of folders."""
_MATCH = re.compile(r"(?:https|http)://[^/\s]+/\S*")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file that could be read: its document, and its record when its shape is right.

    An entry stays the same object while it says the same, so that later stages can tell what is new.
    """

    document: Document
    record: schema.RuleFile | schema.RulebookFile | schema.OverlayFile | schema.SiteFile | None
    diagnostics: tuple[Diagnostic, ...]
    rules: tuple[RuleEntry, ...] = ()
    groups: tuple[GroupEntry, ...] = ()
    replies: tuple[ReplyEntry, ...] = ()


@dataclass(slots=True)
class Rulebook:
    """Everything that the files say, before any meaning is checked."""

    name: str = ""
    files: dict[str, SourceFile] = field(default_factory=dict)
    topics: dict[str, str] = field(default_factory=dict)
    rules: list[RuleEntry] = field(default_factory=list)
    groups: dict[str, GroupEntry] = field(default_factory=dict)
    negations: list[tuple[Document, schema.NegationSource]] = field(default_factory=list)
    fillers: list[tuple[Document, Steps, str]] = field(default_factory=list)
    replies: list[ReplyEntry] = field(default_factory=list)
    sites: list[dict[str, Any]] = field(default_factory=list)
    channels: list[schema.ChannelSource] = field(default_factory=list)
    overlays: dict[str, tuple[Document, schema.OverlayFile]] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)

    @property
    def astral(self) -> frozenset[str]:
        """Characters beyond the BMP that the files use: they get folded units of their own."""
        return frozenset().union(*(file.document.astral for file in self.files.values()))

    def fault(self, code: str, document: Document, at: Steps, *, key: bool = False, **detail: Any) -> None:
        place = document.place(*at, key=key)
        self.diagnostics.append(Diagnostic.at(code, place, source=document.line(place.line), **detail))


class Reader:
    """Reads a rulebook folder; keeps what it parsed by path and content."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._cache: dict[str, SourceFile] = {}
        self._readable: dict[str, SourceFile] = {}
        """Of each file the last state that could be read."""

    def read(self, drafts: Mapping[str, bytes] | None = None) -> Rulebook:
        """The rulebook as it is on disk, with `drafts` (path relative to the root → bytes) in place of files."""
        contents: dict[str, bytes] = {}
        unreadable: list[Diagnostic] = []
        for name in rule_files(self.root):
            try:
                contents[name] = (self.root / name).read_bytes()
            except OSError as error:
                place = Place(self._shown(name), 1, 1, 1)
                unreadable.append(Diagnostic.at("RG018", place, problem=error.strerror or str(error)))
        contents.update(drafts or {})
        files = {name: self._file(name, data) for name, data in sorted(contents.items())}
        self._cache = files
        readable = {name: file for name, file in files.items() if file.record is not None}
        self._readable = {name: file for name, file in self._readable.items() if name in files} | readable
        book = Rulebook(files=files, diagnostics=unreadable)
        for file in files.values():
            book.diagnostics += file.diagnostics
        for name, file in files.items():
            _gather(book, name, file)
        return book

    def _shown(self, name: str) -> str:
        return f"{self.root.name}/{name}"

    def _file(self, name: str, data: bytes) -> SourceFile:
        known = self._cache.get(name)
        if known and known.document.data == data:
            return known
        before = self._readable.get(name)
        document = Document(self._shown(name), data, before.document if before else None)
        faults = list(document.diagnostics)
        record: Any = None
        if document.usable:
            kind: type = schema.RuleFile
            if name == "rulebook.yaml":
                kind = schema.RulebookFile
            elif name.startswith("shops/"):
                kind = schema.OverlayFile
            elif name.startswith("sites/"):
                kind = schema.SiteFile
            # An adapter that somebody has only begun stops nobody.
            if document.tree or kind is not schema.SiteFile:
                record, wrong = schema.read(document, kind)
                faults += wrong
        if isinstance(record, schema.RuleFile):
            if before and isinstance(before.record, schema.RuleFile) and before.record.negation == record.negation:
                record.negation = before.record.negation
            rules, groups, replies = _entries(name, document, record)
            if before:
                rules, groups = as_before(before.rules, rules), as_before(before.groups, groups)
                replies = as_before(before.replies, replies)
            return SourceFile(document, record, tuple(faults), rules, groups, replies)
        return SourceFile(document, record, tuple(faults))


def rule_files(root: Path, folder: str = "") -> Iterator[str]:
    """Names, relative to `root`, of the YAML files under it; hidden ones are an editor's or Kubernetes' business."""
    try:
        with os.scandir(root / folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            if folder.count("/") < MAX_FOLDERS:
                yield from rule_files(root, f"{folder}{entry.name}/")
        elif entry.name.endswith((".yaml", ".yml")):
            yield folder + entry.name


def valid_id(text: str) -> bool:
    return bool(_ID.fullmatch(text))


def _gather(book: Rulebook, name: str, file: SourceFile) -> None:
    document, record = file.document, file.record
    if record is None:
        return
    if isinstance(record, schema.RulebookFile):
        book.name = record.name
        book.channels = _channels(book, document, record)
    elif isinstance(record, schema.OverlayFile):
        shop = name.removeprefix("shops/").rsplit(".", 1)[0]
        book.overlays[shop] = (document, record)
    elif isinstance(record, schema.SiteFile):
        _gather_site(book, name, document, record)
    else:
        _gather_rules(book, name, file, record)


def _channels(book: Rulebook, document: Document, record: schema.RulebookFile) -> list[schema.ChannelSource]:
    """Those that can be published to."""
    found: dict[str, schema.ChannelSource] = {}
    known = {channel.id: n for n, channel in reversed([*enumerate(record.channels)])}
    for n, channel in enumerate(record.channels):
        at: Steps = ("channels", n)
        if not CHANNEL.fullmatch(channel.id):
            book.fault("RG506", document, (*at, "id"), id=channel.id)
        elif channel.id in found:
            first = document.place("channels", known[channel.id], "id")
            book.fault("RG301", document, (*at, "id"), id=channel.id, where=f"{first.path}:{first.line}")
        else:
            found[channel.id] = channel
        if channel.follows and channel.follows not in known:
            best = did_you_mean(channel.follows, known)
            book.fault("RG507", document, (*at, "follows"), name=channel.follows, best=best)
    return [*found.values()]


def _gather_site(book: Rulebook, name: str, document: Document, record: schema.SiteFile) -> None:
    """An adapter goes to the browser as it is written."""
    faults = len(book.diagnostics)
    if not record.match or not all(_MATCH.fullmatch(pattern) for pattern in record.match):
        problem = (
            "match 要列出网址，如 https://im.example.com/*",
            "'match' lists page addresses such as https://im.example.com/*",
        )
        book.fault("RG505", document, ("match",), problem=problem)
    if not record.composer.selectors and record.enabled in ("on", "true"):
        problem = (
            "没有写 composer 的选择器，浏览器不会用它",
            "without selectors of its 'composer' no browser uses it",
        )
        book.fault("RG505", document, (), problem=problem)
    for at, selector in _selectors(record):
        if wrong := selectors.fault(selector):
            book.fault("RG508", document, at, problem=wrong)
    if len(book.diagnostics) == faults:
        book.sites.append({"id": name.removeprefix("sites/").rsplit(".", 1)[0], **document.tree})


def _selectors(site: schema.SiteFile) -> Iterator[tuple[Steps, str]]:
    """Every selector of an adapter, with its place."""
    lists: dict[Steps, list[str]] = {
        ("composer", "selectors"): site.composer.selectors,
        ("send", "selectors"): site.send.selectors,
        ("quick",): site.quick,
        **{("messages", key): getattr(site.messages, key) for key in ("root", "system", "robot", "text")},
        **{("buyer", key): getattr(site.buyer, key) for key in ("id", "name")},
        ("order", "id"): site.order.id,
    }
    for at, several in lists.items():
        for n, selector in enumerate(several):
            yield (*at, n), selector
    single = {("messages", key): getattr(site.messages, key) for key in ("item", "buyer", "agent", "sender", "row")}
    for at, selector in {("send", "setting"): site.send.setting, **single}.items():
        if selector:
            yield at, selector


def _entries(
    name: str, document: Document, record: schema.RuleFile
) -> tuple[tuple[RuleEntry, ...], tuple[GroupEntry, ...], tuple[ReplyEntry, ...]]:
    topic = _topic(name, record)
    own = record.negation
    local = (document, own) if own != schema.NegationSource() and record.rules else None
    rules = (
        rule_entry(document, ("rules", n), rule, topic, record.defaults, local) for n, rule in enumerate(record.rules)
    )
    replies = (ReplyEntry(document, ("replies", n), reply, topic) for n, reply in enumerate(record.replies))
    return tuple(rules), tuple(group_entries(document, record.groups)), tuple(replies)


def _topic(name: str, record: schema.RuleFile) -> str:
    return record.topic or name.rsplit("/", 1)[-1].rsplit(".", 1)[0]


def _gather_rules(book: Rulebook, name: str, file: SourceFile, record: schema.RuleFile) -> None:
    topic = _topic(name, record)
    if (record.rules or record.replies) and (record.title or topic not in book.topics):
        book.topics[topic] = record.title or topic
    for group in file.groups:
        add_group(book, group)
    document = file.document
    if record.negation != schema.NegationSource() and not record.rules:
        book.negations.append((document, record.negation))
    book.fillers += [(document, ("fillers", n), text) for n, text in enumerate(record.fillers)]
    book.rules += file.rules
    book.replies += file.replies


def add_group(book: Rulebook, group: GroupEntry) -> None:
    if taken := book.groups.get(group.name):
        place = taken.document.place(*taken.at, key=True)
        where = f"{place.path}:{place.line}"
        book.fault("RG302", group.document, group.at, key=True, name=group.name, where=where)
        return
    book.groups[group.name] = group
