"""Holding a send, and never more than that."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright

from .conftest import FIXTURES, Browser, Server, enrolled
from .test_a11y import heard
from .test_workbenches import describe
from .workbench import eventually


def test_shift_enter_is_a_new_line(browser: Browser) -> None:
    bench = browser.open("pdd")
    bench.type("加微信")
    bench.expect_marks(block=["加微信"])
    bench.page.keyboard.press("Shift+Enter")
    assert bench.text() == "加微信\n"
    assert "已拦下" not in bench.card()


def test_a_value_set_by_script_is_read_at_the_moment_of_sending(browser: Browser) -> None:
    bench = browser.open("pdd")
    bench.type("你好")
    bench.page.evaluate("document.querySelector('[data-composer]').value = '加微信'")
    bench.page.keyboard.press("Enter")
    bench.expect_card("已拦下")
    assert bench.sent() == []


@pytest.mark.parametrize("name", ["pdd", "jd-dongdong", "kuaishou"])
def test_a_text_that_nobody_typed_is_held_at_the_send_control(browser: Browser, name: str) -> None:
    """The page's own quick reply fills the composer, which never had the focus."""
    bench = browser.open(name)
    eventually(lambda: describe(browser, bench), lambda page: page.get("turns", 0) > 0)
    bench.composer.evaluate("(e) => { if ('value' in e) e.value = '加微信'; else e.textContent = '加微信'; }")
    bench.page.click("#send")
    bench.expect_card("已拦下")
    assert bench.sent() == []


@pytest.mark.parametrize("way", ["typed", "filled"])
def test_a_form_submit_is_held(browser: Browser, way: str) -> None:
    bench = browser.open("pdd")
    bench.page.evaluate("""() => {
      const form = document.createElement('form');
      const box = document.querySelector('[data-composer]');
      box.replaceWith(form);
      form.append(box);
      form.addEventListener('submit', (event) => { event.preventDefault(); window.sent.push(box.value); });
    }""")
    if way == "typed":
        bench.type("加微信")
        bench.expect_marks(block=["加微信"])
    else:
        eventually(lambda: describe(browser, bench), lambda page: page.get("turns", 0) > 0)
        bench.composer.evaluate("(box) => { box.value = '加微信'; }")
    bench.page.evaluate("document.forms[0].requestSubmit()")
    bench.expect_card("已拦下")
    assert bench.sent() == []
    bench.page.keyboard.press("Alt+Enter")
    eventually(bench.sent, lambda sent: sent == ["加微信"])


@pytest.mark.parametrize("kind", ["pointerdown", "mousedown", "pointerup", "mouseup", "touchstart", "touchend"])
def test_a_page_that_sends_before_the_click_is_held_too(browser: Browser, kind: str) -> None:
    bench = browser.open("pdd")
    listen = "(kind) => document.querySelector('#send').addEventListener(kind, () => sent.push(kind))"
    bench.page.evaluate(listen, kind)
    bench.type("加微信")
    bench.expect_marks(block=["加微信"])
    if kind.startswith("touch"):
        bench.page.dispatch_event("#send", kind)
    else:
        bench.page.click("#send")
    bench.expect_card("已拦下")
    assert bench.sent() == []
    bench.page.keyboard.press("Alt+Enter")
    # The page's own listener sends at the click.
    passed = ["加微信"] if kind.startswith("touch") else [kind, "加微信"]
    eventually(bench.sent, lambda sent: sent == passed)


ENTER = """(init) => {
  const box = document.querySelector('[data-composer]');
  const key = {key: 'Enter', code: 'Enter', bubbles: true, cancelable: true, composed: true, ...init};
  return ['keydown', 'keyup'].map((kind) => box.dispatchEvent(new KeyboardEvent(kind, key)));
}"""


@pytest.mark.parametrize(
    ("of", "reaches"),
    [({"keyCode": 229}, True), ({"keyCode": 13, "isComposing": True}, True), ({"keyCode": 13}, False)],
    ids=["229", "isComposing", "a-key"],
)
def test_an_enter_of_the_input_method_reaches_the_page(browser: Browser, of: dict[str, object], reaches: bool) -> None:
    """The key that commits: some browsers say 229, some say isComposing; and its keyup comes when neither holds any more."""
    bench = browser.open("pdd")
    bench.type("加微信")
    bench.expect_marks(block=["加微信"])
    assert bench.page.evaluate(ENTER, of) == [reaches, reaches]
    assert bench.sent() == []
    if reaches:
        assert "已拦下" not in bench.card()
        assert bench.page.evaluate("""() => document.querySelector('[data-composer]').dispatchEvent(
          new KeyboardEvent('keyup', {key: 'Enter', code: 'Enter', keyCode: 13, bubbles: true, cancelable: true}))""")


def test_a_page_that_listens_first_still_sees_no_key(browser: Browser) -> None:
    first = (
        "<head><script>window.keys = []; for (const kind of ['keydown', 'keypress', 'keyup'])"
        " window.addEventListener(kind, (e) => e.key === 'Enter' && window.keys.push(kind), true)</script>"
    )
    page = (FIXTURES / "pdd.html").read_text().replace("<head>", first)
    bench = browser.open("pdd")
    bench.page.route("**/index.html", lambda route: route.fulfill(body=page, content_type="text/html; charset=utf-8"))
    bench.page.reload()
    bench.type("加微信")
    bench.expect_marks(block=["加微信"])
    bench.page.keyboard.press("Enter")
    bench.expect_card("已拦下")
    assert bench.page.evaluate("window.keys") == []


def test_a_warning_does_not_hold(browser: Browser) -> None:
    bench = browser.open("pdd")
    bench.type("全网最低价")
    bench.expect_marks(warn=["全网最低价"])
    bench.page.keyboard.press("Enter")
    assert bench.sent() == ["全网最低价"]


@pytest.fixture
def short_lived(playwright_: Playwright, server: Server, built: Path, tmp_path: Path) -> Iterator[Browser]:
    """A browser of its own: its extension is going to be reloaded under it."""
    with enrolled(playwright_, tmp_path / "profile", built, server) as browser:
        yield browser


def test_an_orphaned_script_holds_nothing_and_says_so(short_lived: Browser) -> None:
    bench = short_lived.open("pdd")
    bench.type("加微信")
    bench.expect_marks(block=["加微信"])
    options = short_lived.extension_page("options")
    with options.expect_event("close"):
        short_lived.context.service_workers[0].evaluate("chrome.runtime.reload()")
    bench.page.bring_to_front()
    bench.page.keyboard.press("Enter")
    bench.expect_card("请刷新页面")
    heard(bench, "请刷新页面")
    _, top, _, high = bench.card_box()
    field = bench.composer.bounding_box()
    assert field is not None
    assert top + high <= field["y"], "what is typed is never covered"
    eventually(bench.sent, lambda sent: sent == ["加微信"])
    assert bench.marks() == {}


@pytest.mark.parametrize(
    ("shown", "sends", "breaks_line"),
    [("按 Enter 键发送", "Enter", "Control+Enter"), ("按 Ctrl+Enter 键发送", "Control+Enter", "Enter")],
)
def test_the_key_that_sends_is_the_persons_own_choice(
    browser: Browser, shown: str, sends: str, breaks_line: str
) -> None:
    bench = browser.open("keys")
    bench.page.evaluate("(text) => choose(text)", shown)
    bench.type("加微信")
    bench.expect_marks(block=["加微信"])
    bench.page.keyboard.press(breaks_line)
    assert "已拦下" not in bench.card()
    bench.page.keyboard.press(sends)
    bench.expect_card("已拦下")
    assert bench.sent() == []
    bench.page.keyboard.press("Alt+Enter")
    eventually(bench.sent, lambda sent: len(sent) == 1)


def test_a_quick_phrase_is_judged_by_what_it_sends(browser: Browser) -> None:
    bench = browser.open("keys")
    bench.composer.click()
    bench.page.click("text=马上发")
    assert bench.sent() == ["马上发"]
    box = bench.page.locator("text=转微信").bounding_box()
    assert box is not None
    # By coordinates: the card may open between press and release, and that is fine.
    bench.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    bench.expect_card("已拦下", "不得引导买家用微信联系")
    assert bench.sent() == ["马上发"]
    bench.page.keyboard.press("Alt+Enter")
    eventually(bench.sent, lambda sent: sent == ["马上发", "您加微信说吧"])


def test_switched_off_nothing_is_held(browser: Browser) -> None:
    options = browser.extension_page("options")
    options.uncheck("#hold")
    try:
        bench = browser.open("pdd")
        bench.type("加微信")
        bench.expect_marks(block=["加微信"])
        bench.page.keyboard.press("Enter")
        assert bench.sent() == ["加微信"]
    finally:
        options.check("#hold")


def test_an_override_is_for_that_text_alone(browser: Browser) -> None:
    bench = browser.open("pdd")
    # A send that does not empty the field: what stands there may be changed and tried again.
    bench.page.evaluate(
        "document.querySelector('[data-composer]').addEventListener('keydown', (e) => e.key === 'Enter' && (e.stopImmediatePropagation(), e.preventDefault(), sent.push(e.target.value)), true)"
    )
    bench.type("加微信")
    bench.expect_marks(block=["加微信"])
    bench.page.keyboard.press("Enter")
    bench.expect_card("已拦下")
    bench.page.keyboard.press("Alt+Enter")
    eventually(bench.sent, lambda sent: sent == ["加微信"])
    bench.page.keyboard.type("吧")
    bench.expect_marks(block=["加微信"])
    bench.page.keyboard.press("Enter")
    bench.expect_card("已拦下")
    assert bench.sent() == ["加微信"]
