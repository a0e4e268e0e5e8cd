"""The handbook as Markdown: an index and a page a topic."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from compiler.handbook import LEVELS, Lesson, Said, Topic

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
