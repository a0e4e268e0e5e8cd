"""The HTML report: complete in itself, right in its numbers, and inert whatever rules and chats say."""

from __future__ import annotations

from html.parser import HTMLParser

import msgspec
import pytest

from compiler import bundle
from compiler.audit_input import Case
from compiler.audit_stats import EXAMPLES, OTHERS, Stats
from compiler.diagnostics import Language
from compiler.folding import bundle_folding
from compiler.matcher.conversation import Finding, Turn
from compiler.report import Report
from compiler.sets_in_file import Sets

EVIL = """<script>alert(1)</script>"><img src=x onerror=alert(1)>'</title></style>]]>&lt;{}"""
VOID = {"meta", "br", "img", "link"}


class Page(HTMLParser):
    """Tags and attributes, and the text; fails on what does not nest."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def made(text: str) -> bundle.Bundle:
    rule = bundle.Rule(id="a.b", topic=0, title=text, level="block", why=text, say=(text,))
    other = msgspec.structs.replace(rule, id="a.c", level="hint", title="另一条")
    atoms = bundle.Atoms(literals=[], spaced=[], entities=[], sets=Sets.of([]))
    return bundle.Bundle(
        format=bundle.FORMAT, name=text, channel=text, folding=bundle_folding([]), atoms=atoms, fillers=-1, allow=-1,
        negations=[], topics=[bundle.Topic("a", text)], rules=[rule, other],
    )  # fmt: skip


def report(stats: Stats, text: str = "规则", lang: Language = "zh", *, texts: bool = True) -> Page:
    return Page(Report(made(text), stats, lang, source=text, texts=texts).html())


@pytest.fixture
def stats() -> Stats:
    stats = Stats()
    for n in range(100):
        case = Case(f"c{n}", f"前{EVIL}后", agent=EVIL if n % 2 else "", time=f"2026-11-{n % 28 + 1:02} {EVIL}")
        case.turns = (Turn("buyer", EVIL),)
        stats.add(case, [Finding("a.b", "block", 1, 5), Finding("a.c", "hint", None, None)] if n < 30 else [])
    return stats


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_hostile_texts_stay_text(stats: Stats, lang: Language) -> None:
    page = report(stats, EVIL, lang)
    names = {tag for tag, _ in page.tags}
    assert names.isdisjoint({"script", "img", "link", "iframe", "object", "form", "base", "a"})
    for _, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on") or name in ("src", "href", "srcdoc")]
    assert any(EVIL in text for text in page.texts)
    policy = next(a["content"] for tag, a in page.tags if tag == "meta" and a.get("http-equiv"))
    assert policy is not None
    assert policy.startswith("default-src 'none'")


def test_numbers(stats: Stats) -> None:
    page = report(stats)
    text = "\n".join(page.texts)
    tiles = dict(reversed(list(zip(page.texts[:-1], page.texts[1:], strict=True))))
    assert (tiles["检查的回复"], tiles["有问题的回复"], tiles["每千条"], tiles["拦下"], tiles["提示"]) == (
        "100",
        "30",
        "300.0",
        "30",
        "30",
    )
    assert "50 条回复，每千条 600.0 处" in text
    assert "2026-11-01：4 条回复，发现 4 处" in text
    assert [heading for heading in ("按规则", "按客服", "按天", "规则和例子") if heading not in text] == []
    assert sum(tag == "li" for tag, _ in page.tags) == 2 * EXAMPLES
    assert sum(tag == "svg" for tag, _ in page.tags) == 3


def test_without_texts_no_message_is_quoted(stats: Stats) -> None:
    assert not any("前" in text or "后" in text for text in report(stats, texts=False).texts)


def test_charts_without_material_are_left_out() -> None:
    stats = Stats()
    stats.add(Case("1", "您好"), [])
    text = "".join(report(stats).texts)
    assert "没有发现问题" in text
    assert "按客服" not in text
    assert "按天" not in text


def test_columns_that_hold_something_else_do_not_fill_the_memory() -> None:
    stats = Stats()
    for n in range(6_000):
        stats.add(Case(str(n), "x", agent=f"{n:05}" * 20), [Finding("a.b", "block", 0, 1)])
    assert len(stats.by_agent) <= 5_001
    assert stats.checked_by_agent[OTHERS] == 1_000
    assert max(map(len, stats.by_agent)) <= 80
    assert stats.checked == sum(stats.checked_by_agent.values()) == 6_000
    bars = [text for text in report(stats).texts if "其余" in text]
    assert bars
