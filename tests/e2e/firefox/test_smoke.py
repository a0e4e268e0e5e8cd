"""The way from a saved rule to a warning as one types, in Firefox: the manifest, the background, every kind of surface."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..lab import PIXELS
from ..test_mirror import MIRROR_TRUTH
from ..test_surfaces import FRAMEWORKS, PLAIN, SAFE
from .bidi import eventually
from .conftest import Firefox

TITLE = "不得引导买家用微信联系"
# A textarea (mirrored: Firefox marks nothing inside a field) and a contenteditable.
PAGES = ["pdd", "jd-dongdong"]


@pytest.mark.parametrize("name", PAGES)
def test_a_forbidden_phrase_is_lit_and_explained(firefox: Firefox, name: str) -> None:
    bench = firefox.open(name)
    bench.click("[data-composer]")
    bench.type("可以的，加微信聊")
    bench.expect_marks(block=["加微信"])
    bench.expect_card(TITLE, "平台只承认站内聊天", SAFE)
    assert bench.evaluate("document.activeElement === document.querySelector('[data-composer]')") is True


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("way", ["Enter", "click"])
def test_a_blocked_reply_is_held_until_the_override(firefox: Firefox, name: str, way: str) -> None:
    bench = firefox.open(name)
    bench.click("[data-composer]")
    bench.type("加微信")
    bench.expect_marks(block=["加微信"])
    # A click into the text, over the mark, still goes to the field.
    bench.click("[data-composer]")
    assert bench.evaluate("document.activeElement === document.querySelector('[data-composer]')") is True
    if way == "Enter":
        bench.press("Enter")
    else:
        bench.click("#send")
    bench.expect_card("已拦下，没有发出")
    assert bench.sent() == []
    bench.press("Alt", "Enter")
    eventually(bench.sent, lambda sent: sent == ["加微信"])


def test_a_chat_in_closed_shadow_roots_is_read_and_held(firefox: Firefox) -> None:
    bench = firefox.open("shadow-closed")
    middle = "(r => [r.x + r.width / 2, r.y + r.height / 2])(part('%s').getBoundingClientRect())"
    bench.click_at(*bench.evaluate(middle % "composer"))
    bench.type("用不了")
    # The rule needs the buyer's words, which stand in a root of their own and come after it.
    bench.evaluate("buyerSays('能刷信用卡吗')")
    bench.expect_marks(block=["用不了"])
    bench.click_at(*bench.evaluate(middle % "send"))
    bench.expect_card("已拦下，没有发出")
    bench.press("Enter")
    assert bench.sent() == []


def test_a_clean_reply_goes_out(firefox: Firefox) -> None:
    bench = firefox.open("pdd")
    bench.click("[data-composer]")
    bench.type("在的亲")
    bench.press("Enter")
    eventually(bench.sent, lambda sent: sent == ["在的亲"])


@pytest.mark.parametrize("name", [*PLAIN, *FRAMEWORKS])
def test_a_surface_is_read_marked_replaced_and_undone(firefox: Firefox, name: str) -> None:
    bench = firefox.lab(name)
    bench.eventually(f"document.documentElement.dataset.ready === '{name}'")
    middle = "(r => [r.x + r.width / 2, r.y + r.height / 2])((document.querySelector('[data-composer]') ?? closed_).getBoundingClientRect())"
    x, y = bench.evaluate(middle)
    model = "window.model().replaceAll('\\ufeff', '')"
    bench.click_at(x, y)
    # Emoji before the words: offsets are UTF-16 units everywhere.
    bench.type("😀亲加微信")
    bench.expect_marks(block=["加微信"])
    bench.expect_card(TITLE)
    bench.evaluate("window.rest()")
    bench.press("Alt", "1")
    eventually(lambda: bench.evaluate(model), lambda text: text == SAFE)
    bench.expect_marks()
    bench.press("Control", "z")
    eventually(lambda: bench.evaluate(model), lambda text: text == "😀亲加微信")
    bench.expect_marks(block=["加微信"])


@pytest.mark.parametrize("name", ["textarea", "input"])
def test_the_mirror_lies_on_the_words_through_typing_scroll_and_zoom(firefox: Firefox, name: str) -> None:
    bench = firefox.lab(name)
    bench.eventually(f"document.documentElement.dataset.ready === '{name}'")
    bench.click("[data-composer]")
    bench.type("可以的亲，我们加微信慢慢说")
    bench.expect_marks(block=["加微信"])
    bench.press("Escape")
    bench.expect_no_card()

    def distance() -> float:
        image = f"Uint8Array.from(atob('{bench.screenshot()}'), (letter) => letter.charCodeAt(0))"
        box = bench.evaluate(f"({PIXELS})({image})")
        if box is None:
            return 1000
        left, right = bench.evaluate(f"({MIRROR_TRUTH})('加微信')")
        return max(abs(box[0] - left), abs(box[2] - right))

    def aligned() -> None:
        eventually(distance, lambda far: far <= 1.5)

    aligned()
    bench.press("Home")
    bench.type("哦哦")
    bench.expect_marks(block=["加微信"])
    aligned()
    bench.evaluate("scrollBy(0, 120)")
    aligned()
    bench.evaluate("document.documentElement.style.zoom = 1.25")
    aligned()


def test_a_chat_in_a_child_frame_is_read(firefox: Firefox) -> None:
    """旺旺's chat lives in a frame: the trap hint comes from the conversation read there."""
    bench = firefox.open("wangwang")
    bench.eventually("document.querySelector('#core').contentWindow.buyerSays")
    bench.evaluate("document.querySelector('#core').contentWindow.buyerSays('可以刷信用卡吗')")
    eventually(
        lambda: bench.evaluate(
            "document.querySelector('#core').contentDocument.querySelectorAll('replyguard-overlay').length"
        ),
        lambda count: count == 1,
    )


def test_a_saved_rule_changes_the_warning_in_the_open_page(firefox: Firefox, rule_file: Path) -> None:
    bench = firefox.open("pdd")
    bench.click("[data-composer]")
    bench.type("加微信")
    bench.expect_card(TITLE)
    rule_file.write_text(rule_file.read_text().replace(TITLE, "不要把买家带去微信"))
    bench.expect_card("不要把买家带去微信")
    assert bench.text() == "加微信"


def test_the_extensions_own_pages_work(firefox: Firefox) -> None:
    options = firefox.extension_page("options")
    options.eventually("document.querySelector('#facts dd')?.textContent === '5'")
    panel = firefox.extension_page("panel")
    panel.eventually("document.querySelectorAll('#replies li').length === 3")
    popup = firefox.extension_page("popup")
    popup.eventually("document.querySelector('#health').dataset.state === 'ok'")
