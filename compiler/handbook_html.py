"""The handbook as one HTML page: complete in itself, no scripts, made to be read on a screen and printed on A4."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from compiler.handbook import LEVELS, Answer, Lesson, Said, Topic

_STYLE: Final = """
:root { color-scheme: light dark; --ink: #1d2026; --soft: #5f6672; --line: #dfe3e8; --ground: #fff; --quiet: #f5f6f8;
  --bad: #b3122a; --bad-ground: #fdeef0; --good: #0a6b3d; --good-ground: #eaf6ef; --accent: #1d4fd7; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8ec; --soft: #9fa6b2; --line: #31363e; --ground: #15181c;
  --quiet: #1e2227; --bad: #ff8a93; --bad-ground: #3a1b21; --good: #63d3a0; --good-ground: #15301f; --accent: #93b4ff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 860px; padding: 40px 28px 80px; background: var(--ground); color: var(--ink);
  font: 15px/1.75 -apple-system, "Segoe UI", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; }
h1 { font-size: 28px; margin: 0 0 4px; } h2 { font-size: 22px; margin: 56px 0 8px; padding-top: 14px; border-top: 3px solid var(--ink); }
h3 { font-size: 17px; margin: 30px 0 6px; } p { margin: 4px 0; } .soft, small { color: var(--soft); font-size: 13px; }
nav ol { columns: 2; column-gap: 32px; padding-left: 22px; } nav a { color: inherit; text-decoration: none; } nav a:hover { text-decoration: underline; }
.facts { display: flex; flex-wrap: wrap; gap: 4px 10px; align-items: baseline; }
.level { font-size: 13px; font-weight: 600; padding: 0 9px; border-radius: 5px; background: var(--quiet); }
.level.block { background: var(--bad-ground); color: var(--bad); } .level.remind { color: var(--accent); }
code { font: 12px/1.6 ui-monospace, Menlo, Consolas, monospace; color: var(--soft); }
.sides { display: grid; grid-template-columns: 1fr 1fr; gap: 12px; margin-top: 10px; }
.side { border-radius: 9px; padding: 9px 14px; background: var(--bad-ground); } .side.good { background: var(--good-ground); }
.side h4 { margin: 0 0 4px; font-size: 13px; color: var(--bad); } .side.good h4 { color: var(--good); }
ul { margin: 0; padding-left: 18px; } li { margin: 3px 0; overflow-wrap: anywhere; } li .buyer { color: var(--soft); display: block; }
mark { background: none; color: var(--bad); font-weight: 700; text-decoration: underline wavy 1px; text-underline-offset: 4px; }
.instead { margin-top: 10px; padding: 9px 14px; border-left: 4px solid var(--good); background: var(--quiet); border-radius: 0 9px 9px 0; }
.instead h4, .answer h4 { margin: 0; font-size: 14px; } .answer { margin: 12px 0; break-inside: avoid; }
@media (max-width: 640px) { .sides { grid-template-columns: 1fr; } nav ol { columns: 1; } }
@page { size: A4; margin: 16mm 15mm; }
@media print { :root { color-scheme: light; } body { max-width: none; padding: 0; font-size: 10.5pt; }
  h2 { break-before: page; margin-top: 0; border-top: 0; } h3, .facts { break-after: avoid; } article { break-inside: avoid; }
  .side, .instead, .level { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
"""


def document(name: str, topics: Sequence[Topic]) -> str:
    """All topics as one page, with a table of contents."""
    title = name or "客服规则手册"
    rules = sum(len(topic.lessons) for topic in topics)
    links = "".join(
        f'<li><a href="#{escape(t.name)}">{escape(t.title)}</a> <small>{len(t.lessons)}</small></li>' for t in topics
    )
    return (
        '<!doctype html>\n<html lang="zh-CN">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f'<h1>{escape(title)}</h1>\n<p class="soft">{len(topics)} 个专题，{rules} 条规则。'
        "扣分和处罚以平台当时的规则为准，这里写的是每条规则注明的出处。</p>\n"
        f'<nav aria-label="专题"><ol>{links}</ol></nav>\n' + "".join(map(_topic, topics)) + "</body>\n</html>\n"
    )


def _topic(topic: Topic) -> str:
    answers = f"<h3>推荐话术</h3>\n{''.join(map(_answer, topic.answers))}" if topic.answers else ""
    lessons = "".join(map(_lesson, topic.lessons))
    return f'<section id="{escape(topic.name)}">\n<h2>{escape(topic.title)}</h2>\n{lessons}{answers}</section>\n'


def _lesson(lesson: Lesson) -> str:
    facts = [f'<span class="level {escape(lesson.level)}">{escape(LEVELS.get(lesson.level, lesson.level))}</span>']
    facts += [f"<span>{escape(said)}</span>" for said in lesson.points]
    if lesson.scope:
        facts.append(f"<span>只在：{escape(lesson.scope)}</span>")
    if lesson.trial:
        facts.append("<span>试运行</span>")
    facts.append(f"<code>{escape(lesson.id)}</code>")
    told = [
        f"<p>{escape(lesson.why)}</p>" if lesson.why else "",
        f"<p>要跟进：{escape(lesson.follow_up)}</p>" if lesson.follow_up else "",
        f'<p class="soft">出处：{escape(lesson.source)}</p>' if lesson.source else "",
    ]
    sides = [
        _side("✗ 不能这样说", "bad", lesson.wrong) if lesson.wrong else "",
        _side("✓ 这样说没问题", "good", lesson.right) if lesson.right else "",
    ]
    return (
        f'<article>\n<h3>{escape(lesson.title)}</h3>\n<p class="facts">{"".join(facts)}</p>\n{"".join(told)}\n'
        f'<div class="sides">{"".join(sides)}</div>\n{_instead(lesson.instead)}</article>\n'
    )


def _instead(said: Sequence[str]) -> str:
    if not said:
        return ""
    return (
        f'<div class="instead"><h4>可以改成</h4><ul>{"".join(f"<li>{escape(one)}</li>" for one in said)}</ul></div>\n'
    )


def _side(title: str, kind: str, examples: Sequence[Sequence[Said]]) -> str:
    rows = "".join(f"<li>{_example(example)}</li>" for example in examples)
    return f'<div class="side {kind}"><h4>{title}</h4><ul>{rows}</ul></div>'


def _example(example: Sequence[Said]) -> str:
    *before, last = example
    turns = "".join(f'<span class="buyer">{said.who}：{_marked(said)}</span>' for said in before)
    return turns + ("客服：" if before else "") + _marked(last)


def _marked(said: Said) -> str:
    return "".join(f"<mark>{escape(text)}</mark>" if wrong else escape(text) for text, wrong in said.pieces)


def _answer(answer: Answer) -> str:
    asked = f" <small>买家：{escape('、'.join(answer.asked))}</small>" if answer.asked else ""
    said = "".join(f"<li>{escape(one)}</li>" for one in answer.say)
    return f'<div class="answer"><h4>{escape(answer.title)}{asked}</h4><ul>{said}</ul></div>\n'
