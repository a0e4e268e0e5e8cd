"""The rulebook as training material: what agents must not say, why, what it costs, and what to say instead.

One Markdown page a topic with an index, and all of it as one HTML page to print. Made from the rules themselves, so that
what is taught and what is checked are the same.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from compiler.entries import ReplyEntry, RuleEntry
from compiler.examples import ExampleError, parse
from compiler.rulebook import Rulebook

MOST: Final = 4
"""Examples shown of each kind: enough to see the pattern."""
LEVELS: Final = {"block": "拦下", "warn": "警告", "remind": "承诺要兑现", "hint": "轻提示"}
PLATFORMS: Final = {
    "tmall": "天猫", "taobao": "淘宝", "jd": "京东", "pdd": "拼多多", "douyin": "抖店", "kuaishou": "快手",
    "xiaohongshu": "小红书", "1688": "1688", "weixin": "微信小店", "any": "平台不明时",
    "law": "法律",
}  # fmt: skip
CATEGORIES: Final = {
    "food": "食品", "cosmetics": "美妆", "health": "保健", "adult": "成人", "apparel": "服饰", "electronics": "数码",
    "baby": "母婴", "alcohol": "酒类", "tobacco": "烟草", "medical": "医疗器械", "supplement": "滋补", "tea": "茶叶", "pet": "宠物",
    "household": "家居", "general": "通用",
}  # fmt: skip


class Said(NamedTuple):
    """A message of an example, in pieces: (text, whether it is what is wrong)."""

    who: str
    pieces: tuple[tuple[str, bool], ...]


class Lesson(NamedTuple):
    """One rule, as a reader needs it."""

    id: str
    title: str
    level: str
    why: str
    scope: str
    """Platforms and categories; "" for all."""
    points: tuple[str, ...]
    source: str
    follow_up: str
    wrong: tuple[tuple[Said, ...], ...]
    right: tuple[tuple[Said, ...], ...]
    instead: tuple[str, ...]
    trial: bool
    """It is being tried out and not shown to agents yet."""


class Answer(NamedTuple):
    """An entry of the knowledge base."""

    title: str
    asked: tuple[str, ...]
    say: tuple[str, ...]


class Topic(NamedTuple):
    name: str
    title: str
    lessons: tuple[Lesson, ...]
    answers: tuple[Answer, ...]


def topics(book: Rulebook) -> list[Topic]:
    """Topics in the order of their files, those without a rule last; retired rules are left out."""
    live = [rule for rule in book.rules if rule.source.status != "retired"]
    names = dict.fromkeys([*(rule.topic for rule in live), *(reply.topic for reply in book.replies)])
    return [
        Topic(
            name,
            book.topics.get(name) or name,
            tuple(_lesson(rule) for rule in live if rule.topic == name),
            tuple(_answer(reply) for reply in book.replies if reply.topic == name),
        )
        for name in names
    ]


def _lesson(rule: RuleEntry) -> Lesson:
    source = rule.source
    scope = [*(PLATFORMS.get(p, p) for p in rule.platforms), *(CATEGORIES.get(c, c) for c in rule.categories)]
    follow = source.follow_up
    return Lesson(
        source.id, source.title, rule.level, source.why,
        "、".join(scope),
        tuple(f"{PLATFORMS.get(name, name)} {_points(said)}" for name, said in rule.penalty.items()),
        rule.cited,
        f"{follow.do}（{follow.within}）" if follow else "",
        # Those first in which the very words are marked.
        tuple(map(_example, sorted(source.bad, key=lambda text: "〔" not in text)[:MOST])),
        tuple(map(_example, source.good[:MOST])),
        tuple(source.say), source.status == "draft",
    )  # fmt: skip


def _points(said: int | str) -> str:
    return f"{said} 分" if isinstance(said, int) or said.isdigit() else said


def _answer(entry: ReplyEntry) -> Answer:
    asked = [ask for ask in entry.source.ask if not re.search(r"[<(|…^$\\?]", ask)]
    return Answer(entry.source.title, tuple(asked[:MOST]), tuple(entry.source.say))


def _example(text: str) -> tuple[Said, ...]:
    try:
        example = parse(text)
    except ExampleError:
        return (Said("客服", ((text, False),)),)
    turns = [Said("买家" if turn.role == "buyer" else "客服", ((turn.text, False),)) for turn in example.turns]
    pieces: list[tuple[str, bool]] = []
    at = 0
    for start, end in example.spans:
        pieces += [(example.reply[at:start], False), (example.reply[start:end], True)]
        at = end
    pieces.append((example.reply[at:], False))
    return (*turns, Said("客服", tuple(piece for piece in pieces if piece[0])))
