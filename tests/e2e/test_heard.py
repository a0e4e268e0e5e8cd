"""A rule that hears its topic in the whole reply: alone it speaks, beside the words of its topic it is an echo."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, expect

from .conftest import Browser, close_pages, enrolled, make_rules, start_server
from .test_a11y import heard, step
from .test_panel import STORE
from .test_workbenches import describe
from .workbench import Workbench, eventually

RULES = """
topic: bargain
title: 议价
rules:
  - id: bargain.sense
    title: 整句听着像答应了页面以外的优惠
    level: block
    likely_topic: 60
    why: 优惠只按页面活动，私下答应的不算数。
    say: [价格是统一的哦，优惠以页面活动为准]
    follow_up: {do: 备注答应的优惠, within: 今天}
    bad: [下次再来有优惠不 => 下回报我名字八折]
    good: [怎么退货 => 您在订单里申请就可以哦]
  - id: bargain.name
    title: 不得以个人名义给优惠
    level: block
    find: [报我名字]
    why: 个人给的优惠店铺不认。
    follow_up: {do: 告诉主管, within: 今天}
    bad: [〔报我名字〕八折]
    good: [以页面活动为准哦]
  - id: bargain.name-said
    title: 不得提个人
    level: warn
    find: [我名字]
    why: 同上。
    bad: [〔我名字〕八折]
    good: [以页面活动为准哦]
  - id: bargain.half
    title: 不得打五折
    level: block
    find: [打五折]
    why: 没有这个活动。
    bad: [〔打五折〕]
    good: [以页面活动为准哦]
  - id: bargain.half-noted
    title: 答应的折扣要备注
    level: remind
    find: [五折]
    why: 答应了就要兑现。
    follow_up: {do: 备注折扣, within: 今天}
    bad: [〔五折〕哦]
    good: [以页面活动为准哦]
  - id: bargain.note
    title: 答应的优惠要备注
    level: remind
    find: [少您]
    why: 答应了就要兑现。
    bad: [〔少您〕五块]
    good: [以页面活动为准哦]
  - id: bargain.group
    title: 买家问团购，要说起订量
    level: warn
    asked: [团购]
    unless: [起订]
    why: 起订量不说清楚会有纠纷。
    bad: [能团购吗 => 可以的]
    good: [能团购吗 => 十件起订]
"""
ASKED = "下次再来有优惠不"
HEARD = "整句听着像答应了页面以外的优惠"
WORDS = "不得以个人名义给优惠"
ALONE = "您来我给您打八折"
"""Heard, and no rule finds any words in it."""
BOTH = "下回报我名字八折"
"""Heard one letter before its words are typed."""


@pytest.fixture(scope="module")
def _hearing(playwright_: Playwright, built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser with the rules above: no other test is to be heard by them."""
    rules = make_rules(tmp_path_factory.mktemp("rules") / "rules")
    (rules / "bargain.yaml").write_text(RULES)
    server = start_server(rules, tmp_path_factory.mktemp("data"))
    with enrolled(playwright_, tmp_path_factory.mktemp("profile"), built, server) as browser:
        yield browser
    server.stop()


@pytest.fixture
def hearing(_hearing: Browser) -> Iterator[Browser]:
    yield _hearing
    close_pages(_hearing.context)


def asked(browser: Browser, question: str = ASKED) -> Workbench:
    bench = browser.open("pdd")
    bench.page.evaluate("(text) => buyerSays(text)", question)
    return bench


def emptied(browser: Browser, *keys: str) -> Page:
    panel = browser.extension_page("panel")
    panel.evaluate("(keys) => chrome.storage.local.remove(keys)", list(keys))
    return panel


def test_an_echo_of_words_is_neither_shown_nor_counted(hearing: Browser) -> None:
    panel = emptied(hearing, "counts", "ledger")
    bench = asked(hearing)
    bench.type(BOTH)
    bench.expect_marks(block=["报我名字"])
    card = bench.expect_card(WORDS)
    assert HEARD not in card
    assert "1/2" not in card
    assert [found["rule"] for found in describe(hearing, bench)["findings"]] == ["bargain.name"]
    bench.page.keyboard.press("Enter")
    bench.expect_card("已拦下，没有发出（1 处）")
    bench.page.keyboard.press("Alt+Enter")
    eventually(bench.sent, lambda sent: sent == [BOTH])
    noted = eventually(lambda: panel.evaluate(STORE, "ledger"), bool)
    assert [promise["todo"] for promise in noted] == ["告诉主管"]
    numbers = eventually(lambda: panel.evaluate(STORE, "counts"), lambda counts: counts["sent"] == 1)
    assert numbers["shown"] == {"bargain.name": 1}


def test_who_ignores_the_words_ignores_their_echo(hearing: Browser) -> None:
    bench = asked(hearing)
    bench.type(BOTH)
    bench.expect_card(WORDS)
    bench.click_card("这一次")
    bench.expect_card("已忽略「报我名字」")
    bench.expect_marks()
    assert HEARD not in bench.card()
    bench.page.keyboard.press("Enter")
    eventually(bench.sent, lambda sent: sent == [BOTH])


def test_a_sound_alone_is_shown_held_and_counted_once(hearing: Browser) -> None:
    panel = emptied(hearing, "counts")
    bench = asked(hearing)
    bench.type(ALONE)
    bench.expect_card(HEARD, "私下答应的不算数", "价格是统一的哦")
    bench.page.keyboard.press("Enter")
    bench.expect_card("已拦下，没有发出（1 处）")
    bench.page.keyboard.press("Alt+Enter")
    eventually(bench.sent, lambda sent: sent == [ALONE])
    shown = eventually(lambda: panel.evaluate(STORE, "counts")["shown"], bool)
    assert shown == {"bargain.sense": 1}


def test_what_is_heard_says_that_it_is_the_whole_reply(hearing: Browser) -> None:
    """By eye in the light and the dark, by ear, and by keys alone: nothing is lit, so it has to be said."""
    bench = asked(hearing)
    bench.type(ALONE)
    bench.expect_card("高压线", "整条回复", HEARD)
    assert bench.marks() == {}
    heard(bench, "高压线：整条回复", HEARD)
    for scheme in ("dark", "light"):
        bench.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert [(text, ratio) for text, ratio in bench.contrasts()[1] if ratio < 4.5] == []
    bench.page.keyboard.press("Escape")
    bench.expect_no_card()
    bench.page.keyboard.press("Alt+g")
    bench.expect_card(HEARD)
    expect(bench.composer).not_to_be_focused()
    eventually(lambda: step(bench), lambda label: "这一次" in label)
    bench.page.keyboard.press("Enter")
    bench.expect_card(f"已忽略「{HEARD}」", "这条回复发出前不再提醒")
    expect(bench.composer).to_be_focused()
    bench.click_card("撤销")
    bench.expect_card(HEARD, "私下答应的不算数")
    bench.page.keyboard.press("Alt+1")
    eventually(bench.text, lambda text: text == "价格是统一的哦，优惠以页面活动为准")
    bench.page.keyboard.press("Control+z")
    eventually(bench.text, lambda text: text == ALONE)
    bench.expect_card(HEARD)


@pytest.mark.parametrize(("label", "said"), [("本次会话", "本次会话不再提醒"), ("本机始终", "这台电脑上不再提醒")])
def test_a_sound_is_ignored_as_words_are(hearing: Browser, label: str, said: str) -> None:
    bench = asked(hearing)
    bench.type(ALONE)
    bench.expect_card(HEARD)
    bench.click_card(label)
    bench.expect_card(f"已忽略「{HEARD}」", said)
    bench.page.keyboard.press("Enter")
    eventually(bench.sent, lambda sent: sent == [ALONE])
    bench.type(ALONE)
    bench.page.keyboard.press("Enter")
    eventually(bench.sent, lambda sent: sent == [ALONE, ALONE])
    options = hearing.extension_page("options")
    if label == "本机始终":
        expect(options.locator("#ignored")).to_contain_text(f"整条回复 {HEARD}")
        options.locator("#ignored button").click()
    expect(options.locator("#ignored")).not_to_contain_text("整条回复")


BUSY = """() => void setTimeout(() => {
  for (const until = performance.now() + 1500; performance.now() < until; );
})"""


def test_what_is_ignored_always_is_so_at_once(hearing: Browser) -> None:
    bench = asked(hearing)
    bench.type(ALONE)
    bench.expect_card(HEARD)
    hearing.context.service_workers[-1].evaluate(BUSY)  # it notes what is ignored when the reply is gone
    bench.click_card("本机始终")
    bench.page.keyboard.press("Enter")
    eventually(bench.sent, lambda sent: sent == [ALONE])
    options = hearing.extension_page("options")
    expect(options.locator("#ignored")).to_contain_text(f"整条回复 {HEARD}")
    options.locator("#ignored button").click()
    expect(options.locator("#ignored")).not_to_contain_text("整条回复")


HALF = """async ([half, rest]) => {
  const insert = (text) => document.execCommand('insertText', false, text);
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  insert(half);
  await frame();
  await frame();
  const told = document.querySelector('replyguard-overlay') !== null;
  insert(rest);
  return told;
}"""


def test_half_a_reply_is_not_told_what_it_sounds_like(hearing: Browser) -> None:
    bench = asked(hearing, "能再少点伐")
    bench.composer.click()
    # 给您便宜 alone sounds like a promise.
    assert (
        bench.page.evaluate(HALF, ["给您便宜", "是不行的哦，价格都是统一的，优惠以页面活动为准，全网最低价"]) is False
    )
    bench.expect_marks(warn=["全网最低价"])
    assert HEARD not in bench.expect_card("绝对化")


def test_what_is_sent_before_typing_rests_is_held_and_told(hearing: Browser) -> None:
    bench = asked(hearing)
    bench.type(ALONE)
    bench.page.keyboard.press("Enter")
    bench.expect_card("已拦下，没有发出（1 处）", HEARD, "价格是统一的哦")
    assert bench.sent() == []


def test_a_sound_graver_than_the_words_is_no_echo(hearing: Browser) -> None:
    bench = asked(hearing, "能再少点伐")
    bench.type("少您5块 备注个宝妈")
    bench.expect_marks(remind=["少您"])
    bench.expect_card("1/2", HEARD)
    bench.page.keyboard.press("Enter")
    bench.expect_card("已拦下")
    assert bench.sent() == []


def test_words_of_another_topic_make_no_echo(hearing: Browser) -> None:
    bench = asked(hearing)
    bench.type(f"{ALONE}，全网最低价")
    bench.expect_marks(warn=["全网最低价"])
    bench.expect_card("1/2", HEARD)


def test_words_inside_of_words_that_are_told_are_an_echo(hearing: Browser) -> None:
    bench = hearing.open("pdd")
    bench.type("报我名字")
    bench.expect_marks(block=["报我名字"])
    assert [found["rule"] for found in describe(hearing, bench)["findings"]] == ["bargain.name"]
    bench.click_card("这一次")
    bench.expect_marks()
    # Unless they are a promise, which somebody has to keep.
    bench.page.keyboard.press("Control+a")
    bench.page.keyboard.type("打五折")
    bench.expect_marks(block=["打五折"], remind=["五折"])


def test_what_a_reply_leaves_out_is_no_echo(hearing: Browser) -> None:
    bench = asked(hearing, "团购有优惠吗能再少点伐")
    bench.type("报我名字打八折")
    bench.expect_marks(block=["报我名字"])
    eventually(
        lambda: [found["rule"] for found in describe(hearing, bench)["findings"]],
        lambda rules: sorted(rules) == ["bargain.group", "bargain.name"],
    )
