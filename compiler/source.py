"""YAML text → plain values with the place of each, or diagnostics.

YAML is untrusted input: `yaml_tree` reads it with limits, and slips that libyaml would report obscurely are looked for
beforehand. Files written as nearly all are need no libyaml: `yaml_plain` reads them faster, and `yaml_parts` reads of them
no more than what an earlier state did not have, with the same result.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import yaml

from compiler.diagnostics import Diagnostic, Place
from compiler.yaml_parts import Parts, read_parts
from compiler.yaml_plain import read_plain
from compiler.yaml_tree import Placed, Value, read_places, read_tree

MAX_BYTES: Final = 2 * 1024 * 1024
MAX_FAULTS: Final = 200
"""Faults of one file that are kept; the first error always is."""

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
_INDENT = re.compile("^[ \t\u00a0\u3000]*[\t\u00a0\u3000]")
_WIDE_COLON = re.compile(r"\s*(?:-\s+)?([A-Za-z_]+)：")
_SLIPS = (
    ("\t\u00a0\u3000", re.compile("(?m)^ *[\t\u00a0\u3000]")),
    ("：", re.compile(r"(?m)^\s*(?:-\s+)?[A-Za-z_]+：")),
    ("#", re.compile(r"#(?<=\s#)[^\s#!]")),
)
"""What a text has that `_lint` faults, and characters without which it cannot have it; nearly all have none of it."""
_SWALLOWED = re.compile(r"\s#(?=[^\s#!])")
_QUOTED = re.compile(r"""(["']).*?\1""")


class Document:
    """One parsed file.

    `tree` is the top mapping ({} when the file is empty or unreadable); `diagnostics` are its syntax faults. A file with a
    syntax *error* has `usable` false.
    """

    __slots__ = ("_lines", "_parts", "_places", "_text", "astral", "data", "diagnostics", "path", "tree")

    def __init__(self, path: str, data: bytes, before: Document | None = None) -> None:
        """`before` is an earlier state of the file: what both have is not parsed again, and must not be changed."""
        self.path = path
        self.data = data
        self.diagnostics: list[Diagnostic] = []
        self._lines: list[str] | None = None
        self.astral: frozenset[str] = frozenset()
        self.tree: dict[str, Value] = {}
        self._parts: Parts | None = None
        self._places: dict[str | int, Placed] | None = None
        self._text = ""
        text = self._decode(data)
        if text is not None:
            self._text = text
            if len(text.encode("utf-16-le")) > 2 * len(text):
                self.astral = frozenset(_ASTRAL.findall(text))
            self._lint()
            if self.usable:
                self._parse(text, before._parts if before else None)

    @property
    def lines(self) -> list[str]:
        """Made when the first fault asks: most files have none."""
        if self._lines is None:
            self._lines = self._text.splitlines()
        return self._lines

    @property
    def usable(self) -> bool:
        return not any(d.severity == "error" for d in self.diagnostics)

    def place(self, *path: str | int, key: bool = False) -> Place:
        """Where the value (or with `key`, the key) at `path` stands; the nearest known ancestor when it is absent."""
        part = self._parts.place(str(path[0]), path[1]) if self._parts and len(path) > 1 else None
        if part is not None:
            inside, above, known = {path[1]: part[0]}, part[1], 1
        else:
            if self._places is None:
                self._places = read_places(self._text)
            inside, above, known = self._places, 0, 0
        found = None
        for n, step in enumerate(path[known:], known):
            placed = inside.get(step)
            if placed is None:
                break
            found = placed.key if key and n == len(path) - 1 and placed.key else placed.value
            inside = placed.inside
        return self._place(*found, above) if found else Place(self.path, 1, 1, 1)

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

    def _place(self, start: Any, end: Any, above: int) -> Place:
        """Of marks in a text that begins so many lines below the first."""
        line = start.line + above + 1
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
            self._text = text
            self._fault("RG004", line, column, char=f"U+{ord(match[0]):04X}")
            return None
        return text

    def _lint(self) -> None:
        """Faults that libyaml would report obscurely, or not at all."""
        text = self._text
        if not any(slip.search(text) for chars, slip in _SLIPS if any(char in text for char in chars)):
            return
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
            wide = _WIDE_COLON.match(line)
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

    def _parse(self, text: str, before: Parts | None) -> None:
        try:
            self._parts = read_parts(text, before)
            tree = self._parts.tree if self._parts else read_plain(text)
            self.tree = read_tree(text, self._at_mark) if tree is None else tree
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            # libyaml often notices only on a later line; where it began shows the slip.
            if mark and error.context_mark and not _syntax_hint(self.line(mark.line + 1)):
                mark = error.context_mark if _syntax_hint(self.line(error.context_mark.line + 1)) else mark
            line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            problem = " ".join(filter(None, (error.context, error.problem)))
            self._fault("RG010", line, column, problem=problem, hint_for=_syntax_hint(self.line(line)))
        except yaml.YAMLError as error:  # the reader: an encoding fault that decoding let through
            self._fault("RG010", 1, 1, problem=str(error).splitlines()[0], hint_for="")

    def _at_mark(self, code: str, mark: Any, length: int = 1, **detail: Any) -> None:
        if code == "RG011":
            detail["first"] = self.place(*detail["first"], key=True).line
        self._fault(code, mark.line + 1, mark.column + 1, length, **detail)


def _syntax_hint(line: str) -> str:
    """Which common slip the line of a syntax error shows, if any."""
    for slip, name in (("：", "colon"), ("，", "comma"), ("\u3000", "space"), ("“", "quote"), ("”", "quote")):
        if slip in line:
            return name
    value = line.split(":", 1)[-1].strip().removeprefix("- ").strip()
    if value[:1] in {"*", "&", "@", "`", "%", "!", "|", ">", "{", "["}:
        return "start"
    return "colon-inside" if line.count(":") > 1 else ""
