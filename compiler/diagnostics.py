"""Diagnostics: a code, a place, a caret, a hint; in Chinese and English, as text and as JSON.

The catalogue is `compiler/messages.py`; every code has its section in docs/diagnostics.md (a test holds that).
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

from compiler.messages import MESSAGES

Language = Literal["zh", "en"]

_SHOWN = 160
"""Characters of a source line that are shown; a longer line is cut around the caret."""


class Place(NamedTuple):
    """Where in a file: line and column count from 1, in characters; `length` characters are underlined."""

    path: str
    line: int
    column: int
    length: int


class Diagnostic(NamedTuple):
    code: str
    severity: Literal["error", "warning"]
    place: Place
    source: str
    """The line of the file, for the caret."""
    detail: dict[str, Any]
    """What the message templates need; also given to editors."""

    @classmethod
    def at(cls, code: str, place: Place, *, source: str = "", **detail: Any) -> Diagnostic:
        return cls(code, MESSAGES[code].severity, place, source, detail)

    @property
    def path(self) -> str:
        return self.place.path

    @property
    def line(self) -> int:
        return self.place.line

    @property
    def column(self) -> int:
        return self.place.column

    def message(self, lang: Language = "zh") -> str:
        text = MESSAGES[self.code].text(lang)
        return text.format_map(_Shown(self.detail, lang))

    def hint(self, lang: Language = "zh") -> str:
        """The hint beside the caret; empty when there is nothing better to say than the message."""
        if best := self.detail.get("best"):
            return f"是不是 {best} ？" if lang == "zh" else f"did you mean {best}?"
        template = MESSAGES[self.code].hint(lang, self.detail)
        return template.format_map(_Shown(self.detail, lang)) if template else ""

    def render(self, lang: Language = "zh") -> str:
        """The text for people: headline, source line, caret under the place with the hint beside it."""
        head = f"{self.path}:{self.line}:{self.column}: {self.severity}[{self.code}] {self.message(lang)}"
        hint = self.hint(lang)
        if not self.source:
            return f"{head}\n  {hint}" if hint else head
        number = f"{self.line} |"
        # Tabs would be drawn as wide as the terminal likes; a space keeps text and caret in step.
        source = self.source.replace("\t", " ")
        cut = max(0, self.column - _SHOWN // 2) if len(source) > _SHOWN else 0
        start = self.column - 1 - cut
        source = source[cut : cut + _SHOWN]
        before, marked = source[:start], source[start : start + self.place.length]
        lead = " " * (len(number) + 1 + width(before))
        caret = "^" * max(1, width(marked))
        return f"{head}\n{number} {source}\n{lead}{caret}{' ' + hint if hint else ''}"

    def to_json(self) -> dict[str, Any]:
        """For editors and the HTTP API: columns count from 1, in characters."""
        return {
            "code": self.code,
            "severity": self.severity,
            "path": self.path,
            "line": self.line,
            "column": self.column,
            "length": self.place.length,
            "message": {"zh": self.message("zh"), "en": self.message("en")},
            "hint": {"zh": self.hint("zh"), "en": self.hint("en")},
            "best": self.detail.get("best", ""),
            "source": self.source[:2000],
        }


class _Shown(dict[str, Any]):
    """Details as a message shows them: lists joined, pairs of (zh, en) chosen, long text cut."""

    def __init__(self, detail: dict[str, Any], lang: Language) -> None:
        super().__init__(detail)
        self._lang = lang

    def __getitem__(self, key: str) -> Any:
        value = super().__getitem__(key)
        if isinstance(value, tuple) and len(value) == 2:
            value = value[self._lang == "en"]
        if isinstance(value, list):
            value = ("、" if self._lang == "zh" else ", ").join(map(str, value))
        if isinstance(value, str) and len(value) > 80:
            value = value[:77] + "…"
        return value


def width(text: str) -> int:
    """Columns that `text` takes in a terminal or a monospaced editor: two for a wide character, none for a mark."""
    columns = 0
    for char in text:
        if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
            continue
        columns += 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1
    return columns


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The known name nearest to `word`, or "" when none is near."""
    names = sorted(set(known))
    folded = {name.lower().replace("-", "_"): name for name in reversed(names)}
    exact = folded.get(word.strip().lower().replace("-", "_"))
    if exact:
        return exact
    near = difflib.get_close_matches(word.lower(), list(folded), n=1, cutoff=0.6)
    return folded[near[0]] if near else ""
