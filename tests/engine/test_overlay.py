"""What a channel and its shop's settings make of a rulebook."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from compiler.build import Build, Builder
from compiler.bundle import Bundle, decode
from compiler.matcher.conversation import Conversation
from tests.engine.test_check import load

RULES = """\
topic: contact
title: 联系
rules:
  - {id: a, title: t, level: block, penalty: {tmall: 6}, why: 平台的规定, say: [您好], find: [加微信], bad: [加微信]}
  - {id: b, title: t, find: [加好友], bad: [加好友]}
  - {id: c, title: t, find: [私下交易], bad: [私下交易]}
  - {id: d, title: t, find: [运费到付], given: {cod: true}, bad: [运费到付]}
  - {id: e, title: t, find: [送您六个], given: {gifts: 6}, bad: [送您六个]}
  - {id: f, title: t, find: [可以延年], categories: [food], bad: [可以延年]}
  - {id: g, title: t, find: [去别家买], platforms: [jd], bad: [去别家买]}
"""
RULEBOOK = """\
name: 测试
channels:
  - {id: dev}
  - {id: east, overlay: east, platform: tmall, categories: [tea], facts: {cod: false, gifts: 6}}
"""
SHOP = """\
title: 东区店
set: {a: {level: warn, penalty: {tmall: 2}, why: 本店的说明, say: [在这里说就好]}}
disable:
  - {id: b, reason: 已报备, until: 2000-01-01}
  - {id: c, reason: 已报备, until: 9999-12-31}
facts: {cod: true}
categories: [food]
topic: east
groups: {ours: [东区专线, 东区热线]}
rules: [{id: east.line, title: 不提专线, find: [拨打<ours>], bad: [〔拨打东区热线〕]}]
"""


@pytest.fixture
def built(tmp_path: Path) -> dict[str, Build]:
    (tmp_path / "shops").mkdir()
    for name, text in (("contact.yaml", RULES), ("rulebook.yaml", RULEBOOK), ("shops/east.yaml", SHOP)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    builder = Builder(tmp_path)
    return {channel.id: builder.build(channel.id) for channel in builder.channels()}


def bundle(build: Build) -> Bundle:
    assert build.release is not None, [d.render() for d in build.diagnostics]
    return decode(build.release.bundle)


def test_what_is_set_replaces_what_the_rule_says(built: dict[str, Build]) -> None:
    before, after = ({rule.id: rule for rule in bundle(built[c]).rules}["a"] for c in ("dev", "east"))
    assert (before.level, before.penalty, before.why, before.say) == ("block", {"tmall": 6}, "平台的规定", ("您好",))
    assert (after.level, after.penalty, after.why, after.say) == ("warn", {"tmall": 2}, "本店的说明", ("在这里说就好",))


def test_what_is_switched_off_comes_back_after_its_day_and_the_shops_own_rules_are_its_own(
    built: dict[str, Build],
) -> None:
    assert [rule.id for rule in bundle(built["dev"]).rules] == [*"abcdefg"]
    assert [rule.id for rule in bundle(built["east"]).rules] == [*"abdefg", "east.line"]
    assert [topic.title for topic in bundle(built["east"]).topics] == ["联系", "东区店"]


def test_facts_and_categories_of_channel_and_shop_count(built: dict[str, Build]) -> None:
    east = bundle(built["east"])
    assert (east.platform, east.categories, east.facts) == ("tmall", ("tea", "food"), {"cod": True, "gifts": 6})


@pytest.mark.parametrize(
    ("channel", "category", "expected"),
    [("dev", "", []), ("dev", "food", ["f"]), ("east", "", ["d", "e", "f"]), ("east", "shoes", ["d", "e"])],
)
def test_rules_hold_where_the_shop_says_so(
    built: dict[str, Build], node_engine: Any, channel: str, category: str, expected: list[str]
) -> None:
    """What is given, and categories where the page tells of none; in both engines."""
    build = built[channel]
    assert build.engine is not None
    talk = {"platform": "", "category": category, "facts": {}, "turns": [], "reply": "运费到付，送您六个，可以延年"}
    assert [f.rule for f in build.engine.check(msgspec.convert(talk, Conversation))] == expected
    load(node_engine, channel, build)
    [found] = node_engine.call("checkAll", channel, [talk])
    assert [rule for rule, *_ in found] == expected


def test_a_suggestion_must_be_safe_as_the_answer_to_what_was_asked(tmp_path: Path) -> None:
    """By itself it says nothing; where the buyer asked for a card, it refuses it."""
    rule = (
        "rules: [{id: a, title: t, asked: [信用卡], find: [用不了], say: [这个用不了哦], bad: [信用卡行吗 => 用不了]}]"
    )
    (tmp_path / "a.yaml").write_text(rule, encoding="utf-8")
    assert [d.code for d in Builder(tmp_path).build().diagnostics] == ["RG404"]
