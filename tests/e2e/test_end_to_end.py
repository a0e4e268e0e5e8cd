"""Issue 2, end to end: from a saved YAML file to a warning as one types, in the real extension."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from .conftest import Browser
from .workbench import eventually

SAFE = "亲亲，有什么问题在这里跟我说就好，我一直都在的哦"
SURFACES = ["pdd", "jd-dongdong"]
"""A textarea and a contenteditable."""


@pytest.mark.parametrize("name", SURFACES)
def test_typing_a_forbidden_phrase_lights_it_and_explains(browser: Browser, name: str) -> None:
    bench = browser.open(name)
    bench.type("可以的，加微信聊")
    bench.expect_marks(block=["加微信"])
    card = bench.expect_card("不得引导买家用微信联系", "平台只承认站内聊天", "测试资料 §1", SAFE)
    assert ("拼多多" in card) is False
    expect(bench.composer).to_be_focused()


@pytest.mark.parametrize("name", SURFACES)
def test_a_suggested_reply_replaces_the_text_and_undo_brings_it_back(browser: Browser, name: str) -> None:
    bench = browser.open(name)
    bench.type("可以的，加微信聊")
    bench.expect_card(SAFE)
    bench.click_card(SAFE)
    eventually(bench.text, lambda text: text == SAFE)
    bench.expect_marks()
    expect(bench.composer).to_be_focused()
    bench.page.keyboard.press("Control+z")
    eventually(bench.text, lambda text: text == "可以的，加微信聊")
    bench.expect_marks(block=["加微信"])


@pytest.mark.parametrize(
    ("name", "way"),
    # 拼多多 sends by Enter only; Ctrl+Enter is a new line there.
    [
        ("pdd", "Enter"),
        ("pdd", "click"),
        ("jd-dongdong", "Enter"),
        ("jd-dongdong", "Control+Enter"),
        ("jd-dongdong", "click"),
    ],
)
def test_a_blocked_reply_is_not_sent(browser: Browser, name: str, way: str) -> None:
    bench = browser.open(name)
    bench.type("加微信")
    bench.expect_marks(block=["加微信"])
    if way == "click":
        bench.page.click("#send")
    else:
        bench.page.keyboard.press(way)
    bench.expect_card("已拦下，没有发出")
    assert bench.sent() == []
    assert bench.text() == "加微信"


@pytest.mark.parametrize("name", SURFACES)
def test_a_clean_reply_goes_out(browser: Browser, name: str) -> None:
    bench = browser.open(name)
    bench.type("在的亲")
    bench.page.keyboard.press("Enter")
    assert bench.sent() == ["在的亲"]


@pytest.mark.parametrize("name", SURFACES)
def test_the_override_key_sends_what_was_held(browser: Browser, name: str) -> None:
    bench = browser.open(name)
    bench.type("加微信")
    bench.expect_marks(block=["加微信"])
    bench.page.keyboard.press("Enter")
    bench.expect_card("已拦下")
    bench.page.keyboard.press("Alt+Enter")
    eventually(bench.sent, lambda sent: sent == ["加微信"])
    bench.type("再加微信")
    bench.expect_marks(block=["加微信"])
    bench.page.keyboard.press("Enter")
    bench.expect_card("已拦下")
    assert bench.sent() == ["加微信"]


@pytest.mark.parametrize("name", SURFACES)
def test_an_ime_composition_is_never_held(browser: Browser, name: str) -> None:
    bench = browser.open(name)
    bench.type("加微信")
    bench.expect_marks(block=["加微信"])
    bench.ime("liao")
    # Enter while composing belongs to the input method: the page sees it, nothing is held, nothing is sent.
    bench.cdp.send(
        "Input.dispatchKeyEvent",
        {"type": "rawKeyDown", "key": "Process", "code": "Enter", "windowsVirtualKeyCode": 229},
    )
    assert "已拦下" not in bench.card()
    bench.ime("liao", commit="聊")
    eventually(bench.text, lambda text: text == "加微信聊")
    bench.cdp.send(
        "Input.dispatchKeyEvent", {"type": "keyUp", "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13}
    )
    assert bench.sent() == []
    assert "已拦下" not in bench.card()
    bench.expect_marks(block=["加微信"])


def test_a_saved_rule_changes_the_warning_in_the_open_page(browser: Browser, rule_file: Path) -> None:
    bench = browser.open("pdd")
    bench.type("加微信")
    bench.expect_card("不得引导买家用微信联系")
    rule_file.write_text(rule_file.read_text().replace("不得引导买家用微信联系", "不要把买家带去微信"))
    bench.expect_card("不要把买家带去微信")
    assert bench.text() == "加微信"


def test_a_broken_rule_file_leaves_the_old_rules_working(browser: Browser, rule_file: Path) -> None:
    bench = browser.open("pdd")
    good = rule_file.read_text()
    rule_file.write_text(good.replace("level: block", "level: blok"))
    state = "fetch('/v1/build').then((answer) => answer.json()).then((build) => build.state)"
    start = browser.context.new_page()
    start.goto(browser.server.url)
    eventually(lambda: start.evaluate(state), lambda now: now == "faulty")
    bench.type("加微信")
    bench.expect_card("不得引导买家用微信联系")
    rule_file.write_text(good)
    eventually(lambda: start.evaluate(state), lambda now: now == "ok")
