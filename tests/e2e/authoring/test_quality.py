"""Hostile rule texts, names for screen readers, the keyboard, no layout shift, a small laptop's screen."""

from __future__ import annotations

import pytest
from playwright.sync_api import Error, expect

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


CONTRAST = """() => {
  const parse = (colour) => {
    const found = colour.match(/[\\d.]+/g).map(Number);
    return [found[0], found[1], found[2], found[3] ?? 1];
  };
  const over = ([r, g, b, a], ground) => [r * a + ground[0] * (1 - a), g * a + ground[1] * (1 - a), b * a + ground[2] * (1 - a), 1];
  const light = (rgb) => {
    const [r, g, b] = rgb.map((v) => (v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const groundOf = (node) => {
    const stack = [];
    for (let at = node; at; at = at.parentElement ?? at.getRootNode().host) stack.push(parse(getComputedStyle(at).backgroundColor));
    return stack.reverse().reduce((ground, colour) => over(colour, ground), [255, 255, 255, 1]);
  };
  const poor = [];
  const look = (root) => {
    for (const node of root.querySelectorAll("*")) {
      if (node.shadowRoot) look(node.shadowRoot);
      if (!node.checkVisibility?.() || node.closest("[disabled], .visually-hidden, option")) continue;
      if (![...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim())) continue;
      const ground = groundOf(node);
      const [a, b] = [light(over(parse(getComputedStyle(node).color), ground)), light(ground)];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      if (ratio < 4.5) poor.push(`${ratio.toFixed(2)} ${node.className || node.tagName}: ${node.textContent.slice(0, 20)}`);
    }
  };
  look(document);
  return [...new Set(poor)];
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read_in_both_schemes(author, scheme):
    page = author.ready(color_scheme=scheme)
    ground = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, ground[4:-1].split(","))) < 3 * 64) == (scheme == "dark")
    page.get_by_role("textbox", name="客服的回复").fill("可以的，加我微信聊，今天给您发货")
    expect(page.locator(".finding")).to_have_count(2)
    assert page.evaluate(CONTRAST) == []
    for tab in ("表单", "问题", "影响"):
        page.get_by_role("tab", name=tab).click()
        assert page.evaluate(CONTRAST) == [], tab
    page.get_by_role("button", name="审阅并发布").click()
    expect(page.locator(".history li").first).to_be_visible()
    assert page.evaluate(CONTRAST) == []


def test_the_policy_forbids_scripts_from_texts(serve):
    author = serve("--local-author")
    page = author.ready()
    for attack in (
        "() => { document.body.innerHTML = '<b>x</b>' }",
        "() => { const s = document.createElement('script'); s.text = 'window.ran = 1'; document.head.append(s) }",
        "() => { setTimeout('window.ran = 1') }",
        "() => { document.createElement('div').setAttribute('onclick', 'window.ran = 1') }",
    ):
        with pytest.raises(Error, match=r"[Tt]rusted"):
            page.evaluate(attack)
    assert page.evaluate("() => window.ran") is None


def test_a_screen_reader_hears_what_changes(author):
    page = author.ready()
    for place in ("#status", "#toast", ".result", ".turns"):
        live = page.locator(place)
        assert live.get_attribute("role") == "status" or live.get_attribute("aria-live") == "polite", place
    for opener in ("审阅并发布", "＋ 新规则", "文件", "搜索全部规则"):
        page.get_by_role("button", name=opener).first.click()
        dialog = page.get_by_role("dialog")
        heading = dialog.get_by_role("heading").first.inner_text()
        expect(page.get_by_role("dialog", name=heading)).to_be_visible()
        assert page.evaluate("() => document.activeElement.closest('dialog') !== null")
        command(page, "Escape")
        expect(dialog).to_have_count(0)
        assert page.evaluate("() => document.activeElement.textContent").strip().startswith(opener[:2])


def test_cases_are_served_to_authors_only(serve):
    author = serve("--local-author")
    page = author.ready()
    assert page.evaluate("() => fetch('/v1/cases').then(r => r.text())") == CASES
