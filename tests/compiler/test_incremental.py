"""A builder that has seen earlier states of the folder says and makes the same as a new one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from compiler.build import Builder
from tests.benchmarks import rulebooks

Edit = Callable[[str, Random], str]


def phrase(text: str, random: Random) -> str:
    """A new phrase that occurs in examples of other rules, which must stay quiet."""
    return text.replace("find: [", f"find: [{random.choice(['您好请稍等', '按平台规则', '处理', '不能'])}, ", 1)


EDITS: dict[str, tuple[str, Edit]] = {
    "a title": ("topic-1.yaml", lambda text, random: text.replace("title: 不得", "title: 不得再", 1)),
    "a phrase that alarms elsewhere": ("topic-2.yaml", phrase),
    "an exception": ("topic-0.yaml", lambda text, random: text.replace("except: [", "except: [绝不, ", 1)),
    "a level": ("topic-2.yaml", lambda text, random: text.replace("level: block", "level: warn", 1)),
    "a reply that is not safe": (
        "topic-1.yaml",
        lambda text, random: text.replace("say: [", "say: [按平台规则给您加微信, ", 1),
    ),
    "a group": ("words.yaml", lambda text, random: text.replace("group_3: [", "group_3: [处理, ", 1)),
    "the negation": ("words.yaml", lambda text, random: text.replace("before: [不, ", "before: [", 1)),
    "a filler": ("words.yaml", lambda text, random: text.replace("fillers: [亲", "fillers: [嗯, 亲", 1)),
    "a broken line": ("topic-1.yaml", lambda text, random: text.replace("find: [", "find: [<nothing>, ", 1)),
    "a rule gone": ("topic-0.yaml", lambda text, random: text[: text.rindex("  - id:")]),
    "a line more": ("topic-2.yaml", lambda text, random: "# 说明\n" + text),
    "a draft": ("topic-1.yaml", lambda text, random: text.replace("    why:", "    status: draft\n    why:", 1)),
    "an emoji": ("topic-0.yaml", lambda text, random: text.replace("find: [", "find: [加𠮷🦊, ", 1)),
}


def outcome(builder: Builder) -> tuple[list[str], bytes | None, bytes | None]:
    build = builder.build()
    release = build.release
    return [d.render() for d in build.diagnostics], release and release.bundle, release and release.automaton


@pytest.mark.parametrize("seed", range(3))
def test_edits_one_after_the_other(seed: int, tmp_path: Path) -> None:
    rulebooks.write(tmp_path, 24, 3, seed)
    known = Builder(tmp_path)
    assert outcome(known)[1] is not None
    random = Random(seed)
    names = list(EDITS)
    random.shuffle(names)
    for name in names:
        file, edit = EDITS[name]
        before = (tmp_path / file).read_text(encoding="utf-8")
        after = edit(before, random)
        assert after != before, name
        (tmp_path / file).write_text(after, encoding="utf-8")
        assert outcome(known) == outcome(Builder(tmp_path)), name
        if random.random() < 0.7:
            (tmp_path / file).write_text(before, encoding="utf-8")
            assert outcome(known) == outcome(Builder(tmp_path)), f"{name}, undone"


def test_only_what_a_change_can_affect_is_checked_again(tmp_path: Path) -> None:
    rulebooks.write(tmp_path, 60, 3)
    builder = Builder(tmp_path)
    everything = builder.build().report["examples"]
    assert builder.build().report["examples"] == 0
    file = tmp_path / "topic-1.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("title: 不得", "title: 不得再", 1), encoding="utf-8")
    again = builder.build().report["examples"]
    assert 0 < again < everything / 20


@pytest.mark.parametrize("written", ["加我薇♥信号聊", "加 我 薇 信 号 聊", "加我薇信号聊"])
def test_a_change_is_tried_on_texts_written_around(written: str, tmp_path: Path) -> None:
    rules = "groups: {{wechat: {{any: [{word}], spaced: true}}}}\nrules: [{{id: a, title: t, find: [加我<wechat>], bad: [加我{word}]}}]"
    (tmp_path / "a.yaml").write_text(rules.format(word="绿泡泡"), encoding="utf-8")
    good = f"rules: [{{id: b, title: t, find: [转账], bad: [转账], good: [{written}]}}]"
    (tmp_path / "b.yaml").write_text(good, encoding="utf-8")
    builder = Builder(tmp_path)
    for _ in range(2):  # a first build proves all; what follows leans on it
        (tmp_path / "c.yaml").write_text("rules: [{id: c, title: t, find: [退差价], bad: [退差价]}]", encoding="utf-8")
        assert builder.build().release is not None
    assert builder.build().engine is not None
    (tmp_path / "a.yaml").write_text(rules.format(word="薇信号"), encoding="utf-8")
    assert "RG403" in [d.code for d in builder.build().diagnostics]


def test_the_release_does_not_depend_on_the_order_of_earlier_states(tmp_path: Path) -> None:
    rulebooks.write(tmp_path, 12, 2)
    first = outcome(Builder(tmp_path))
    builder = Builder(tmp_path)
    file = tmp_path / "topic-0.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("find: [", "find: [完全别的说法, ", 1), encoding="utf-8")
    builder.build()
    file.write_text(text, encoding="utf-8")
    assert outcome(builder) == first
