"""The fast reader answers exactly as libyaml does, or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from compiler.yaml_parts import read_parts
from compiler.yaml_plain import MAX_SIZE, read_plain
from compiler.yaml_tree import MAX_NODES, read_tree
from tests.benchmarks import rulebooks

ROOT = Path(__file__).parents[2]
FILES = sorted(
    {*(ROOT / "rules").rglob("*.yaml"), *(ROOT / "tests").rglob("*.yaml")} - {*ROOT.rglob("node_modules/**")}
)
# What decides in YAML, and beside it the characters that some languages take for white space or line breaks.
SIGNS = [*"\n\n  -:,#[]{}'\"?!&*|>%@`\\<(/.~=", ": ", " #", "- ", "\n  ", "\n- ", "a", "一", "7", "\t", "\r"]
SIGNS += [
    "\u00a0",
    "\u3000",
    "\u0085",
    "\u2028",
    "\ufeff",
    "\u200b",
    "🦊",
    "…",
    "，",
    "---",
    "...",
    "<<",
    "key: ",
    "''",
]


class RefusedError(Exception):
    pass


def refuse(*_: Any, **__: Any) -> None:
    raise RefusedError


def check(text: str) -> bool:
    """Whether the fast reader answered. If it, or the one of parts, did, libyaml finds no fault and reads the same."""
    fast, parts = read_plain(text), read_parts(text, None)
    for read in (fast, parts and parts.tree):
        try:
            assert read is None or read_tree(text, refuse) == read
        except (yaml.YAMLError, RefusedError) as error:
            raise AssertionError(f"{text!r} is refused, but was read as {read}") from error
    return fast is not None


def test_every_file_of_the_project() -> None:
    assert len(FILES) > 40
    for path in FILES:
        try:
            text = path.read_bytes().decode("utf-8-sig")
        except UnicodeDecodeError:
            continue
        check(text)


def test_rulebooks_need_no_libyaml(tmp_path: Path) -> None:
    rulebooks.write(tmp_path, 20, 2)
    slow = [
        path.name
        for path in (*(ROOT / "rules").glob("*.yaml"), *tmp_path.glob("*.yaml"))
        if not check(path.read_text())
    ]
    assert slow == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# only a comment\n",
        "a: b",
        "a:\nb: 12:30\n",
        "a:\n- b\n- c: d\n  e:\n  - f\n  - g\nh: i\n",
        "a:\n  - b: c\n    d:\n        e: f\n  - g\ni: j\n",
        "a: [b, 'it''s', \"c, d\", {e: f, g: [h]}, <url:x.cn>, -<x>, 1#2]\n",
        "# c\n\na: b  # c\n   # c\nd: [ e ,f,  g ]   # c\n",
        'a: \'b\'\nc: "d  e"\nf: b\'s "x" & y * z ! ? | > % @\n',
        "yes: no\nnull: ~\n",
        "a: {}\nb: []\nc: [[], {}]\n",
        "a: b \nc:   \n  - d  \n",
        "a: \u3000b\u00a0\nc: [\u3000, \u00a0d]\n",
    ],
)
def test_read_fast(text: str) -> None:
    assert check(text)


@pytest.mark.parametrize(
    "text",
    [
        "- a\n",
        " a: b\n",
        "a: b\n c\n",
        "a: b\n c: d\n",
        "a:\n  - b\n - c\n",
        "a:\n  b: c\n d: e\n",
        "a:\n  - b\n   c\n",
        "a: b\na: c\n",
        "a: {b: c, b: d}\n",
        "a: &x b\nc: *x\n",
        "a: !t b\n",
        "a: |\n  b\n",
        "a: [b,\n  c]\n",
        "a: [b, , c]\n",
        "a: [b: c]\n",
        "a: [b:]\n",
        "a: {b}\n",
        "a: {b:c}\n",
        "a: b: c\n",
        "a: b:\n",
        'a: "b\\n"\n',
        "a: 'b\n",
        "a: 'b' c\n",
        "a: b\n---\nc: d\n",
        "a: b\n...\n",
        "%YAML 1.1\n---\na: b\n",
        "? a\n: b\n",
        "a:\tb\n",
        "a: b\r\nc: d\r\n",
        "a: b\u2028c: d\n",
        "\ufeffa: b\n",
        "a: \x85\n",
        "a: \ud800\n",
        "a:\n- - b\n",
        "a:\n-\n  b\n",
        "a: [" + "[" * 60_000,
        "a:\n" + "".join(" " * n + "a:\n" for n in range(1, 40)),
        "a" * 2000 + ": b\n",
    ],
)
def test_left_to_libyaml(text: str) -> None:
    assert read_plain(text) is None


def test_a_text_that_is_read_fast_has_not_too_many_nodes() -> None:
    assert MAX_SIZE <= MAX_NODES
    assert read_plain("a: [" + "x, " * MAX_SIZE + "x]") is None


LINES = sorted(
    {line for path in FILES if path.stat().st_size < 5000 for line in path.read_text(errors="ignore").split("\n")}
)
KEYS = st.sampled_from(["a", "b", "find", "规则", "x-1", "a.b", "7", "no"])
TEXTS = st.sampled_from(
    [
        "一",
        "加微信",
        "(帮|给)(您)?",
        "<a>…6<b>",
        "^不$",
        "12:30",
        "a#b",
        "x y",
        "'it''s'",
        '"a, b"',
        "-5",
        "-<q>",
        "",
        "a ",
        "?",
        "a:b",
        "http://x/",
    ]
)
FLOWS = st.recursive(
    TEXTS,
    lambda inner: (
        st.lists(inner, max_size=4).map(lambda items: f"[{', '.join(items)}]")
        | st.lists(st.tuples(KEYS, inner), max_size=3).map(
            lambda items: "{" + ", ".join(f"{k}: {v}" for k, v in items) + "}"
        )
    ),
    max_leaves=6,
)
DASHES = st.sampled_from(["", "", "", "- ", "-  ", "- - "])
HEADS = st.tuples(DASHES, KEYS).map(lambda head: f"{head[0]}{head[1]}:") | st.sampled_from(["-", "#", ""])
BLOCKS = st.lists(
    st.tuples(st.integers(0, 6), HEADS, FLOWS, st.sampled_from(["", "", "", "  # c", " "])), min_size=1, max_size=8
).map(lambda lines: "a:\n" + "".join(f"{' ' * at}{head} {value}{rest}\n" for at, head, value, rest in lines))


@given(BLOCKS)
def test_blocks_in_any_order(text: str) -> None:
    check(text)


@given(st.lists(st.sampled_from(SIGNS), max_size=25).map("".join))
@example("a: b\n# c\n d: e")
def test_any_signs(text: str) -> None:
    check(f"a: {text}")
    check(f"a:\n  - {text}")
    check(f"a: [{text}]")


@given(st.lists(st.sampled_from(LINES), min_size=1, max_size=6), st.data())
def test_real_lines_with_a_slip(lines: list[str], data: st.DataObject) -> None:
    text = "\n".join(["a: b", *lines, ""])
    at = data.draw(st.integers(0, len(text)))
    stop = at + data.draw(st.integers(0, 2))
    check(text)
    check(text[:at] + data.draw(st.sampled_from(SIGNS)) + text[stop:])
