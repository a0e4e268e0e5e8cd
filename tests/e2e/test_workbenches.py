"""Adapters against fixtures of the real pages: every selector finds what it should, and the conversation is read right."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Frame

from .conftest import PAGES, Browser
from .workbench import Workbench, eventually

# Fixture → what is on it. Turns as (role, text), in order.
READ: dict[str, dict[str, Any]] = {
    "jd-dongdong": {"buyer": "jd_4f6a", "turns": 2, "name": "京东咚咚"},
    "pdd": {"buyer": "7720193", "turns": 4, "name": "拼多多商家后台"},
    "feige": {"buyer": "海盐柠檬", "turns": 3, "name": "抖店飞鸽"},
    "wangwang": {"buyer": "tb_柚子茶", "turns": 2, "name": "旺旺网页版", "orders": ["2810440192837465"]},
    "kuaishou": {"buyer": "甜甜圈", "turns": 2, "name": "快手小店"},
    "weixin-shop": {"buyer": "阿南", "turns": 2, "name": "微信小店客服"},
}

# adapter, selector path, expected count on the fixture (of all elements, inactive panes too)
SELECTORS = [
    ("jd-dongdong", '.pell-editor-wrapper > .EditorContent[contenteditable="true"]', 1),
    ("jd-dongdong", ".EditorFoot .SendButtonGroup span.send-button", 1),
    ("jd-dongdong", "#t-chat-scroll", 2),
    ("jd-dongdong", ".message", 4),
    ("jd-dongdong", ".chat-head-title > .chat-head-name", 1),
    ("pdd", "textarea#replyTextarea", 1),
    ("pdd", ".reply-box .send-btn", 1),
    ("pdd", "#msgListContainer ul.msg-list", 1),
    ("pdd", "li.onemsg", 4),
    ("feige", 'textarea[data-qa-id="qa-send-message-textarea"]', 1),
    ("feige", '[data-qa-id="qa-send-message-button"]', 1),
    ("feige", '[data-qa-id="qa-message-warpper"]', 3),
    ("wangwang", '.editBox pre.edit[contenteditable="true"]', 1),
    ("wangwang", "button.send-btn", 1),
    ("wangwang", ".message-item", 2),
    ("kuaishou", "div.ql-editor", 1),
    ("kuaishou", "button.ant-btn.ant-btn-primary", 2),
    ("kuaishou", ".kwaishop-cs-LayoutDefaultWrapper_msgMain", 3),
    ("weixin-shop", ".chat-input textarea.text-area", 1),
    ("weixin-shop", "div.msg div.message-item", 2),
]


def chat(bench: Workbench) -> Frame:
    """The frame the chat lives in."""
    eventually(lambda: [f for f in bench.page.frames if f.query_selector("[data-composer]")], bool)
    return next(f for f in bench.page.frames if f.query_selector("[data-composer]"))


def describe(browser: Browser, bench: Workbench) -> dict[str, Any]:
    """What our script says of the page, asked as the side panel asks."""
    worker = browser.context.service_workers[-1]
    return dict(
        worker.evaluate(
            """async (url) => {
              const [tab] = await chrome.tabs.query({url: url + '*'});
              try { return await chrome.tabs.sendMessage(tab.id, {replyguard: 'page.describe', body: null}) ?? {}; }
              catch { return {}; }
            }""",
            bench.page.url.split("?")[0],
        )
    )


@pytest.mark.parametrize(("name", "selector", "count"), SELECTORS)
def test_selector_table(browser: Browser, name: str, selector: str, count: int) -> None:
    bench = browser.open(name)
    assert chat(bench).locator(selector).count() == count
    adapter = (browser.server.rules / "sites" / f"{name}.yaml").read_text()
    assert selector in adapter, "the table names a selector that the adapter does not use"


@pytest.mark.parametrize("name", READ)
def test_the_conversation_is_read(browser: Browser, name: str) -> None:
    bench = browser.open(name)
    chat(bench)
    want = READ[name]
    state = eventually(lambda: describe(browser, bench), lambda s: s.get("turns") == want["turns"])
    assert state["recognised"] is True, state
    assert state["siteName"] == want["name"]
    assert state["buyer"] == want["buyer"]
    assert state["orders"] == want.get("orders", [])


@pytest.mark.parametrize("name", READ)
def test_a_question_makes_the_answer_a_violation(browser: Browser, name: str) -> None:
    """The rule needs the buyer's words: marks prove that they were read with the right side."""
    bench = browser.open(name)
    frame = chat(bench)
    composer = frame.locator("[data-composer]")
    composer.click()
    bench.page.keyboard.type("用不了的")
    eventually(lambda: describe(browser, bench), lambda s: s.get("turns") == READ[name]["turns"])
    assert describe(browser, bench)["findings"] == []
    frame.evaluate("buyerSays('可以刷信用卡吗')")
    eventually(
        lambda: describe(browser, bench)["findings"],
        lambda found: [f["rule"] for f in found] == ["card.refuse"] and found[0]["text"] == "用不了",
    )


@pytest.mark.parametrize("name", READ)
def test_enter_and_the_send_control_are_held(browser: Browser, name: str) -> None:
    bench = browser.open(name)
    frame = chat(bench)
    frame.locator("[data-composer]").click()
    bench.page.keyboard.type("加微信")
    eventually(lambda: describe(browser, bench).get("findings"), bool)
    bench.page.keyboard.press("Enter")
    assert frame.evaluate("window.sent") == []
    frame.locator("#send").click()
    assert frame.evaluate("window.sent") == []
    bench.expect_card("已拦下")


def test_other_buttons_of_the_same_class_go_through(browser: Browser) -> None:
    bench = browser.open("kuaishou")
    bench.type("加微信")
    bench.expect_card("不得引导买家用微信联系")
    bench.page.click("#other")
    assert bench.page.evaluate("window.events") == ["transfer"]


def test_a_header_that_changes_before_its_messages(browser: Browser) -> None:
    bench = browser.open("jd-dongdong")
    eventually(lambda: describe(browser, bench), lambda s: s.get("turns") == 2)
    bench.page.evaluate("switchBuyer('北方的河', 'jd_90be', '信用卡可以用吗', true)")
    eventually(lambda: describe(browser, bench), lambda s: s["buyer"] == "jd_90be")
    bench.page.evaluate("arrive()")
    bench.expect_card("买家在问", "信用卡可以用吗")
    bench.type("用不了")
    bench.expect_marks(block=["用不了"])


def test_a_list_that_is_made_anew_is_followed(browser: Browser) -> None:
    bench = browser.open("pdd")
    for n in range(5):
        bench.page.evaluate(f"buyerSays('第{n}句')")
    eventually(lambda: describe(browser, bench), lambda s: s.get("turns") == 9)
    bench.page.evaluate("switchBuyer('山***风', '8813377', '能刷信用卡吗')")
    eventually(lambda: describe(browser, bench), lambda s: s.get("turns") == 1 and s["buyer"] == "8813377")
    bench.expect_card("买家在问")


def test_a_changed_page_is_said_to_be_unrecognised_and_still_checked(browser: Browser) -> None:
    bench = browser.open("feige")
    bench.page.evaluate("document.querySelector('[data-composer]').removeAttribute('data-qa-id')")
    bench.page.evaluate("document.querySelector('#send').removeAttribute('data-qa-id')")
    bench.page.evaluate(
        "document.querySelector('[data-composer]').replaceWith(document.querySelector('[data-composer]').cloneNode())"
    )
    bench.type("加微信")
    bench.expect_card("没认全「抖店飞鸽」的页面")
    bench.expect_marks(block=["加微信"])


def test_the_kill_switch_leaves_a_site_alone(browser: Browser) -> None:
    bench = browser.open("weixin-shop")
    bench.type("加微信")
    bench.expect_marks(block=["加微信"])
    site = browser.server.rules / "sites" / "weixin-shop.yaml"
    before = site.read_text()
    try:
        site.write_text(before + "enabled: 'off'\n")
        bench.expect_marks()
        bench.expect_no_card()
        bench.page.keyboard.press("Enter")
        assert bench.sent() == ["加微信"]
    finally:
        site.write_text(before)


def test_another_page_of_a_workbench_host_is_not_looked_at(browser: Browser) -> None:
    bench = browser.open("pdd", "https://mms.pinduoduo.com/goods/edit")
    bench.type("加微信")
    other = browser.open("pdd")
    other.type("加微信")
    other.expect_marks(block=["加微信"])
    assert bench.marks() == {}
    assert bench.card() == ""


def test_every_fixture_has_an_adapter_and_a_row() -> None:
    assert set(READ) == set(PAGES) - {"lab"}
    assert {name for name, _, _ in SELECTORS} == set(READ)
