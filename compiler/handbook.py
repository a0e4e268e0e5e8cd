"""The rulebook as training material: what agents must not say, why, what it costs, and what to say instead.

One Markdown page a topic with an index, and all of it as one HTML page to print. Made from the rules themselves, so that
what is taught and what is checked are the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from compiler.entries import ReplyEntry, RuleEntry
from compiler.examples import ExampleError, parse
from compiler.rulebook import Rulebook

MOST: Final = 4
"""Examples shown of each kind: enough to see the pattern."""
LEVELS: Final = {"block": "拦下", "warn": "警告", "remind": "承诺要兑现", "hint": "轻提示"}
PLATFORMS: Final = {
    "tmall": "天猫", "taobao": "淘宝", "jd": "京东", "pdd": "拼多多", "douyin": "抖店", "kuaishou": "快手",
    "xiaohongshu": "小红书", "1688": "1688", "wechat": "微信小店", "any": "平台不明时",
}  # fmt: skip
CATEGORIES: Final = {
    "food": "食品", "cosmetics": "美妆", "health": "保健", "adult": "成人", "apparel": "服饰", "electronics": "数码",
    "infant": "母婴", "general": "通用",
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


# --- Markdown -------------------------------------------------------------------------------------------------------

_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~$&])")


def escape(text: str) -> str:
    """`text` on one line, as Markdown that reads just so."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def index(name: str, found: Sequence[Topic]) -> str:
    """README.md: the topics and how many rules each has."""
    rules = sum(len(topic.lessons) for topic in found)
    lines = [
        f"# {escape(name or '客服规则手册')}",
        "",
        f"{len(found)} 个专题，{rules} 条规则。由 `replyguard docs` 从规则库生成；要打印，用 [handbook.html](handbook.html)。",
        "",
        "扣分和处罚以平台当时的规则为准，这里写的是每条规则注明的出处。",
        "",
        "| 专题 | 规则 | 话术 |",
        "|---|--:|--:|",
    ]
    lines += [f"| [{escape(t.title)}]({t.name}.md) | {len(t.lessons)} | {len(t.answers)} |" for t in found]
    return "\n".join(lines) + "\n"


def page(topic: Topic) -> str:
    """A topic's page."""
    lines = [f"# {escape(topic.title)}", "", "[全部专题](README.md)", ""]
    for lesson in topic.lessons:
        lines += _markdown(lesson)
    if topic.answers:
        lines += ["## 推荐话术", ""]
    for answer in topic.answers:
        asked = f"（买家：{'、'.join(map(escape, answer.asked))}）" if answer.asked else ""
        lines += [f"**{escape(answer.title)}**{asked}", "", *(f"- {escape(said)}" for said in answer.say), ""]
    return "\n".join(lines).rstrip() + "\n"


def _markdown(lesson: Lesson) -> Iterable[str]:
    yield f"## {escape(lesson.title)}"
    yield ""
    facts = [f"**{LEVELS.get(lesson.level, lesson.level)}**", *map(escape, lesson.points)]
    if lesson.scope:
        facts.append(f"只在：{escape(lesson.scope)}")
    if lesson.trial:
        facts.append("试运行")
    yield " · ".join([*facts, f"`{lesson.id}`"])
    for name, text in (("", lesson.why), ("要跟进：", lesson.follow_up), ("出处：", lesson.source)):
        if text:
            yield ""
            yield name + escape(text)
    for name, examples in (("✗ 不能这样说", lesson.wrong), ("✓ 这样说没问题", lesson.right)):
        if examples:
            yield from ("", f"**{name}**", "")
            yield from (f"- {_line(example)}" for example in examples)
    if lesson.instead:
        yield from ("", "**可以改成**", "")
        yield from (f"- {escape(said)}" for said in lesson.instead)
    yield ""


def _line(example: Sequence[Said]) -> str:
    if len(example) == 1:
        return _marked(example[0])
    return "　".join(f"{said.who}：{_marked(said)}" for said in example)


def _marked(said: Said) -> str:
    return "".join(f" **{escape(text)}** " if wrong else escape(text) for text, wrong in said.pieces).strip()


def write(book: Rulebook, out: Path) -> list[Path]:
    """Write the pages, README.md and handbook.html into `out`; pages of topics that are gone are removed.

    Raises OSError.
    """
    from compiler.handbook_html import document

    found = topics(book)
    texts = {"README.md": index(book.name, found), "handbook.html": document(book.name, found)}
    texts |= {f"{topic.name}.md": page(topic) for topic in found}
    out.mkdir(parents=True, exist_ok=True)
    for old in out.glob("*.md"):
        if old.name not in texts and "[全部专题](README.md)" in old.read_text(encoding="utf-8"):
            old.unlink()
    for name, text in texts.items():
        (out / name).write_text(text, encoding="utf-8")
    return sorted(out / name for name in texts)
