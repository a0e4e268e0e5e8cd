"""Side panel and ledger: knowledge base, promises that were really sent, the day's numbers."""

from __future__ import annotations

from playwright.sync_api import expect

from .conftest import Browser
from .workbench import eventually

STORE = "(key) => chrome.storage.local.get(key).then((all) => all[key])"


def test_search_by_words_and_by_pinyin_initials(browser: Browser) -> None:
    panel = browser.extension_page("panel")
    expect(panel.locator("#replies li")).to_have_count(2)
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
    assert noted["buyer"] == "7720193"
    assert noted["todo"] == "联系仓库当天发出"
    assert noted["due"] > noted["at"]
    panel.click("[data-tab=ledger]")
    expect(panel.locator("#promises")).to_contain_text("今天给您发货哦")
    panel.check("#promises input")
    eventually(lambda: panel.evaluate(STORE, "ledger")[0]["done"], bool)


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
