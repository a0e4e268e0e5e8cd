"""Teaching a page: five clicks make an adapter. On every fixture without its adapter, and on three layouts made for this."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from .conftest import FIXTURES, Browser
from .test_popup import popup_over
from .test_workbenches import chat, describe
from .workbench import Workbench, eventually

# Fixture → send control, a buyer's message, an agent's, the buyer's name, (buyer turns, agent turns) that must be read.
PICKS: dict[str, tuple[str, str, str, str, tuple[int, int]]] = {
    "jd-dongdong": (
        "#send",
        ".message_left .message__content:visible",
        ".message_right .message__content",
        ".chat-head-name",
        (1, 1),
    ),
    # Cards, the welcome message and the platform's notices look just like the buyer's; only the project's own adapter knows better.
    "pdd": ("#send", ".buyer-item .msg-content-box", ".cs-item .msg-content-box", ".base-info .name", (2, 4)),
    "feige": ("#send", "[data-id=m1] span", "[data-id=m2] span", "#topbar-left-info span", (7, 1)),
    "wangwang-core": ("#send", ".message-item:not(.self) pre", ".message-item.self pre", ".ww_header .name", (2, 1)),
    # Its messages differ in the sender's name alone.
    "kuaishou": (
        "#send",
        ".kwaishop-cs-LayoutDefaultWrapper_msgBody >> nth=0",
        ".kwaishop-cs-LayoutDefaultWrapper_msgBody >> nth=1",
        ".SessionBaseCard-active .SessionBaseCard-topHeadName",
        (1, 1),
    ),
    "weixin-shop": (
        "#send",
        ".message-item:not(.justify-end) .text-msg",
        ".justify-end .text-msg",
        ".chat-customer-name",
        (2, 1),
    ),
    "unseen-a": ("#go-send", "[data-side=visitor] p", "[data-side=staff] p", ".visitor-title", (2, 1)),
    "unseen-b": ("[data-testid=send-btn]", ".peer span", ".mine span", "[data-testid=peer-name]", (1, 1)),
    "unseen-c": ("#btnSend", ".in .what", ".out .what", "#customerName", (1, 1)),
}


@pytest.fixture
def teaching(browser: Browser) -> Iterator[Browser]:
    yield browser
    page = browser.extension_page("options")
    page.evaluate("chrome.runtime.sendMessage({replyguard: 'settings.set', body: {sites: []}})")
    page.close()


def begin(browser: Browser, name: str) -> Workbench:
    bench = browser.open(name, f"https://mms.pinduoduo.com/teach/{name}.html")
    worker = browser.context.service_workers[-1]
    start = """async (url) => {
      const [tab] = await chrome.tabs.query({url});
      try { return await chrome.tabs.sendMessage(tab.id, {replyguard: 'picker.start', body: null}) ?? false; }
      catch { return false; }
    }"""
    eventually(lambda: worker.evaluate(start, bench.page.url), bool)
    bench.expect_card("点一下输入回复的地方")
    return bench


@pytest.mark.parametrize("name", PICKS)
def test_five_clicks_teach_a_page(teaching: Browser, name: str) -> None:
    send, buyer, agent, title, (buyers, agents) = PICKS[name]
    bench = begin(teaching, name)
    bench.composer.click()
    bench.expect_card("点一下发送按钮")
    bench.page.click(send)
    bench.expect_card("点一条买家的消息")
    assert bench.sent() == [], "the page must not react while one picks"
    bench.page.locator(buyer).first.click()
    bench.expect_card("点一条客服的消息")
    bench.page.locator(agent).first.click()
    bench.expect_card("点一下买家的名字")
    bench.page.click(title)
    bench.expect_card("读到的内容", f"买家 {buyers}，客服 {agents}", bench.page.inner_text(title))
    # Hashes of styled-components, emotion and the like change with every release of the page.
    assert not re.search(
        r"sc-|css-|x9f2k1|x81f2c93|hqYkPo|kPqXaB|jSgupP|bdVaJa|ehvPyZ|cJQbNw", bench.field_value("textarea")
    )
    bench.click_card("在本机使用")
    eventually(lambda: describe(teaching, bench), lambda s: s.get("turns") == buyers + agents and s["recognised"])
    bench.page.evaluate("buyerSays('能刷信用卡吗')")
    bench.type("用不了")
    bench.expect_marks(block=["用不了"])
    bench.page.click(send)
    assert bench.sent() == []
    bench.page.keyboard.press("Enter")
    bench.expect_card("已拦下")
    assert bench.sent() == []


def test_what_is_read_is_shown_live(teaching: Browser) -> None:
    bench = begin(teaching, "unseen-a")
    send, buyer, agent, title, _ = PICKS["unseen-a"]
    for selector in ("[data-composer]", send, buyer, agent, title):
        bench.page.locator(selector).first.click()
    bench.expect_card("买家 2，客服 1")
    bench.page.evaluate("buyerSays('能便宜吗')")
    bench.expect_card("买家 3，客服 1", "能便宜吗")
    bench.page.evaluate("document.querySelector('.visitor-title').textContent = '晴天'")
    bench.expect_card("晴天")


def test_what_cannot_be_shown_is_skipped(teaching: Browser) -> None:
    """No chat on the page yet: the composer alone is enough to be checked."""
    bench = begin(teaching, "unseen-a")
    bench.composer.click()
    bench.page.click("#go-send")
    for _ in range(3):
        bench.click_card("跳过")
    bench.expect_card("读到的内容", "0 条")
    bench.click_card("在本机使用")
    bench.type("加微信")
    bench.expect_marks(block=["加微信"])


def test_a_click_that_fits_nothing_is_said_and_esc_leaves(teaching: Browser) -> None:
    bench = begin(teaching, "unseen-a")
    bench.page.click("header")
    bench.expect_card("没认出来")
    bench.page.keyboard.press("Escape")
    bench.expect_no_card()
    assert bench.page.locator("replyguard-outline").count() == 0
    bench.type("在吗")
    bench.page.keyboard.press("Enter")
    assert bench.sent() == ["在吗"]


def test_an_exported_adapter_is_what_the_compiler_takes(teaching: Browser) -> None:
    bench = begin(teaching, "unseen-a")
    bench.composer.click()
    send, buyer, agent, title, _ = PICKS["unseen-a"]
    for selector in (send, buyer, agent, title):
        bench.page.locator(selector).first.click()
    text = bench.expect_card("读到的内容")
    assert "reply-input" in text
    area = "textarea"
    yaml = bench.field_value(area)
    file = teaching.server.rules / "sites" / "taught.yaml"
    file.write_text(yaml)
    try:
        bench.page.reload()
        bench.type("加微信")
        bench.expect_marks(block=["加微信"])
        eventually(lambda: describe(teaching, bench), lambda s: s.get("site") == "taught" and s["turns"] == 3)
    finally:
        file.unlink()


# Workbench made of shadow roots → the buyer's name, (buyer turns, agent turns).
SHADOW = {"shadow-open": ("栗子", (2, 1)), "shadow-closed": ("芒果", (1, 1))}


def press(bench: Workbench, part: str) -> None:
    """A click on what no selector of the page's reaches: the page itself says where it is."""
    x, y = bench.page.evaluate(
        "(name) => { const box = part(name).getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]; }",
        part,
    )
    bench.page.mouse.click(x, y)


@pytest.mark.parametrize("name", SHADOW)
def test_a_chat_in_shadow_roots_is_taught_and_what_is_exported_serves(teaching: Browser, name: str) -> None:
    peer, (buyers, agents) = SHADOW[name]
    bench = begin(teaching, name)
    for part, asked in (
        ("composer", "点一下发送按钮"),
        ("send", "点一条买家的消息"),
        ("buyer", "点一条客服的消息"),
        ("agent", "点一下买家的名字"),
        ("name", "读到的内容"),
    ):
        press(bench, part)
        bench.expect_card(asked)
    bench.expect_card(f"买家 {buyers}，客服 {agents}", peer)
    # Live, although a message's words come later than the message.
    bench.page.evaluate("buyerSays('能便宜吗')")
    bench.expect_card(f"买家 {buyers + 1}，客服 {agents}", "能便宜吗")
    yaml = bench.field_value("textarea")
    assert ">>>" in yaml
    assert "css-" not in yaml
    assert bench.sent() == []
    file = teaching.server.rules / "sites" / "taught.yaml"
    file.write_text(yaml)
    try:
        bench.page.reload()
        press(bench, "composer")
        state = eventually(lambda: describe(teaching, bench), lambda s: s.get("site") == "taught" and s["turns"] > 0)
        assert (state["buyer"], state["turns"], state["missing"]) == (peer, buyers + agents, [])
        bench.page.keyboard.type("用不了")
        assert bench.marks() == {}
        bench.page.evaluate("buyerSays('能刷信用卡吗')")
        bench.expect_marks(block=["用不了"])
        bench.page.keyboard.press("Enter")
        bench.expect_card("已拦下")
        press(bench, "send")
        assert bench.sent() == []
        bench.page.keyboard.press("Alt+Enter")
        eventually(bench.sent, lambda sent: sent == ["用不了"])
        # Another conversation: the list is made anew inside of its shadow root.
        bench.page.evaluate("switchBuyer('葡萄', '可以刷信用卡吗')")
        eventually(lambda: describe(teaching, bench), lambda s: (s["buyer"], s["turns"]) == ("葡萄", 1))
        bench.expect_card("买家在问", "可以刷信用卡吗")
        # All of it is made anew.
        bench.page.evaluate("remake()")
        eventually(lambda: describe(teaching, bench), lambda s: (s["buyer"], s["turns"]) == (peer, buyers + agents))
    finally:
        file.unlink()


LATE_SITE = """
match: [https://mms.pinduoduo.com/late/*]
composer: {selectors: ['seller-desk >>> reply-box >>> textarea']}
messages:
  root: ['seller-desk >>> message-list']
  item: message-list >>> chat-bubble
  buyer: chat-bubble[from=buyer]
  agent: chat-bubble[from=agent]
  text: ['chat-bubble >>> .words']
"""


def test_a_component_that_is_made_late_is_read_when_one_goes_into_it_and_followed(teaching: Browser) -> None:
    file = teaching.server.rules / "sites" / "late.yaml"
    # Somebody at work keeps the line to the server open.
    teaching.open("pdd").composer.click()
    file.write_text(LATE_SITE)
    try:
        bench = teaching.open("shadow-open", "https://mms.pinduoduo.com/late/?late")
        eventually(lambda: describe(teaching, bench), lambda s: s.get("site") == "late")
        bench.page.evaluate("define()")
        press(bench, "composer")
        eventually(lambda: describe(teaching, bench), lambda s: s["turns"] == 3)
        bench.page.evaluate("buyerSays('在吗')")
        eventually(lambda: describe(teaching, bench), lambda s: s["turns"] == 4)
    finally:
        file.unlink()


def test_every_fixture_is_taught_and_three_layouts_that_nobody_has_seen() -> None:
    # Two frame wangwang-core, one is a page of the tests' own about keys.
    taught = PICKS.keys() | SHADOW.keys()
    assert {path.stem for path in FIXTURES.glob("*.html")} - {"wangwang", "wangwang-1688", "keys"} == taught
    assert sum(name.startswith("unseen-") for name in PICKS) == 3


def test_a_chat_in_a_child_frame_is_taught_and_forgotten_again(teaching: Browser) -> None:
    """旺旺's chat without its adapter: the picker works in the frame that the person was in."""
    bench = teaching.open("wangwang", "https://mms.pinduoduo.com/teach/wangwang.html")
    frame = chat(bench)
    composer = frame.locator("[data-composer]")
    composer.click()
    popup = popup_over(teaching, bench)
    with popup.expect_event("close"):
        popup.click("#teach")
    bench.page.bring_to_front()
    bench.expect_card("点一下输入回复的地方")
    composer.click()
    send, buyer, agent, title, _ = PICKS["wangwang-core"]
    for selector in (send, buyer, agent, title):
        frame.locator(selector).first.click()
    bench.expect_card("读到的内容", "买家 2，客服 1", "/app/im/chat-core/")
    bench.click_card("在本机使用")
    eventually(lambda: describe(teaching, bench), lambda s: s.get("turns") == 3 and s["recognised"])
    frame.evaluate("buyerSays('能刷信用卡吗')")
    composer.click()
    bench.page.keyboard.type("用不了")
    eventually(lambda: describe(teaching, bench)["findings"], bool)
    # What was taught is listed, and can be taken back.
    options = teaching.extension_page("options")
    row = options.locator("#taught li")
    expect(row).to_contain_text("mms.pinduoduo.com/app/im/chat-core/")
    row.get_by_role("button").click()
    expect(options.locator("#taught button")).to_have_count(0)
    eventually(lambda: describe(teaching, bench), lambda s: s.get("site") is None)


def test_a_changed_page_is_taught_anew_from_its_own_notice_and_keeps_its_platform(teaching: Browser) -> None:
    bench = teaching.open("feige")
    page = (
        (FIXTURES / "feige.html")
        .read_text()
        .replace("workspace-chat", "chat-pane")
        .replace("qa-send-message-button", "x")
    )
    bench.page.route("**/workspace", lambda route: route.fulfill(body=page, content_type="text/html; charset=utf-8"))
    bench.page.reload()
    bench.type("在的")
    bench.expect_card("没认全「抖店飞鸽」的页面")
    bench.click_card("教它认这个页面")
    bench.expect_card("点一下输入回复的地方")
    for selector in ("[data-composer]", "#send", "[data-id=m1] span", "[data-id=m2] span", "#topbar-left-info span"):
        bench.page.locator(selector).first.click()
    bench.expect_card("买家 7，客服 1")
    assert "platform: douyin\n" in bench.field_value("textarea")
    bench.click_card("在本机使用")
    site = "im-jinritemai-com-pc-seller-v2-main"
    eventually(lambda: describe(teaching, bench), lambda s: s.get("site") == site and s["recognised"])
