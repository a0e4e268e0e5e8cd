"""What hit, and what was excused by which step, as text for people."""

from __future__ import annotations

from compiler.diagnostics import Language
from compiler.examples import parse
from compiler.matcher.conversation import Conversation
from compiler.matcher.engine import Engine

_STEPS = {
    "found": ("命中", "found"),
    "platforms": ("不适用：平台不符", "does not apply: platform"),
    "categories": ("不适用：类目不符", "does not apply: category"),
    "dates": ("不适用：不在生效日期内", "does not apply: dates"),
    "given": ("不适用：店铺或页面的事实不符（given）", "does not apply: given"),
    "asked": ("豁免：买家没有问到（asked）", "excused: the buyer did not ask (asked)"),
    "unless_asked": ("豁免：买家说了例外的话（unless_asked）", "excused: the buyer said otherwise (unless_asked)"),
    "unless": ("豁免：回复里有例外的话（unless）", "excused: the reply says otherwise (unless)"),
    "except": ("豁免：属于例外说法（except）", "excused: part of an exception (except)"),
    "near": ("豁免：同一小句里没有必要的词（near）", "excused: nothing required nearby (near)"),
    "not_near": ("豁免：同一小句里有例外的词（not_near）", "excused: an exception nearby (not_near)"),
    "negation": ("豁免：被否定（negation）", "excused: negated"),
    "likely": ("豁免：整句不像违规（likely）", "excused: the whole reply does not sound like a violation (likely)"),
    "likely_topic": ("未报：整句不够像本主题违规（likely_topic）", "not found: too unlikely (likely_topic)"),
    "quoted": ("豁免：是买家先发的（unless_quoted）", "excused: the buyer wrote it first (unless_quoted)"),
}


def explain(engine: Engine, example: str, lang: Language, *, platform: str = "", category: str = "") -> str:
    """The story of one example, `buyer => reply`, step by step."""
    parsed = parse(example)
    english = lang == "en"
    conversation = Conversation(parsed.reply, parsed.turns, platform, category)
    titles = {rule.id: rule for rule in engine.bundle.rules}
    lines: list[str] = []
    hint = next((reply for reply in engine.suggestions(conversation) if reply.id.startswith("trap.")), None)
    if hint:
        lines.append(f"{'trap' if english else '买家陷阱'}  {hint.id}  {hint.title}")
    for trap in engine.traps(conversation):
        said = parsed.turns[trap.turn].text
        lines.append(f"{'asked' if english else '买家问到'}  {trap.rule}  {titles[trap.rule].title}  ← {said}")
    for rule, step, span, by in engine.trace(conversation):
        where = f"「{parsed.reply[span[0] : span[1]]}」" if span else ("whole reply" if english else "整句")
        because = f"  ← 「{parsed.reply[by[0] : by[1]]}」" if isinstance(by, tuple) and len(by) == 2 else ""
        if isinstance(by, int):
            because = f"  ← {by} %"
        level = titles[rule].level
        lines.append(f"{_STEPS[step][english]}  {where}  {rule} [{level}] {titles[rule].title}{because}")
    if not lines:
        lines.append("nothing hit" if english else "没有命中任何规则")
    return "\n".join(lines)
