"""YAML text → plain values with the place of each, or diagnostics.

YAML is untrusted input. libyaml's *composer* recurses in C, and 60 kB of `[` end the process; its event *parser* does
not. So one flat loop over parser events builds the tree, with limits. Every scalar stays a string: there are no YAML 1.1
surprises (`no`, `on`, `12:30`), and types come from the schema.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Any, Final

import yaml
from yaml._yaml import CParser

from compiler.diagnostics import Diagnostic, Place

MAX_BYTES: Final = 2 * 1024 * 1024
MAX_DEPTH: Final = 32
MAX_NODES: Final = 400_000
MAX_FAULTS: Final = 200
"""Faults of one file that are kept; the first error always is."""

Value = Any
"""A `str`, a `list[Value]` or a `dict[str, Value]`."""

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_INDENT = re.compile("^[ \t\u00a0\u3000]*[\t\u00a0\u3000]")
_SWALLOWED = re.compile(r"\s#(?=[^\s#!])")
_QUOTED = re.compile(r"""(["']).*?\1""")


class Document:
    """One parsed file.

    `tree` is the top mapping ({} when the file is empty or unreadable); `digest` the SHA-256 of its bytes;
    `diagnostics` its syntax faults. A file with a syntax *error* has `usable` false.
    """

    __slots__ = ("_keys", "_values", "astral", "diagnostics", "digest", "lines", "path", "tree")

    def __init__(self, path: str, data: bytes) -> None:
        self.path = path
        self.digest = hashlib.sha256(data).hexdigest()
        self.diagnostics: list[Diagnostic] = []
        self.lines: list[str] = []
        self.astral: frozenset[str] = frozenset()
        self.tree: dict[str, Value] = {}
        self._keys: dict[int, dict[str, Any]] = {}
        self._values: dict[int, Any] = {}
        text = self._decode(data)
        if text is not None:
            self.lines = text.splitlines()
            self.astral = frozenset(char for char in set(text) if char > "\uffff")
            self._lint()
            if self.usable:
                self._parse(text)

    @property
    def usable(self) -> bool:
        return not any(d.severity == "error" for d in self.diagnostics)

    def place(self, *path: str | int, key: bool = False) -> Place:
        """Where the value (or with `key`, the key) at `path` stands; the nearest known ancestor when it is absent."""
        node: Value = self.tree
        found = Place(self.path, 1, 1, 1)
        for n, step in enumerate(path):
            marks: Any = self._values.get(id(node))
            if isinstance(node, dict) and step in node:
                assert isinstance(step, str)
                mark = self._keys[id(node)][step] if key and n == len(path) - 1 else marks[step]
                node = node[step]
            elif isinstance(node, list) and isinstance(step, int) and step < len(node):
                mark = marks[step]
                node = node[step]
            else:
                break
            found = self._place(*mark)
        return found

    def entries(self, *path: str | int) -> Iterator[str]:
        """Keys of the mapping at `path`; none when there is no mapping."""
        node: Value = self.tree
        for step in path:
            try:
                node = node[step]
            except (KeyError, IndexError, TypeError):
                return
        if isinstance(node, dict):
            yield from node

    def within(self, place: Place, value: str, start: int, length: int) -> Place:
        """The part `value[start:start + length]` of a one-line scalar; the whole scalar when it is not written so."""
        line = self.line(place.line)
        at = line.find(value, place.column - 1)
        if at < 0 or at > place.column:  # escaped, folded over lines or aliased: no exact column is known
            return place
        return Place(place.path, place.line, at + start + 1, max(1, length))

    def line(self, number: int) -> str:
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""

    def _place(self, start: Any, end: Any) -> Place:
        line = start.line + 1
        stop = end.column if end.line == start.line else len(self.line(line))
        return Place(self.path, line, start.column + 1, max(1, stop - start.column))

    def _fault(self, code: str, line: int, column: int, length: int = 1, **detail: object) -> None:
        fault = Diagnostic.at(code, Place(self.path, line, column, length), source=self.line(line), **detail)
        if len(self.diagnostics) < MAX_FAULTS or (fault.severity == "error" and self.usable):
            self.diagnostics.append(fault)

    def _decode(self, data: bytes) -> str | None:
        if len(data) > MAX_BYTES:
            self._fault("RG001", 1, 1, size=len(data), limit=MAX_BYTES)
            return None
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
            try:
                data.decode("gb18030")
                code = "RG002"
            except UnicodeDecodeError:
                code = "RG003"
            self._fault(code, line, column)
            return None
        for match in _CONTROL.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            column = match.start() - (text.rfind("\n", 0, match.start()) + 1) + 1
            self.lines = text.splitlines()
            self._fault("RG004", line, column, char=f"U+{ord(match[0]):04X}")
            return None
        return text

    def _lint(self) -> None:
        """Faults that libyaml would report obscurely, or not at all."""
        block_scalar = -1  # indentation of a `|` or `>` scalar, whose lines are text
        for number, line in enumerate(self.lines, 1):
            body = line.lstrip(" ")
            indent = len(line) - len(body)
            if not body or body.startswith("#"):
                continue
            if block_scalar >= 0 and indent > block_scalar:
                continue
            block_scalar = indent if re.search(r":\s+[|>][-+0-9]*\s*$", line) else -1
            blank = _INDENT.match(line)
            if blank and line.strip():
                self._fault("RG005", number, blank.end(), kind={"\t": "tab"}.get(line[blank.end() - 1], "wide"))
                continue
            wide = re.match(r"\s*(?:-\s+)?([A-Za-z_]+)：", line)
            if wide:
                self._fault("RG006", number, wide.end(), key=wide[1])
                continue
            bare = _QUOTED.sub(lambda m: "x" * len(m[0]), line)
            swallowed = _SWALLOWED.search(bare)
            if swallowed:
                self._fault(
                    "RG007",
                    number,
                    swallowed.start() + 2,
                    len(line) - swallowed.start() - 1,
                    rest=line[swallowed.start() + 1 :].strip(),
                )

    def _parse(self, text: str) -> None:
        parser = CParser(text)
        try:
            self._build(parser)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            # libyaml often notices only on a later line; where it began shows the slip.
            if mark and error.context_mark and not _syntax_hint(self.line(mark.line + 1)):
                mark = error.context_mark if _syntax_hint(self.line(error.context_mark.line + 1)) else mark
            line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            problem = " ".join(filter(None, (error.context, error.problem)))
            self.tree = {}
            self._fault("RG010", line, column, problem=problem, hint_for=_syntax_hint(self.line(line)))
        except yaml.YAMLError as error:  # the reader: an encoding fault that decoding let through
            self.tree = {}
            self._fault("RG010", 1, 1, problem=str(error).splitlines()[0], hint_for="")

    def _build(self, parser: Any) -> None:
        get = parser.get_event
        stack: list[tuple[Any, Any, Any]] = []  # (container, its value marks, its start mark)
        container: Any = None
        marks: Any = None
        key: str | None = None
        waiting: list[str | None] = []  # the key that each open container on the stack will be filed under
        nodes = 0
        scalar, seq, mapping = yaml.ScalarEvent, yaml.SequenceStartEvent, yaml.MappingStartEvent
        seq_end, map_end = yaml.SequenceEndEvent, yaml.MappingEndEvent
        documents = 0
        while True:
            event = get()
            kind = type(event)
            if kind is scalar:
                nodes += 1
                if nodes > MAX_NODES:
                    self.tree = {}
                    self._fault("RG014", event.start_mark.line + 1, event.start_mark.column + 1, limit=MAX_NODES)
                    return
                if event.anchor or event.tag:
                    self._stray(event)
                    return
                value: Any = event.value
                if type(container) is list:
                    container.append(value)
                    marks.append((event.start_mark, event.end_mark))
                elif container is None:
                    if documents == 1 and value == "" and event.style is None:
                        return
                    self._fault("RG012", event.start_mark.line + 1, event.start_mark.column + 1)
                    return
                elif key is None:
                    key = value
                    if key in container:
                        first = self._keys[id(container)][key][0]
                        self._fault(
                            "RG011",
                            event.start_mark.line + 1,
                            event.start_mark.column + 1,
                            len(value),
                            key=value,
                            first=first.line + 1,
                        )
                    else:
                        self._keys[id(container)][key] = (event.start_mark, event.end_mark)
                else:
                    container[key] = value
                    marks[key] = (event.start_mark, event.end_mark)
                    key = None
            elif kind is mapping or kind is seq:
                nodes += 1
                if event.anchor or event.tag:
                    self._stray(event)
                    return
                if len(stack) >= MAX_DEPTH or nodes > MAX_NODES:
                    self.tree = {}
                    code = "RG013" if len(stack) >= MAX_DEPTH else "RG014"
                    limit = MAX_DEPTH if code == "RG013" else MAX_NODES
                    self._fault(code, event.start_mark.line + 1, event.start_mark.column + 1, limit=limit)
                    return
                if type(container) is dict and key is None:  # a list or mapping as a key
                    self._fault("RG015", event.start_mark.line + 1, event.start_mark.column + 1)
                    self.tree = {}
                    return
                new: Any = {} if kind is mapping else []
                new_marks: Any = {} if kind is mapping else []
                if container is None:
                    if kind is not mapping:
                        self._fault("RG012", event.start_mark.line + 1, event.start_mark.column + 1)
                        return
                    self.tree = new
                elif type(container) is list:
                    container.append(new)
                    marks.append(None)
                else:
                    container[key] = new
                stack.append((container, marks, event.start_mark))
                waiting.append(key)
                container, marks, key = new, new_marks, None
                self._values[id(new)] = new_marks
                if kind is mapping:
                    self._keys[id(new)] = {}
            elif kind is map_end or kind is seq_end:
                container, marks, start = stack.pop()
                key = waiting.pop()
                if type(container) is list:
                    marks[-1] = (start, event.end_mark)
                elif container is not None:
                    marks[key] = (start, event.end_mark)
                    key = None
            elif kind is yaml.AliasEvent:
                self._stray(event)
                return
            elif kind is yaml.DocumentStartEvent:
                documents += 1
                if documents > 1:
                    self._fault("RG016", event.start_mark.line + 1, 1)
                    return
            elif kind is yaml.StreamEndEvent:
                return

    def _stray(self, event: Any) -> None:
        mark = event.start_mark
        self.tree = {}
        what = "alias" if type(event) is yaml.AliasEvent else "tag" if event.tag else "anchor"
        self._fault("RG017", mark.line + 1, mark.column + 1, kind=what)


def _syntax_hint(line: str) -> str:
    """Which common slip the line of a syntax error shows, if any."""
    for slip, name in (("：", "colon"), ("，", "comma"), ("\u3000", "space"), ("“", "quote"), ("”", "quote")):
        if slip in line:
            return name
    value = line.split(":", 1)[-1].strip().removeprefix("- ").strip()
    if value[:1] in {"*", "&", "@", "`", "%", "!", "|", ">", "{", "["}:
        return "start"
    return "colon-inside" if line.count(":") > 1 else ""
