"""`replyguard check` for machines: JSON for editors, JUnit XML for CI, workflow commands for GitHub.

JUnit: a test suite is a rule file; a test case is a rule, or the file itself for what belongs to no rule. An *error* is a
failure; warnings stand in the case's output, so that a CI page lists them without turning red.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as xml

import msgspec

from compiler.diagnostics import Diagnostic, Language
from compiler.rulebook import Reader

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def to_json(diagnostics: Sequence[Diagnostic]) -> str:
    """A JSON list; docs/ci.md shows one item."""
    return msgspec.json.format(msgspec.json.encode([d.to_json() for d in diagnostics])).decode() + "\n"


def to_github(diagnostics: Sequence[Diagnostic], root: Path, lang: Language) -> str:
    """Workflow commands, which GitHub shows beside the lines of a pull request."""
    lines = []
    for d in diagnostics:
        hint = d.hint(lang)
        message = _escaped(d.message(lang) + (f"\n{hint}" if hint else ""))
        file = _escaped(_on_disk(d.path, root)).replace(":", "%3A").replace(",", "%2C")
        lines.append(f"::{d.severity} file={file},line={d.line},col={d.column},title={d.code}::{message}\n")
    return "".join(lines)


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _on_disk(shown: str, root: Path) -> str:
    """The path of a diagnostic, `rules/contact.yaml`, as it is from the working directory."""
    return (root / shown.removeprefix(f"{root.name}/")).as_posix()


def to_junit(diagnostics: Sequence[Diagnostic], root: Path, lang: Language, seconds: float) -> str:
    """JUnit XML of one check, which took `seconds`, of the rulebook at `root`."""
    suites = _cases(root)
    found: dict[tuple[str, str], list[Diagnostic]] = {}
    for d in diagnostics:
        cases = suites.setdefault(d.path, [(0, d.path)])
        name = cases[bisect_right(cases, d.line, key=lambda case: case[0]) - 1][1]
        found.setdefault((d.path, name), []).append(d)
    top = xml.Element("testsuites", name="replyguard", time=f"{seconds:.3f}")
    for path, cases in suites.items():
        suite = xml.SubElement(top, "testsuite", name=_clean(path), errors="0")
        first_lines = {name: line for line, name in reversed(cases)}
        for name in dict.fromkeys(name for _, name in cases):
            case = xml.SubElement(suite, "testcase", classname=_clean(path), name=_clean(name))
            case.set("file", _clean(_on_disk(path, root)))
            case.set("line", str(max(1, first_lines[name])))
            _report(case, found.get((path, name), []), lang)
        _count(suite)
    _count(top)
    xml.indent(top)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{xml.tostring(top, encoding="unicode")}\n'


def _report(case: xml.Element, diagnostics: Sequence[Diagnostic], lang: Language) -> None:
    errors = [d for d in diagnostics if d.severity == "error"]
    warnings = [d for d in diagnostics if d.severity == "warning"]
    if errors:
        failure = xml.SubElement(case, "failure", type=errors[0].code, message=_clean(errors[0].message(lang)))
        failure.text = _clean("\n".join(d.render(lang) for d in errors))
    if warnings:
        xml.SubElement(case, "system-out").text = _clean("\n".join(d.render(lang) for d in warnings))


def _count(suite: xml.Element) -> None:
    suite.set("tests", str(len(list(suite.iter("testcase")))))
    suite.set("failures", str(len(list(suite.iter("failure")))))


def _clean(text: str) -> str:
    """Text without the characters that XML cannot hold."""
    return _NOT_XML.sub("\ufffd", text)


def _cases(root: Path) -> dict[str, list[tuple[int, str]]]:
    """For each file the lines at which a test case begins, with its name, sorted."""
    book = Reader(root).read()
    suites: dict[str, list[tuple[int, str]]] = {}
    for file in book.files.values():
        document = file.document
        keys = [document.place(key, key=True).line for key in document.entries()]
        suites[document.path] = [(line, document.path) for line in (0, *keys)]
    rules = [*book.rules]
    for rule in rules:
        suites[rule.document.path].append((rule.document.place(*rule.at).line, rule.source.id))
    return {path: sorted(cases) for path, cases in suites.items()}
