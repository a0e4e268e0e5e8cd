"""Selectors of workbench adapters: what a browser would refuse, or could never find, is said where it is written.

The page's script drops a selector that its browser refuses, so a typo would silently stop a workbench from being read.
Only the grammar is checked; whether something is found shows on the page. `>>>` goes into the shadow root of what stands
before it, and each part is a selector of its own.
"""

from __future__ import annotations

import re

INTO = ">>>"
Problem = tuple[str, str]
"""What is wrong, in Chinese and in English."""

_ESCAPE = r"\\(?:[0-9A-Fa-f]{1,6}\s?|[^\n0-9A-Fa-f])"
_IDENT = rf"(?:--|-?(?:[A-Za-z_\u0080-\U0010ffff]|{_ESCAPE}))(?:[-\w\u0080-\U0010ffff]|{_ESCAPE})*"
_STRING = r""""(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'"""
_NAME = re.compile(rf"[#.]{_IDENT}|#[-\w]+")
_TAG = re.compile(rf"\*|{_IDENT}")
_ATTRIBUTE = re.compile(rf"\[\s*{_IDENT}\s*(?:[~|^$*]?=\s*(?:{_IDENT}|{_STRING})\s*(?:[isIS]\s*)?)?\]")
_PSEUDO = re.compile(rf":({_IDENT})(\(?)")
_COMBINATOR = re.compile(r"\s*[>+~]\s*|\s+")
_OF_SELECTORS = frozenset(["is", "not", "where", "has"])
_OF_TEXT = frozenset(["nth-child", "nth-last-child", "nth-of-type", "nth-last-of-type", "lang", "dir"])
_ALONE = frozenset(
    [
        "active",
        "any-link",
        "autofill",
        "checked",
        "default",
        "defined",
        "disabled",
        "empty",
        "enabled",
        "first-child",
        "first-of-type",
        "focus",
        "focus-visible",
        "focus-within",
        "fullscreen",
        "hover",
        "in-range",
        "indeterminate",
        "invalid",
        "last-child",
        "last-of-type",
        "link",
        "modal",
        "only-child",
        "only-of-type",
        "open",
        "optional",
        "out-of-range",
        "placeholder-shown",
        "popover-open",
        "read-only",
        "read-write",
        "required",
        "root",
        "scope",
        "target",
        "valid",
        "visited",
    ]
)


class _Wrong(Exception):
    pass


def fault(selector: str) -> Problem | None:
    """What is wrong with it; None when a browser takes it."""
    for part in selector.split(INTO):
        if not part.strip():
            return (f"{INTO} 前后都要有选择器", f"a selector is needed on both sides of '{INTO}'")
        try:
            _Parser(part.strip()).whole()
        except _Wrong as wrong:
            rest = wrong.args[0]
            if not rest:
                return ("到末尾还没写完", "it ends too early")
            return (f"浏览器不认识「{rest}」", f"no browser understands '{rest}'")
    return None


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def whole(self) -> None:
        self.list()
        if self.at < len(self.text):
            raise self.wrong()

    def list(self, relative: bool = False) -> None:
        while True:
            self.spaces()
            if relative and self.text[self.at : self.at + 1] in tuple(">+~"):
                self.take(_COMBINATOR)
            self.complex()
            self.spaces()
            if not self.text.startswith(",", self.at):
                return
            self.at += 1

    def complex(self) -> None:
        self.compound()
        while True:
            start = self.at
            if not (found := self.take(_COMBINATOR)):
                return
            if not found.strip() and self.text[self.at : self.at + 1] in ("", ",", ")"):
                self.at = start
                return
            self.compound()

    def compound(self) -> None:
        start = self.at
        self.take(_TAG)
        while self.take(_NAME) or self.take(_ATTRIBUTE) or self.pseudo():
            pass
        if self.at == start:
            raise self.wrong()

    def pseudo(self) -> bool:
        found = _PSEUDO.match(self.text, self.at)
        if not found:
            return False
        name, opened = found[1].lower(), found[2]
        if (not opened and name not in _ALONE) or (opened and name not in _OF_SELECTORS | _OF_TEXT):
            raise self.wrong()
        self.at = found.end()
        if opened:
            if name in _OF_SELECTORS:
                self.list(relative=name == "has")
            else:
                self.take(re.compile(r"[^()]+"))
            if not self.text.startswith(")", self.at):
                raise self.wrong()
            self.at += 1
        return True

    def spaces(self) -> None:
        self.take(re.compile(r"\s*"))

    def take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.at)
        if found:
            self.at = found.end()
        return found[0] if found else ""

    def wrong(self) -> _Wrong:
        return _Wrong(self.text[self.at : self.at + 20])
