"""For who hears the screen, steers by keys alone, or does not see colours."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from .conftest import Browser
from .workbench import Workbench, all_nodes, attribute, eventually, texts


def live(bench: Workbench) -> str:
    """What our live region says."""
    root = bench.cdp.send("DOM.getDocument", {"depth": -1, "pierce": True})["root"]
    regions = [n for n in all_nodes(root) if attribute(n, "aria-live") == "polite" and attribute(n, "role") == "status"]
    return " ".join(text for region in regions for text in texts(region))


def heard(bench: Workbench, *parts: str) -> None:
    eventually(lambda: live(bench), lambda said: all(part in said for part in parts))


def test_a_screen_reader_hears_what_is_found_held_replaced_and_ignored(browser: Browser) -> None:
    bench = browser.open("pdd")
    bench.type("加微信")
    heard(bench, "高压线", "加微信", "不得引导买家用微信联系")
    bench.page.keyboard.press("Enter")
    heard(bench, "没有发出")
    bench.page.keyboard.press("Alt+1")
    heard(bench, "已换成", "Ctrl+Z")
    bench.page.keyboard.press("Control+a")
    bench.page.keyboard.type("全网最低价")
    heard(bench, "全网最低价", "绝对化")
    bench.click_card("这一次")
    heard(bench, "已忽略")


def test_a_screen_reader_hears_of_a_trap(browser: Browser) -> None:
    bench = browser.open("pdd")
    bench.page.evaluate("buyerSays('能刷信用卡吗')")
    heard(bench, "买家在问", "能刷信用卡吗", "信用卡付款")


def test_a_screen_reader_hears_that_a_page_is_not_recognised(browser: Browser) -> None:
    bench = browser.open("feige")
    bench.page.evaluate("document.querySelector('#workspace-chat').remove()")
    bench.type("在的")
    heard(bench, "没认全「抖店飞鸽」的页面。找不到：聊天记录")


def test_what_is_announced_stands_in_the_accessibility_tree_and_the_card_too(browser: Browser) -> None:
    bench = browser.open("pdd")
    bench.type("加微信，今天给您发货")
    bench.expect_card("不得引导买家用微信联系")
    eventually(lambda: {role for role, _ in named(bench)}, lambda roles: {"region", "status"} <= roles)
    # Every button of ours says what it does; none is an icon alone.
    for said in ("关闭", "上一处", "下一处", "本机始终", "本次会话", "这一次"):
        eventually(
            lambda: [name for role, name in named(bench) if role == "button"],
            lambda buttons, said=said: any(said in name for name in buttons),  # type: ignore[misc]
        )


def named(bench: Workbench) -> set[tuple[str, str]]:
    """Role and name of all that a screen reader is told of; the browser makes this tree when it has the time."""
    nodes: list[dict[str, Any]] = bench.cdp.send("Accessibility.getFullAXTree")["nodes"]
    return {(n["role"]["value"], n.get("name", {}).get("value", "")) for n in nodes if not n["ignored"]}


@pytest.mark.parametrize("name", ["pdd", "jd-dongdong"])
def test_the_whole_way_by_keys_alone(browser: Browser, name: str) -> None:
    """Found, read, next, into the card, along its buttons, ignored there, back, undone, sent."""
    bench = browser.open(name)
    bench.composer.focus()
    bench.page.keyboard.type("全网最低价，今天给您发货")
    bench.expect_card("1/2")
    bench.page.keyboard.press("Alt+ArrowDown")
    bench.expect_card("2/2")
    bench.page.keyboard.press("Alt+ArrowUp")
    bench.expect_card("1/2")
    bench.page.keyboard.press("Alt+g")
    expect(bench.composer).not_to_be_focused()
    # From the first reply along to "this time", whatever lies between.
    eventually(lambda: step(bench), lambda label: "这一次" in label)
    bench.page.keyboard.press("Enter")
    bench.expect_card("已忽略「全网最低价」")
    bench.expect_marks(remind=["今天给您发货"])
    expect(bench.composer).to_be_focused()
    bench.page.keyboard.press("Escape")
    bench.expect_no_card()
    bench.page.keyboard.press("Enter")
    eventually(bench.sent, lambda sent: sent == ["全网最低价，今天给您发货"])


def step(bench: Workbench) -> str:
    bench.page.keyboard.press("Tab")
    return focused(bench)


def focused(bench: Workbench) -> str:
    """The name of the button of ours that has the focus, by the browser's accessibility tree."""
    nodes = bench.cdp.send("Accessibility.getFullAXTree")["nodes"]
    for node in nodes:
        holds = {p["name"]: p["value"].get("value") for p in node.get("properties", [])}
        if holds.get("focused") and node["role"]["value"] == "button":
            return str(node.get("name", {}).get("value", ""))
    return ""


STYLES = """(level) => {
  const style = getComputedStyle(document.documentElement, `::highlight(replyguard-${level})`);
  return style.textDecorationStyle;
}"""


def test_levels_are_told_apart_without_colour(browser: Browser) -> None:
    bench = browser.open("pdd")
    bench.type("随便你，全网最低价，今天给您发货，加微信")
    bench.expect_marks(block=["加微信"], warn=["全网最低价"], remind=["今天给您发货"], hint=["随便你"])
    lines = {level: bench.page.evaluate(STYLES, level) for level in ("block", "warn", "remind", "hint")}
    assert lines == {"block": "wavy", "warn": "dashed", "remind": "double", "hint": "dotted"}
    seen = set()
    # It opens on the gravest.
    for position in (4, 1, 2, 3):
        bench.expect_card(f"{position}/4")
        seen.add(bench.level_shape())
        bench.page.keyboard.press("Alt+ArrowDown")
    assert len(seen) == 4, "each level has a shape of its own"


@pytest.fixture
def dark(browser: Browser) -> Workbench:
    bench = browser.open("pdd")
    bench.page.emulate_media(color_scheme="dark")
    return bench


def test_the_card_follows_the_dark_and_stays_readable(dark: Workbench) -> None:
    dark.type("加微信")
    dark.expect_card("不得引导买家用微信联系")
    for scheme in ("dark", "light"):
        dark.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        ground, pairs = dark.contrasts()
        assert (sum(ground) < 200) == (scheme == "dark"), ground
        faint = [(text, ratio) for text, ratio in pairs if ratio < 4.5]
        assert faint == []


def test_it_stays_within_a_small_window_and_at_high_zoom(browser: Browser) -> None:
    bench = browser.open("pdd")
    bench.type("加微信")
    for width, height in ((1366, 768), (683, 384), (420, 600)):
        bench.page.set_viewport_size({"width": width, "height": height})

        def inside(w: int = width, h: int = height) -> bool:
            x, y, wide, high = bench.card_box()
            return x >= 0 and y >= 0 and x + wide <= w and y + high <= h

        bench.expect_card("不得引导买家用微信联系")
        eventually(inside, bool)
