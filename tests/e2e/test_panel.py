"""Side panel and ledger: knowledge base, promises that were really sent, the day's numbers."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from .conftest import Browser
from .test_workbenches import chat, describe
from .workbench import Workbench, eventually

STORE = "(key) => chrome.storage.local.get(key).then((all) => all[key])"


def test_search_by_words_and_by_pinyin_initials(browser: Browser) -> None:
    panel = browser.extension_page("panel")
    expect(panel.locator("#replies li")).to_have_count(3)
    panel.fill("#search", "退货")
    expect(panel.locator("#replies li")).to_have_count(1)
    expect(panel.locator("#replies")).to_contain_text("七天无理由")
    panel.fill("#search", "xyk")
    expect(panel.locator("#replies li")).to_have_count(1)
    expect(panel.locator("#replies")).to_contain_text("信用卡")
    panel.fill("#search", "没有这种话")
    expect(panel.locator("#replies")).to_contain_text("没有找到话术")


def test_a_promise_is_noted_when_it_is_really_sent(browser: Browser) -> None:
    bench = browser.open("pdd")
    panel = browser.extension_page("panel")
    panel.evaluate("chrome.storage.local.set({ledger: []})")
    bench.page.bring_to_front()
    bench.type("今天给您发货哦")
    bench.expect_marks(remind=["今天给您发货"])
    assert panel.evaluate(STORE, "ledger") == []
    bench.page.keyboard.press("Enter")
    eventually(bench.sent, lambda sent: len(sent) == 1)
    noted = eventually(lambda: panel.evaluate(STORE, "ledger"), lambda all_: len(all_) == 1)[0]
    assert noted["buyer"] == "月***亮（7720193）"
    assert noted["todo"] == "联系仓库当天发出"
    assert noted["due"] > noted["at"]
    panel.click("[data-tab=ledger]")
    expect(panel.locator("#promises")).to_contain_text("今天给您发货哦")
    panel.check("#promises input")
    eventually(lambda: panel.evaluate(STORE, "ledger")[0]["done"], bool)


@pytest.mark.parametrize("why", ["ignored", "switched-off"])
def test_a_promise_is_one_also_when_nobody_is_reminded(browser: Browser, why: str) -> None:
    panel = browser.extension_page("panel")
    panel.evaluate("chrome.storage.local.set({ledger: []})")
    levels = "(remind) => chrome.runtime.sendMessage({replyguard: 'settings.set', body: {levels: {warn: true, remind, hint: true}}})"
    if why == "switched-off":
        panel.evaluate(levels, False)
    try:
        bench = browser.open("pdd")
        bench.type("今天给您发货哦，全网最低价")
        if why == "ignored":
            bench.expect_marks(remind=["今天给您发货"], warn=["全网最低价"])
            bench.expect_card("2/2")
            bench.page.keyboard.press("Alt+ArrowUp")
            bench.expect_card("1/2", "要兑现")
            bench.click_card("这一次")
        bench.expect_marks(warn=["全网最低价"])
        bench.page.keyboard.press("Enter")
        eventually(bench.sent, lambda sent: len(sent) == 1)
        noted = eventually(lambda: panel.evaluate(STORE, "ledger"), bool)
        assert [promise["rule"] for promise in noted] == ["promise.ship"]
    finally:
        panel.evaluate(levels, True)
        panel.evaluate("chrome.storage.local.set({ledger: []})")


PROMISE = """async ([within, hour, words, date]) => {
  const at = new Date(2026, 2, date, hour).getTime();
  const body = {rule: 'r', title: 't', todo: '发货', within, words, text: words, site: 's', buyer: 'b', orders: [], at};
  await chrome.storage.local.set({ledger: []});
  await chrome.runtime.sendMessage({replyguard: 'ledger.add', body});
  const {ledger: [{due}]} = await chrome.storage.local.get('ledger');
  return new Date(due).toLocaleString('sv');
}"""


@pytest.mark.parametrize(
    ("within", "hour", "due"),
    [
        ("今天", 12, "2026-03-02 18:00:00"),
        ("今天", 20, "2026-03-02 23:59:00"),
        ("明天", 12, "2026-03-03 18:00:00"),
        ("48小时", 12, "2026-03-04 12:00:00"),
        ("半小时", 12, "2026-03-02 12:30:00"),
        ("三个工作日", 12, "2026-03-05 12:00:00"),
        ("尽快", 12, "2026-03-03 12:00:00"),
    ],
)
def test_when_a_promise_is_due(browser: Browser, within: str, hour: int, due: str) -> None:
    panel = browser.extension_page("panel")
    try:
        assert panel.evaluate(PROMISE, [within, hour, "给您发货", 2]) == due
    finally:
        panel.evaluate("chrome.storage.local.set({ledger: []})")


@pytest.mark.parametrize(
    ("words", "date", "due"),
    [
        ("明天给您发货", 2, "2026-03-03 18:00:00"),
        ("后天给您发", 2, "2026-03-04 18:00:00"),
        ("大后天给您发", 2, "2026-03-05 18:00:00"),
        ("48小时内给您发出", 2, "2026-03-04 12:00:00"),
        ("周五给您寄出", 2, "2026-03-06 18:00:00"),
        ("周一给您寄出", 6, "2026-03-09 18:00:00"),
        ("下周一给您寄出", 6, "2026-03-09 18:00:00"),
        ("下周二给您寄出", 2, "2026-03-10 18:00:00"),
        ("两个工作日内给您发", 6, "2026-03-10 12:00:00"),
    ],
)
def test_a_promise_is_due_when_it_was_said_to_be(browser: Browser, words: str, date: int, due: str) -> None:
    panel = browser.extension_page("panel")
    try:
        assert panel.evaluate(PROMISE, ["今天", 12, words, date]) == due
    finally:
        panel.evaluate("chrome.storage.local.set({ledger: []})")


def test_a_promise_that_was_typed_and_taken_back_is_not_noted(browser: Browser) -> None:
    bench = browser.open("pdd")
    panel = browser.extension_page("panel")
    panel.evaluate("chrome.storage.local.set({ledger: []})")
    bench.page.bring_to_front()
    bench.type("今天给您发货哦")
    bench.expect_marks(remind=["今天给您发货"])
    bench.page.keyboard.press("Control+a")
    bench.page.keyboard.type("尽快安排")
    bench.expect_marks()
    bench.page.keyboard.press("Enter")
    eventually(bench.sent, lambda sent: sent == ["尽快安排"])
    assert panel.evaluate(STORE, "ledger") == []


def test_a_due_promise_reminds_once(browser: Browser) -> None:
    panel = browser.extension_page("panel")
    panel.evaluate(
        """() => chrome.storage.local.set({ledger: [{id: 'x', rule: 'promise.ship', title: 't', todo: '发货', within: '今天', text: '今天发货',
           site: 's', buyer: 'b', orders: [], at: 1, due: 2, done: false, reminded: false}]})"""
    )
    panel.evaluate("chrome.alarms.create('due', {when: Date.now()})")
    eventually(lambda: panel.evaluate(STORE, "ledger")[0]["reminded"], bool, timeout=45)


def test_the_days_numbers(browser: Browser) -> None:
    panel = browser.extension_page("panel")
    panel.evaluate("chrome.storage.local.remove('counts')")
    bench = browser.open("pdd")
    bench.type("加微信")
    bench.expect_marks(block=["加微信"])
    bench.page.keyboard.press("Enter")
    bench.expect_card("已拦下")
    bench.page.keyboard.press("Alt+1")
    bench.expect_marks()
    bench.page.keyboard.press("Enter")
    eventually(bench.sent, lambda sent: len(sent) == 1)
    panel.click("[data-tab=today]")
    for key, times in {"held": "1", "applied": "1", "sent": "1", "overridden": "0"}.items():
        expect(panel.locator(f"#count-{key}")).to_have_text(times)
    expect(panel.locator("#shown")).to_contain_text("不得引导买家用微信联系")


def beside(browser: Browser, bench: Workbench, tab: str = "") -> Page:
    """The panel while the workbench is the tab in front, as beside it."""
    bench.page.bring_to_front()
    worker = browser.context.service_workers[-1]
    with browser.context.expect_page() as opened:
        worker.evaluate("chrome.tabs.create({url: chrome.runtime.getURL('panel.html'), active: false})")
    panel = opened.value
    expect(panel.locator("#replies li")).not_to_have_count(0)
    if tab:
        panel.click(f"[data-tab={tab}]")
    return panel


@pytest.mark.parametrize("name", ["pdd", "jd-dongdong"])
def test_a_reply_from_the_knowledge_base_is_put_into_the_composer(browser: Browser, name: str) -> None:
    bench = browser.open(name)
    bench.type("稍等")
    panel = beside(browser, bench)
    panel.fill("#search", "qtwlyth")
    panel.locator("#replies button").first.click()
    expect(panel.locator("#result")).to_have_text("已填入输入框")
    eventually(bench.text, lambda text: text == "亲，七天无理由的，您在订单里申请就可以哦")
    assert bench.sent() == []
    bench.composer.click()
    bench.page.keyboard.press("Control+z")
    eventually(bench.text, lambda text: text == "稍等")


def test_what_fits_the_buyers_question_comes_first(browser: Browser) -> None:
    bench = browser.open("pdd")
    bench.page.evaluate("buyerSays('我想退货')")
    panel = beside(browser, bench)

    def first() -> str:
        panel.evaluate("window.dispatchEvent(new Event('focus'))")
        return panel.locator("#replies b").first.inner_text()

    eventually(first, lambda title: title == "七天无理由退货")
    # A trap comes before the everyday answer, which may be the wrong one.
    bench.page.evaluate("buyerSays('能刷信用卡吗')")
    eventually(first, lambda title: title == "信用卡付款")
    assert panel.locator("#replies b").all_inner_texts() == ["信用卡付款", "付款方式", "信用卡付款", "七天无理由退货"]


def test_what_the_rules_say_about_a_finding(browser: Browser) -> None:
    bench = browser.open("pdd")
    bench.type("这是全网最低价")
    bench.expect_marks(warn=["全网最低价"])
    panel = beside(browser, bench, "rules")
    found = panel.locator("#rules li.hit")
    expect(found).to_have_count(1)
    expect(panel.locator("#rules li").first).to_contain_text("「全网最低价」")
    for said in ("不用绝对化的价格说法", "没有依据的价格比较", "天猫 查实后警告", "法律 依广告法处罚", "测试资料 §3"):
        expect(found).to_contain_text(said)
    panel.fill("#rule-search", "信用卡")
    expect(panel.locator("#rules li")).to_have_count(1)


def test_a_promise_is_copied_as_an_order_note_and_removed(browser: Browser) -> None:
    bench = browser.open("wangwang")
    frame = chat(bench)
    frame.locator("[data-composer]").click()
    bench.page.keyboard.type("今天给您发货哦")
    eventually(lambda: describe(browser, bench).get("findings"), bool)
    panel = browser.extension_page("panel")
    panel.evaluate("chrome.storage.local.set({ledger: []})")
    bench.page.bring_to_front()
    bench.page.keyboard.press("Enter")
    panel.click("[data-tab=ledger]")
    row = panel.locator("#promises li.item")
    expect(row).to_have_count(1)
    for said in ("联系仓库当天发出", "tb_柚子茶", "旺旺网页版", "2810440192837465", "今天给您发货哦"):
        expect(row).to_contain_text(said)
    browser.context.grant_permissions(["clipboard-read", "clipboard-write"])
    panel.bring_to_front()
    row.get_by_role("button", name="复制").click()
    note = eventually(lambda: panel.evaluate("navigator.clipboard.readText()"), bool)
    assert "联系仓库当天发出" in note
    assert "今天给您发货哦" in note
    row.get_by_role("button", name="移除").click()
    expect(row).to_have_count(0)


def test_a_late_promise_is_told_by_a_notification(browser: Browser) -> None:
    panel = browser.extension_page("panel")
    promise = """{id: 'late', rule: 'promise.ship', title: 't', todo: '联系仓库', within: '今天', text: '今天发货', site: '拼多多',
                  buyer: '月***亮', orders: [], at: 1, due: 2, done: false, reminded: false}"""
    told = "chrome.notifications.getAll().then((all) => Object.keys(all))"
    try:
        # Not when it is done, nor when reminders are off.
        panel.evaluate("chrome.runtime.sendMessage({replyguard: 'settings.set', body: {reminders: false}})")
        panel.evaluate(f"chrome.storage.local.set({{ledger: [{promise}]}})")
        panel.evaluate("chrome.alarms.create('due', {when: Date.now()})")
        eventually(lambda: panel.evaluate(STORE, "ledger")[0]["reminded"], bool, timeout=45)
        assert panel.evaluate(told) == []
        panel.evaluate("chrome.runtime.sendMessage({replyguard: 'settings.set', body: {reminders: true}})")
        panel.evaluate(f"chrome.storage.local.set({{ledger: [{promise}]}})")
        panel.evaluate("chrome.alarms.create('due', {when: Date.now()})")
        eventually(lambda: panel.evaluate(told), lambda ids: ids == ["due-late"], timeout=45)
        panel.click("[data-tab=ledger]")
        expect(panel.locator("#promises li.late")).to_have_count(1)
    finally:
        panel.evaluate("chrome.notifications.clear('due-late')")
        panel.evaluate("chrome.storage.local.set({ledger: []})")
