"""The JSON Schema for editors: in step with the types, complete, and never stricter than the reader."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
import yaml

from compiler import schema
from compiler.source import Document

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "schema" / "replyguard.schema.json"
RULES = sorted((ROOT / "rules").rglob("*.yaml"))
VALIDATOR = jsonschema.Draft202012Validator(schema.json_schema())


class CoreLoader(yaml.CSafeLoader):
    """YAML as editors read it: the core schema of YAML 1.2 (`on` is a text, 010 is ten)."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012


for tag, pattern, first in (
    ("null", r"(null|Null|NULL|~|)$", "nN~"),
    ("bool", r"(true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("int", r"[-+]?[0-9]+$", "-+0123456789"),
    ("float", r"([-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?)$", "-+.0123456789"),
):
    CoreLoader.add_implicit_resolver(
        f"tag:yaml.org,2002:{tag}", re.compile(pattern), [*first, ""] if tag == "null" else [*first]
    )
CoreLoader.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(loader.construct_scalar(node), 10))


def faults(text: str) -> list[str]:
    return [
        f"{'/'.join(map(str, e.absolute_path))}: {e.message}"
        for e in VALIDATOR.iter_errors(yaml.load(text, CoreLoader))
    ]


def test_the_file_is_in_step_with_the_types() -> None:
    assert json.loads(PAGE.read_bytes()) == schema.json_schema(), "run: replyguard schema"
    jsonschema.Draft202012Validator.check_schema(schema.json_schema())


def test_every_key_is_described() -> None:
    definitions = schema.json_schema()["$defs"]
    missing = [
        f"{kind}.{key}"
        for kind, d in definitions.items()
        for key, v in d["properties"].items()
        if not v.get("description")
    ]
    assert missing == []
    assert [kind for kind, d in definitions.items() if not d.get("description")] == []


def test_descriptions_are_for_rule_authors() -> None:
    texts = re.findall(r'"description": "([^"]*)"', PAGE.read_text(encoding="utf-8"))
    assert len(texts) > 80
    assert [text for text in texts if not re.search("[\u4e00-\u9fff]", text)] == []


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.name)
def test_the_rulebook_validates(path: Path) -> None:
    assert faults(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "text",
    [
        "topic: a\nrules: [{id: a, title: 6, penalty: {tmall: 6, jd: 口头警告}, find: [12315, true, 3.5], turns: 5, bad: [~]}]",
        "rules: [{id: a, title: ~, unless_quoted: 'true', across: TRUE, turns: '5', given: {a: true, b: 6, c: x}}]",
        "rules: [{id: a, title: a, unless_quoted: 1, across: '0', status: on, since: 2026-01-31}]",
        "groups: {a: [b], c: {any: [d], spaced: true, sounds_like: [pinyin]}}\nnegation: {reach: 8}",
        "title: 店\ndisable: [{id: a, reason: b, until: 2026-12-31}]\nset: {a.b: {level: warn}}\nallow: [{text: 1}]",
        "name: a\nchannels: [{id: 1, rollout: 50, facts: {a: 1}}]",
        "name: 1688\nplatform: 1688\nmatch: [https://a.com/*]\ncomposer: {selectors: [a >>> b]}\nenabled: off\nsend: {keys: []}",
        "",
    ],
)
def test_what_the_reader_takes_is_valid(text: str) -> None:
    document = Document("a.yaml", text.encode())
    kind: type = schema.RuleFile
    if "match" in document.tree:
        kind = schema.SiteFile
    elif "name" in document.tree:
        kind = schema.RulebookFile
    elif "disable" in document.tree:
        kind = schema.OverlayFile
    record, wrong = schema.read(document, kind)
    assert document.usable
    assert record is not None, [d.render() for d in wrong]
    assert faults(text or "{}") == []


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("rules: [{id: a, title: b, fnid: [c]}]", "rules/0"),
        ("rules: [{id: a}]", "rules/0"),
        ("rules: [{id: a, title: b, level: blok}]", "rules/0/level"),
        ("rules: [{id: a, title: b, find: c}]", "rules/0/find"),
        ("rules: [{id: a, title: b, turns: 99}]", "rules/0/turns"),
        ("rules: [{id: a, title: b, unless_quoted: 可以}]", "rules/0/unless_quoted"),
        ("name: a\nchannels: [{id: a, rolout: 5}]", "channels/0"),
        ("disable: [{reason: x}]", "disable/0"),
        ("match: [https://a.com/*]\nname: a\nsend: {keys: [return]}", "send/keys/0"),
        ("match: [https://a.com/*]\nmessages: {itme: li}", "messages"),
        ("colour: red", ""),
    ],
)
def test_what_the_reader_refuses_is_marked_there(text: str, where: str) -> None:
    found = faults(text)
    assert len(found) == 1
    assert found[0].startswith(f"{where}: ")


def test_the_command_writes_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from compiler.cli import build_parser

    parser, _ = build_parser()
    arguments = parser.parse_args(["schema", "--out", str(tmp_path / "new" / "a.json")])
    assert arguments.run(arguments) == 0
    assert (tmp_path / "new" / "a.json").read_bytes() == PAGE.read_bytes()
    arguments = parser.parse_args(["schema", "--out", "-"])
    assert arguments.run(arguments) == 0
    assert msgspec.json.decode(capsys.readouterr().out) == schema.json_schema()


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md", "docs/editor.md"])
def test_the_line_for_editors_is_shown_and_names_the_file(page: str) -> None:
    line = re.search(
        r"^# yaml-language-server: \$schema=(\S+)$", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE
    )
    assert line is not None
    assert (ROOT / "rules" / line[1]).resolve() == PAGE
