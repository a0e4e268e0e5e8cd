"""Hostile rule texts, names for screen readers, the keyboard, no layout shift, a small laptop's screen."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from .conftest import BOOK, CASES, command, settled

XSS = [
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    '"><svg onload=alert(1)>',
    "javascript:alert(1)",
    "{{constructor.constructor('alert(1)')()}}",
    "</textarea><iframe srcdoc='<script>alert(1)</script>'>",
]

HOSTILE = {
    **BOOK,
    "hostile.yaml": "topic: hostile\ntitle: '<b onmouseover=alert(1)>题</b>'\nrules:\n"
    + "".join(
        f"  - id: hostile.n{n}\n    title: '{text.replace(chr(39), chr(39) * 2)}'\n    why: '{text.replace(chr(39), chr(39) * 2)}'\n"
        f"    say: ['{text.replace(chr(39), chr(39) * 2)}']\n    find: [毒{n}句]\n    bad: [说了毒{n}句]\n"
        for n, text in enumerate(XSS)
    ),
}


def test_hostile_rule_texts_stay_texts(serve):
    author = serve("--local-author", book=HOSTILE)
    page = author.ready()
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    for n, text in enumerate(XSS):
        page.locator("#outline .rule").nth(2 + n).click()
        page.get_by_role("tab", name="表单").click()
        expect(page.locator("#form [data-field='why']")).to_have_value(text)
        page.get_by_role("textbox", name="客服的回复").fill(f"说了毒{n}句")
        expect(page.locator(".finding-why")).to_have_text(text)
    page.get_by_role("tab", name="问题").click()
    page.get_by_role("button", name="审阅并发布").click()
    expect(page.locator(".history li").first).to_be_visible()
    command(page, "Escape", "Control+k")
    page.keyboard.type("alert")
    expect(page.locator("#search-results [role=option]").first).to_be_visible()
    assert page.locator("#main img, #main script, #main iframe, dialog img, dialog script").count() == 0
    assert author.faults == []


def test_every_control_has_a_name_and_nothing_sticks_out(author):
    page = author.ready()
    for tab in ("表单", "文本", "问题", "影响", "试聊"):
        page.get_by_role("tab", name=tab).click()
        nameless = page.evaluate(
            """() => [...document.querySelectorAll('button, input, select, textarea, [role=textbox], [role=tab]')]
              .filter(e => e.checkVisibility() && !(e.getAttribute('aria-label') || e.textContent.trim() || e.labels?.length))
              .map(e => e.outerHTML.slice(0, 120))"""
        )
        assert nameless == []
        wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, tab


def test_the_page_is_worked_with_the_keyboard_alone(author):
    page = author.ready()
    page.locator("#filter").focus()
    command(page, "Tab", "Tab", "Tab", "ArrowDown", "ArrowDown")
    focused = "() => document.activeElement.textContent"
    assert "不得拒绝信用卡" in page.evaluate(focused)
    command(page, "Enter")
    expect(page.locator("#place")).to_contain_text("contact.card")
    command(page, "Escape", "Tab")
    assert page.evaluate("() => document.activeElement.id") != "editor"
    page.locator("#tab-text").focus()
    command(page, "ArrowRight")
    expect(page.locator("#form")).to_be_visible()
    command(page, "Control+k")
    expect(page.get_by_role("dialog")).to_be_visible()
    command(page, "Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert page.evaluate("() => document.activeElement.id") == "tab-form"


def test_nothing_moves_while_the_page_opens_and_while_one_types(author):
    page = author.open()
    page.add_init_script(
        "window.shift = 0; new PerformanceObserver(list => { for (const e of list.getEntries())"
        " if (!e.hadRecentInput) window.shift += e.value }).observe({type: 'layout-shift', buffered: true})"
    )
    page.reload()
    settled(page)
    assert page.evaluate("() => window.shift") < 0.01


def test_cases_are_served_to_authors_only(serve):
    author = serve("--local-author")
    page = author.ready()
    assert page.evaluate("() => fetch('/v1/cases').then(r => r.text())") == CASES
