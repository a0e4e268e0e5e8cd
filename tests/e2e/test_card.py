"""The card and what a person can do with it: by mouse, by keyboard, and undo."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from .conftest import Browser
from .test_workbenches import chat
from .workbench import eventually


@pytest.fixture
def clean(browser: Browser) -> Iterator[Browser]:
    """Nothing ignored, before and after."""
    yield browser
    page = browser.extension_page("options")
    page.evaluate("chrome.runtime.sendMessage({replyguard: 'settings.set', body: {ignored: [], sitesOff: []}})")
    page.close()


def test_the_card_never_covers_the_composer_nor_takes_the_focus(browser: Browser) -> None:
    bench = browser.open("pdd")
    bench.type("加微信，全网最低价")
    bench.expect_card("不得引导买家用微信联系")
    x, y, width, height = bench.card_box()
    box = bench.composer.bounding_box()
    assert y + height <= box["y"] or y >= box["y"] + box["height"]
    assert x >= 0
    assert x + width <= 1366
    expect(bench.composer).to_be_focused()
    bench.page.keyboard.type("嗯")
    assert bench.text() == "加微信，全网最低价嗯"


def test_nothing_of_ours_stands_in_the_pages_own_tree(browser: Browser) -> None:
    """Frameworks tear foreign nodes out of what they draw, or stumble over them."""
    bench = browser.open("pdd")
    bench.page.evaluate("buyerSays('能刷信用卡吗')")
    bench.expect_card("买家在问")
    bench.type("加微信")
    bench.expect_card("不得引导买家用微信联系")
    ours = "(root) => [...document.querySelectorAll(root)].filter((e) => e.localName.startsWith('replyguard')).length"
    assert bench.page.evaluate(ours, "body *") == 0
    assert bench.page.evaluate(ours, "html > *") > 0


def test_beside_a_composer_in_a_modal_dialog(browser: Browser) -> None:
    """Outside of it everything is inert, whatever layer it is in."""
    bench = browser.open("pdd")
    bench.page.evaluate("""() => {
      const dialog = document.createElement('dialog');
      dialog.append(document.querySelector('[data-composer]'));
      document.body.append(dialog);
      dialog.showModal();
    }""")
    bench.type("加微信")
    bench.expect_card("不得引导买家用微信联系")
    bench.click_card("亲亲，有什么问题")
    eventually(bench.text, lambda text: text.startswith("亲亲，有什么问题"))
    expect(bench.composer).to_be_focused()


def test_next_previous_and_escape_by_keyboard(browser: Browser) -> None:
    bench = browser.open("pdd")
    bench.type("加微信，全网最低价，今天给您发货")
    bench.expect_marks(block=["加微信"], warn=["全网最低价"], remind=["今天给您发货"])
    bench.expect_card("1/3", "不得引导买家用微信联系")
    bench.page.keyboard.press("Alt+ArrowDown")
    bench.expect_card("2/3", "绝对化")
    bench.page.keyboard.press("Alt+ArrowUp")
    bench.expect_card("1/3")
    # The page switches conversations by the arrows; it saw none.
    assert bench.page.inner_text(".base-info .name") == "月***亮"
    bench.page.keyboard.press("Escape")
    bench.expect_no_card()
    assert bench.text() == "加微信，全网最低价，今天给您发货"
    # Back into the card and out again, by keys alone.
    bench.page.keyboard.press("Alt+g")
    bench.expect_card("1/3")
    expect(bench.composer).not_to_be_focused()
    bench.page.keyboard.press("Escape")
    bench.expect_no_card()
    expect(bench.composer).to_be_focused()


def test_a_reply_chosen_with_the_keyboard_inside_the_card(browser: Browser) -> None:
    bench = browser.open("jd-dongdong")
    bench.type("加微信")
    bench.expect_card("不得引导买家用微信联系")
    bench.page.keyboard.press("Alt+g")
    bench.page.keyboard.press("Enter")
    eventually(bench.text, lambda text: text.startswith("亲亲，有什么问题"))
    expect(bench.composer).to_be_focused()


@pytest.mark.parametrize(
    ("label", "said"),
    [("这一次", "这条回复发出前不再提醒"), ("本次会话", "本次会话不再提醒"), ("本机始终", "这台电脑上不再提醒")],
)
def test_each_way_to_ignore_says_what_it_does_and_can_be_undone(clean: Browser, label: str, said: str) -> None:
    bench = clean.open("pdd")
    bench.type("全网最低价")
    bench.expect_marks(warn=["全网最低价"])
    bench.click_card(label)
    bench.expect_card("已忽略「全网最低价」", said)
    bench.expect_marks()
    bench.click_card("撤销")
    bench.expect_marks(warn=["全网最低价"])
    bench.click_card(label)
    bench.expect_marks()
    # Once: gone with the reply. Conversation and always: stay.
    bench.page.keyboard.press("Enter")
    eventually(bench.sent, lambda sent: sent == ["全网最低价"])
    bench.type("全网最低价")
    if label == "这一次":
        bench.expect_marks(warn=["全网最低价"])
        return
    eventually(bench.text, lambda text: text == "全网最低价")
    assert bench.marks() == {}
    bench.page.reload()
    bench.type("亲全网最低价，加微信")
    if label == "本次会话":
        bench.expect_marks(block=["加微信"], warn=["全网最低价"])
    else:
        bench.expect_marks(block=["加微信"])


def test_what_is_ignored_in_one_conversation_is_told_in_another(clean: Browser) -> None:
    bench = clean.open("pdd")
    bench.type("全网最低价")
    bench.expect_marks(warn=["全网最低价"])
    bench.click_card("本次会话")
    bench.expect_marks()
    bench.page.evaluate("switchBuyer('山***风', '8813377', '在吗')")
    bench.expect_marks(warn=["全网最低价"])
    bench.page.evaluate("switchBuyer('月***亮', '7720193', '在吗')")
    bench.expect_marks()


def test_an_ignored_block_is_not_held_and_another_word_is(clean: Browser) -> None:
    bench = clean.open("pdd")
    bench.type("加微信")
    bench.expect_card("不得引导买家用微信联系")
    bench.click_card("这一次")
    bench.expect_marks()
    bench.page.keyboard.type("，加薇信")
    bench.expect_marks(block=["加薇信"])
    bench.page.keyboard.press("Enter")
    bench.expect_card("已拦下")
    assert bench.sent() == []


def test_ignored_items_go_out_and_come_back(clean: Browser, tmp_path) -> None:  # type: ignore[no-untyped-def]
    bench = clean.open("pdd")
    bench.type("全网最低价")
    bench.expect_card("绝对化")
    bench.click_card("本机始终")
    bench.expect_marks()
    options = clean.extension_page("options")
    expect(options.locator("#ignored")).to_contain_text("全网最低价")
    with options.expect_download() as download:
        options.click("#export")
    file = tmp_path / "ignored.json"
    download.value.save_as(file)
    assert json.loads(file.read_text())["ignored"][0]["text"] == "全网最低价"
    options.locator("#ignored button").click()
    expect(options.locator("#ignored")).not_to_contain_text("全网最低价")
    bench.expect_marks(warn=["全网最低价"])
    options.set_input_files("#file", file)
    expect(options.locator("#import-result")).to_contain_text("1")
    bench.expect_marks()


def test_a_site_switched_off_is_left_alone(clean: Browser) -> None:
    bench = clean.open("pdd")
    bench.type("加微信")
    bench.expect_marks(block=["加微信"])
    options = clean.extension_page("options")
    off = "chrome.runtime.sendMessage({replyguard: 'settings.set', body: {sitesOff: ['https://mms.pinduoduo.com']}})"
    options.evaluate(off)
    bench.expect_marks()
    bench.expect_no_card()
    options.reload()
    options.locator("#sites button").click()
    bench.expect_marks(block=["加微信"])


@pytest.mark.parametrize(
    ("name", "points", "others"),
    [
        ("jd-dongdong", ["京东 扣 4 分", "法律 依广告法处罚", "以平台最新公布为准"], ["天猫"]),
        # Its page does not tell which of the two a shop is.
        ("wangwang", ["天猫 扣 6 分", "天猫 查实后警告", "法律 依广告法处罚"], ["京东"]),
        ("pdd", ["法律 依广告法处罚"], ["天猫", "京东"]),
    ],
)
def test_points_are_those_of_the_platform_and_of_the_law(
    browser: Browser, name: str, points: list[str], others: list[str]
) -> None:
    bench = browser.open(name)
    chat(bench).locator("[data-composer]").click()
    said = ""
    for words in ("加微信", "全网最低价"):
        bench.page.keyboard.press("Control+a")
        bench.page.keyboard.type(words)
        said += bench.expect_card(f"「{words}」", "换成这样说")
    assert [point for point in points if point not in said] == []
    assert [other for other in others if f"{other} " in said] == []


def test_a_text_that_changes_meanwhile_is_not_replaced(browser: Browser) -> None:
    bench = browser.open("pdd")
    bench.type("加微信")
    bench.expect_card("不得引导买家用微信联系")
    bench.page.evaluate("document.querySelector('[data-composer]').value = '换了别的话'")
    bench.page.keyboard.press("Alt+1")
    bench.expect_card("没有替换")
    assert bench.text() == "换了别的话"
