"""A file read in parts, and again after edits, says what it says when it is read as a whole, and its places are the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from compiler.source import Document
from compiler.yaml_parts import read_parts
from compiler.yaml_tree import read_places

ROOT = Path(__file__).parents[2]
FILES = [*sorted((ROOT / "rules").rglob("*.yaml"))]


def paths(tree: Any, above: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield above
    for step, inside in tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ():
        yield from paths(inside, (*above, step))


def places(document: Document, tree: Any) -> list[object]:
    return [document.place(*path, key=key) for path in paths(tree) for key in (False, True)]


def edited(text: str, random: Random) -> str:
    lines = text.split("\n")
    at = random.randrange(len(lines))
    change = random.choice(["cut", "twice", "moved", "comment", "empty", "text", "deeper"])
    if change == "cut":
        del lines[at]
    elif change == "twice":
        lines.insert(at, lines[random.randrange(len(lines))])
    elif change == "moved":
        lines.insert(random.randrange(len(lines)), lines.pop(at))
    elif change == "text":
        lines[at] = lines[at].replace("，", "、").replace("[", "[新词, ", 1)
    elif change == "deeper":
        lines[at] = random.choice([" ", "  "]) + lines[at]
    else:
        lines.insert(at, {"comment": "  # 说明", "empty": ""}[change])
    return "\n".join(lines)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_edits_one_after_the_other(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    random = Random(path.name)
    good = text = path.read_text(encoding="utf-8")
    before: Document | None = None
    for _ in range(12):
        before = Document("a.yaml", text.encode(), before)
        with monkeypatch.context() as whole:
            whole.setattr("compiler.source.read_parts", lambda *_: None)
            fresh = Document("a.yaml", text.encode())
        assert before.tree == fresh.tree
        assert before.diagnostics == fresh.diagnostics
        assert before.astral == fresh.astral
        assert places(before, fresh.tree) == places(fresh, fresh.tree)
        good = text if before.usable else good
        text = edited(good, random)


def test_the_rulebook_is_written_in_parts() -> None:
    whole = [path.name for path in FILES if read_parts(path.read_text(encoding="utf-8"), None) is None]
    assert whole == ["weixin-shop.yaml"]


def test_only_what_is_new_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "topic: a\nrules:\n  - id: x\n    find: [一]\n  - id: y\ngroups:\n  g: [二]\n"
    first = read_parts(text, None)
    assert first is not None
    read: list[str] = []
    monkeypatch.setattr("compiler.yaml_parts.read_plain", lambda part: read.append(part) or {})
    again = read_parts(text, first)
    assert again is not None
    assert again.tree == first.tree
    assert again.tree["rules"][0] is first.tree["rules"][0]
    assert read == [""]


def test_a_place_is_found_in_its_part_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def places_of(text: str) -> Any:
        read.append(text)
        return read_places(text)

    monkeypatch.setattr("compiler.yaml_parts.read_places", places_of)
    document = Document("a.yaml", "topic: a\nrules:\n  - id: x\n\n  - id: y\n    find: [一, 二]\n".encode())
    assert document.place("rules", 1, "find", 1)[1:] == (6, 15, 1)
    assert document.place("rules", 1, "near")[1:3] == (5, 5)
    assert read == ["above:\n  - id: y\n    find: [一, 二]\n"]
