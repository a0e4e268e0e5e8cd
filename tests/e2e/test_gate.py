"""Holding a send, and never more than that."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright

from .conftest import FIXTURES, Browser, Server, enrol, extension_id, launch
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


def test_a_form_submit_is_held(browser: Browser) -> None:
    bench = browser.open("pdd")
    bench.page.evaluate("""() => {
      const form = document.createElement('form');
      const box = document.querySelector('[data-composer]');
      box.replaceWith(form);
      form.append(box);
      form.addEventListener('submit', (event) => { event.preventDefault(); window.sent.push(box.value); });
    }""")
    bench.type("加微信")
    bench.expect_marks(block=["加微信"])
    bench.page.evaluate("document.forms[0].requestSubmit()")
    bench.expect_card("已拦下")
    assert bench.sent() == []
    bench.page.keyboard.press("Alt+Enter")
    eventually(bench.sent, lambda sent: sent == ["加微信"])


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
    context = launch(playwright_, tmp_path / "profile", built)
    browser = Browser(context, extension_id(context), server)
    enrol(context, browser.id, server)
    yield browser
    context.close()


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
    eventually(bench.sent, lambda sent: sent == ["加微信"])
    assert bench.marks() == {}
