"""Adapters against fixtures of the real pages: every selector finds what it should, and the conversation is read right."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from playwright.sync_api import Frame

from .conftest import PAGES, ROOT, Browser
from .workbench import Workbench, eventually

# Fixture → what is on it. Turns as (role, text), in order.
READ: dict[str, dict[str, Any]] = {
    "jd-dongdong": {"buyer": "jd_4f6a", "turns": 3, "name": "京东咚咚"},
    "pdd": {"buyer": "7720193", "turns": 8, "name": "拼多多商家后台"},
    "feige": {"buyer": "海盐柠檬", "turns": 8, "name": "抖店飞鸽"},
    "wangwang": {"buyer": "tb_柚子茶", "turns": 4, "name": "旺旺网页版", "orders": ["2810440192837465"]},
    "wangwang-1688": {"buyer": "tb_柚子茶", "turns": 4, "name": "1688 旺旺网页版", "orders": ["2810440192837465"]},
    "kuaishou": {"buyer": "甜甜圈", "turns": 2, "name": "快手小店"},
    "weixin-shop": {"buyer": "阿南", "turns": 3, "name": "微信小店客服"},
}

# Adapter → selector → how many elements the fixture has of it, inactive panes too. Every selector of every adapter is here.
SELECTORS: dict[str, dict[str, int]] = {
    "jd-dongdong": {
        '.pell-editor-wrapper > .EditorContent[contenteditable="true"]': 1,
        '.EditorContent[contenteditable="true"]': 1,
        ".EditorFoot .SendButtonGroup span.send-button": 1,
        ".SendButtonGroup .send-button": 1,
        "#t-chat-scroll": 2,
        ".message": 6,
        ".message_left": 3,
        ".message_right": 1,
        ".message_center": 1,
        ".message__system": 1,
        ".message__system_wrap": 1,
        "pre.message__text > span.message__content": 3,
        ".CardWrapper.ProductCard": 1,
        ".CardWrapper.ProductCard .CardTitle": 1,
        ".alluser-item_check .alluser-item-name": 1,
        # Of other versions of the page: test_the_buyer_of_the_other_list.
        ".t-item-ck .alluser-item-name": 0,
        ".chat-head-title > .chat-head-name": 1,
    },
    "pdd": {
        "textarea#replyTextarea": 1,
        ".reply-box .send-btn": 1,
        "div.send-btn": 1,
        "#msgListContainer ul.msg-list": 1,
        "li.onemsg": 8,
        ".buyer-item": 2,
        ".cs-item": 4,
        ".robot-text": 1,
        ".callback": 1,
        ".msg-system": 1,
        '[class^="system-msg"]': 1,
        ".good-card": 1,
        ".commonCard": 1,
        ".msg-content-box": 8,
        ".chat-item-box.active[currentuid]": 1,
        "[currentuid]": 2,
        ".chatWindowHeader .base-info .name": 1,
    },
    "feige": {
        'textarea[data-qa-id="qa-send-message-textarea"]': 1,
        # What the page had before June 2026; kept for those who still have it.
        "#im-input-box": 0,
        '[data-qa-id="qa-send-message-button"]': 1,
        "#workspace-chat": 1,
        '[data-qa-id="qa-message-warpper"]': 8,
        ".messageNotMe": 7,
        ".messageIsMe": 1,
        '[data-id*="_Welcome_"]': 1,
        '[data-id*="_CsAssign_"]': 1,
        '[data-id^="cs_close_conversation"]': 1,
        '[data-id^="llm_process_"]': 1,
        ".chatd-card": 1,
        '[data-id$="_template"]': 1,
        "pre span": 8,
        "#topbar-left-info span": 1,
    },
    "wangwang": (
        WANGWANG := {
            '.editBox pre.edit[contenteditable="true"]': 1,
            "button.send-btn": 1,
            ".ww_message": 1,
            ".message-item": 4,
            ".message-item.self": 1,
            ".message-item:not(.self)": 3,
            ".im-template-msg": 1,
            ".dx-msg-wrap": 1,
            "[data-tpl-id]": 1,
            ".content pre.edit": 3,
            ".file-msg .file-name": 1,
            ".ww_header .name": 1,
            ".ww_tab .order-id": 1,
        }
    ),
    "wangwang-1688": WANGWANG,
    "kuaishou": {
        "div.ql-editor": 1,
        "button.ant-btn.ant-btn-primary": 2,
        ".kwaishop-cs-LayoutDefaultWrapper_msgMain": 3,
        ".kwaishop-cs-LayoutDefaultWrapper_beforeMsgBody": 2,
        ".kwaishop-cs-LayoutMiddleWrapper_msgBody": 1,
        ".kwaishop-cs-LayoutDefaultWrapper_msgBody": 2,
        ".SessionBaseCard-active .SessionBaseCard-topHeadName": 1,
        ".SessionBaseCard .SessionBaseCard-topHeadName": 2,
    },
    "weixin-shop": {
        ".chat-input textarea.text-area": 1,
        "div.msg div.message-item": 3,
        ".justify-end": 1,
        "a.order-msg-block": 1,
        ".text-msg": 3,
        ".chat-title .left .chat-customer-name": 1,
    },
}
# Of a message itself, not of the page.
OF_A_MESSAGE = {":not(.justify-end)"}
TEXTS = {"id", "name", "platform", "match", "enabled", "keys", "attribute"}


def selectors_of(adapter: Any) -> set[str]:
    """Every selector that an adapter holds."""
    if isinstance(adapter, str):
        return {adapter}
    if isinstance(adapter, list):
        return {selector for item in adapter for selector in selectors_of(item)}
    found: set[str] = set()
    for key, value in adapter.items():
        # `send.text` is words; `messages.text`, `buyer.name`, `buyer.id` and `order.id` are selectors.
        if isinstance(value, dict) or key not in TEXTS or (key in ("id", "name") and isinstance(value, list)):
            found |= set() if key == "text" and value == "发送" else selectors_of(value)
    return found


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


@pytest.mark.parametrize("name", SELECTORS)
def test_selector_table(browser: Browser, name: str) -> None:
    adapter = yaml.safe_load((browser.server.rules / "sites" / f"{name}.yaml").read_text())
    assert selectors_of(adapter) - OF_A_MESSAGE == SELECTORS[name].keys()
    frame = chat(browser.open(name))
    assert {selector: frame.locator(selector).count() for selector in SELECTORS[name]} == SELECTORS[name]


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


@pytest.mark.parametrize(
    ("name", "who"),
    [
        *[(name, "system") for name in ("jd-dongdong", "pdd", "feige", "kuaishou")],
        ("pdd", "robot"),
        # The title of a product is on its card, and nobody has said it.
        *[(name, "card") for name in ("jd-dongdong", "pdd", "feige", "wangwang", "wangwang-1688", "weixin-shop")],
    ],
)
def test_what_the_platform_a_robot_or_a_card_says_is_not_the_buyers_word(browser: Browser, name: str, who: str) -> None:
    bench = browser.open(name)
    frame = chat(bench)
    frame.locator("[data-composer]").click()
    bench.page.keyboard.type("用不了的")
    eventually(lambda: describe(browser, bench), lambda s: s.get("turns") == READ[name]["turns"])
    frame.evaluate(f"{who}Says('可以刷信用卡吗')")
    # 快手's notices name no sender: they are no turn at all.
    turns = READ[name]["turns"] + (name != "kuaishou")
    frame.evaluate("buyerSays('在吗')")
    seen = eventually(lambda: describe(browser, bench), lambda s: s["turns"] == turns + 1)
    assert seen["findings"] == []
    frame.evaluate("buyerSays('可以刷信用卡吗')")
    eventually(lambda: describe(browser, bench)["findings"], bool)


def test_sides_are_told_by_the_layout_where_no_name_is_left(browser: Browser) -> None:
    bench = browser.open("feige")
    bench.type("用不了的")
    eventually(lambda: describe(browser, bench), lambda s: s.get("turns") == READ["feige"]["turns"])
    bench.page.evaluate("redesign()")
    eventually(lambda: describe(browser, bench), lambda s: s["turns"] == 2)
    bench.page.evaluate("agentSays('可以刷信用卡吗')")
    seen = eventually(lambda: describe(browser, bench), lambda s: s["turns"] == 3)
    assert seen["findings"] == []
    bench.page.evaluate("buyerSays('可以刷信用卡吗')")
    eventually(lambda: describe(browser, bench)["findings"], bool)


def test_the_buyer_of_the_other_list(browser: Browser) -> None:
    bench = browser.open("jd-dongdong")
    eventually(lambda: describe(browser, bench), lambda s: s.get("buyer") == "jd_4f6a")
    bench.page.evaluate("otherList()")
    bench.page.evaluate("switchBuyer('北方的河', 'jd_90be', '在吗')")
    eventually(lambda: describe(browser, bench), lambda s: (s["buyer"], s["turns"]) == ("jd_90be", 1))


def test_an_agent_whose_name_begins_like_the_buyers_is_none(browser: Browser) -> None:
    """快手 tells the sides apart by the sender's name."""
    bench = browser.open("kuaishou")
    bench.type("用不了的")
    eventually(lambda: describe(browser, bench), lambda s: s.get("turns") == 2)
    bench.page.evaluate("live.append(message('甜甜圈的小店', '可以刷信用卡吗'))")
    eventually(lambda: describe(browser, bench), lambda s: s["turns"] == 3)
    assert describe(browser, bench)["findings"] == []
    bench.page.evaluate("live.append(message('甜甜圈 10:01', '可以刷信用卡吗'))")
    eventually(lambda: describe(browser, bench)["findings"], bool)


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
    eventually(lambda: describe(browser, bench), lambda s: s.get("turns") == 3)
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
    eventually(lambda: describe(browser, bench), lambda s: s.get("turns") == READ["pdd"]["turns"] + 5)
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
    assert set(READ) == set(PAGES) - {"lab", "keys", "shadow-closed"}
    assert SELECTORS.keys() == READ.keys()
    assert {path.stem for path in (ROOT / "rules" / "sites").glob("*.yaml")} == READ.keys()
