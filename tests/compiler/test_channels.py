"""What a channel and its shop sell and state decides which rules speak there, though no page tells it of a chat."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler.build import Builder
from compiler.matcher.conversation import Conversation

RULES = """
topic: a
title: 甲
rules:
  - {id: a.adult, title: t, level: block, categories: [adult, tobacco], find: [没关系], bad: [〔没关系〕], good: [好]}
  - {id: a.all, title: t, level: block, find: [加微信], bad: [〔加微信〕], good: [好]}
  - {id: a.most, title: t, level: block, categories: [general, food], find: [随便], bad: [〔随便〕], good: [好]}
"""
BOOK = "name: a\nchannels: [{id: plain}, {id: adult, categories: [adult]}, {id: food, categories: [food]}, {id: shop, overlay: s}]\n"


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    (tmp_path / "shops").mkdir()
    (tmp_path / "a.yaml").write_text(RULES, "utf-8")
    (tmp_path / "rulebook.yaml").write_text(BOOK, "utf-8")
    (tmp_path / "shops" / "s.yaml").write_text("title: 店\ncategories: [tobacco, drinks]\n", "utf-8")
    return tmp_path


def found(builder: Builder, channel: str, category: str = "") -> list[str]:
    build = builder.build(channel)
    assert build.engine is not None
    assert build.release is not None, build.diagnostics
    return [finding.rule for finding in build.engine.check(Conversation("没关系，加微信，随便", category=category))]


def test_the_channels_and_the_shops_categories_count(rules: Path) -> None:
    builder = Builder(rules)
    assert found(builder, "plain") == ["a.all", "a.most"]
    assert found(builder, "plain", "adult") == ["a.adult", "a.all"]
    assert found(builder, "adult") == ["a.adult", "a.all"]
    assert found(builder, "food") == ["a.all", "a.most"]
    assert found(builder, "shop") == ["a.adult", "a.all"]


def test_a_channel_that_begins_to_sell_in_a_category(rules: Path) -> None:
    builder = Builder(rules)
    assert found(builder, "food") == ["a.all", "a.most"]
    book = rules / "rulebook.yaml"
    book.write_text(BOOK.replace("[food]", "[food, tobacco]"), "utf-8")
    assert found(builder, "food") == ["a.adult", "a.all", "a.most"]
    book.write_text(BOOK, "utf-8")
    assert found(builder, "food") == ["a.all", "a.most"]


def test_the_channels_and_the_shops_facts_are_what_given_asks_for(tmp_path: Path) -> None:
    """`false` in a channel is the `false` of a rule, and a shop's word counts before its channel's."""
    (tmp_path / "shops").mkdir()
    (tmp_path / "a.yaml").write_text(
        "topic: a\nrules:\n"
        "  - {id: a.fee, title: t, level: warn, given: {page_allows_fee: false}, find: [补差价], bad: [〔补差价〕], good: [好]}\n"
        "  - {id: a.six, title: t, level: warn, given: {stars: 6}, find: [补差价], bad: [〔补差价〕], good: [好]}\n",
        "utf-8",
    )
    (tmp_path / "rulebook.yaml").write_text(
        "name: a\nchannels:\n"
        "  - {id: unsaid}\n"
        "  - {id: no, facts: {page_allows_fee: false, stars: 6}}\n"
        "  - {id: shop, overlay: s, facts: {page_allows_fee: false}}\n",
        "utf-8",
    )
    (tmp_path / "shops" / "s.yaml").write_text("title: 店\nfacts: {page_allows_fee: true}\n", "utf-8")
    builder = Builder(tmp_path)

    def rules(channel: str) -> list[str]:
        engine = builder.build(channel).engine
        assert engine is not None
        return [finding.rule for finding in engine.check(Conversation("要补差价"))]

    assert {channel: rules(channel) for channel in ("unsaid", "no", "shop")} == {
        "unsaid": [], "no": ["a.fee", "a.six"], "shop": [],
    }  # fmt: skip
