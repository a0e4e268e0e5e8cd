"""The quiet hint when a buyer's question sets a trap."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from .conftest import Browser
from .test_workbenches import describe
from .workbench import Workbench, eventually

SAFE = "亲亲支持的哦，拍下后付款页选择信用卡就可以的"


def asked(browser: Browser, name: str = "pdd") -> Workbench:
    bench = browser.open(name)
    bench.page.evaluate("buyerSays('能刷信用卡吗')")
    bench.expect_card("买家在问", "能刷信用卡吗", SAFE)
    return bench


@pytest.mark.parametrize("name", ["pdd", "jd-dongdong"])
@pytest.mark.parametrize("way", ["key", "click"])
def test_a_safe_reply_is_put_in_and_can_be_taken_back(browser: Browser, name: str, way: str) -> None:
    bench = asked(browser, name)
    if way == "key":
        bench.composer.click()
        bench.page.keyboard.press("Alt+1")
    else:
        bench.click_card(SAFE)
    eventually(bench.text, lambda text: text == SAFE)
    bench.expect_no_card()
    expect(bench.composer).to_be_focused()
    # Put in, never sent: that is the person's own key.
    assert bench.sent() == []
    bench.page.keyboard.press("Control+z")
    eventually(bench.text, lambda text: text == "")


def test_it_gives_way_to_typing_and_comes_back(browser: Browser) -> None:
    bench = asked(browser)
    bench.type("好")
    bench.expect_no_card()
    bench.page.keyboard.press("Backspace")
    bench.expect_card("买家在问")


def test_it_neither_takes_the_focus_nor_holds_anything(browser: Browser) -> None:
    bench = browser.open("pdd")
    bench.composer.click()
    bench.page.evaluate("buyerSays('能刷信用卡吗')")
    bench.expect_card("买家在问")
    expect(bench.composer).to_be_focused()
    bench.page.keyboard.type("可以的哦")
    bench.page.keyboard.press("Enter")
    assert bench.sent() == ["可以的哦"]


def test_closed_it_stays_closed_until_another_question(browser: Browser) -> None:
    bench = asked(browser)
    bench.composer.click()
    bench.page.keyboard.press("Escape")
    bench.expect_no_card()
    bench.type("嗯")
    bench.page.keyboard.press("Backspace")
    eventually(bench.text, lambda text: text == "")
    bench.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert bench.card() == ""
    bench.page.evaluate("buyerSays('那信用卡分期呢')")
    bench.expect_card("买家在问", "那信用卡分期呢")


def test_answered_it_is_gone(browser: Browser) -> None:
    bench = asked(browser)
    bench.type("可以的哦")
    bench.page.keyboard.press("Enter")
    eventually(bench.sent, lambda sent: len(sent) == 1)
    bench.page.evaluate("buyerSays('好的谢谢')")
    eventually(lambda: describe(browser, bench), lambda page: page.get("turns") == 11)
    bench.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert bench.card() == ""


def test_a_question_before_the_last_message_is_not_lost(browser: Browser) -> None:
    bench = asked(browser)
    bench.page.evaluate("buyerSays('在吗')")
    eventually(lambda: describe(browser, bench), lambda page: page.get("turns") == 10)
    bench.expect_card("买家在问", "能刷信用卡吗")


def test_the_agents_own_words_set_no_trap(browser: Browser) -> None:
    bench = browser.open("pdd")
    bench.type("信用卡可以的")
    bench.page.keyboard.press("Enter")
    eventually(bench.sent, lambda sent: len(sent) == 1)
    bench.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert bench.card() == ""
