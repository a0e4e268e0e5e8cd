"""The mirror, which marks inside fields where the browser cannot."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright

from .conftest import Browser, Server, enrolled
from .lab import PIXELS, LabBench, open_lab, painted
from .workbench import eventually


@pytest.fixture(scope="module")
def mirror_browser(
    playwright_: Playwright, server: Server, built: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    """A browser that cannot mark inside fields, as Firefox and older Chromium."""
    flag = "--disable-blink-features=OpaqueRange"
    with enrolled(playwright_, tmp_path_factory.mktemp("mirror"), built, server, flag) as browser:
        yield browser


MIRROR_TRUTH = """(words) => {
  // A measuring copy of the test's own, laid where the field is.
  const field = document.querySelector('[data-composer]');
  const style = getComputedStyle(field);
  const r = field.getBoundingClientRect();
  const zoom = r.width / field.offsetWidth;
  const canvas = document.createElement('canvas').getContext('2d');
  canvas.font = style.font;
  const at = field.value.indexOf(words);
  const x = r.left + (parseFloat(style.borderLeftWidth) + parseFloat(style.paddingLeft) + canvas.measureText(field.value.slice(0, at)).width) * zoom;
  return [x, x + canvas.measureText(words).width * zoom];
}"""


def open_mirrored(browser: Browser, lab_script: Path, name: str, text: str) -> LabBench:
    browser.context.route("**/lab.js", lambda route: route.fulfill(path=lab_script))
    bench = open_lab(browser, name)
    assert bench.page.evaluate("'createValueRange' in HTMLTextAreaElement.prototype") is False
    bench.click_into()
    bench.page.keyboard.type(text)
    eventually(bench.lit, lambda lit: lit == ["加微信"])
    bench.page.keyboard.press("Escape")
    bench.expect_no_card()
    return bench


@pytest.mark.parametrize("name", ["textarea", "input"])
def test_the_mirror_marks_where_the_browser_cannot(mirror_browser: Browser, lab_script: Path, name: str) -> None:
    bench = open_mirrored(mirror_browser, lab_script, name, "可以的亲，我们加微信慢慢说")

    def distance() -> float:
        left, _, right, _ = painted(bench)
        want_left, want_right = bench.page.evaluate(MIRROR_TRUTH, "加微信")
        return max(abs(left - want_left), abs(right - want_right))

    def aligned() -> None:
        eventually(distance, lambda far: far <= 1.5)

    aligned()
    bench.click_into()
    bench.press("Home")
    bench.page.keyboard.type("哦哦")
    eventually(bench.lit, lambda lit: lit == ["加微信"])
    aligned()
    bench.page.evaluate("scrollBy(0, 120)")
    aligned()
    bench.page.set_viewport_size({"width": 900, "height": 700})
    aligned()
    bench.page.evaluate("document.documentElement.style.zoom = 1.25")
    aligned()
    bench.page.close()


def test_the_mirror_scrolls_with_a_long_reply_and_lays_out_no_more_than_it_must(
    mirror_browser: Browser, lab_script: Path
) -> None:
    bench = open_mirrored(mirror_browser, lab_script, "textarea", "我们加微信慢慢说")
    # The mirror lies over the field, and clicks go through it.
    bench.click_into()
    assert bench.page.evaluate("document.activeElement.matches('[data-composer]')") is True
    # A mark far above, out of sight: nothing is painted where it is not.
    bench.page.keyboard.press("Control+End")
    bench.page.evaluate("document.execCommand('insertText', false, '\\n好的'.repeat(1000))")
    bench.page.evaluate("document.querySelector('[data-composer]').scrollTop = 9999")
    eventually(bench.model, lambda model: len(model) > 3000)
    eventually(lambda: bench.page.evaluate(PIXELS, list(bench.page.screenshot(caret="hide"))), lambda box: box is None)
    mirrored = bench.mirrored()
    assert mirrored.startswith("我们加微信慢慢说\n好的")
    assert len(mirrored) < 600
    # Brought back, it is where the words are.
    bench.page.evaluate("document.querySelector('[data-composer]').scrollTop = 0")

    def distance() -> float:
        box = painted(bench)
        want = bench.page.evaluate(MIRROR_TRUTH, "加微信")
        return max(abs(box[0] - want[0]), abs(box[2] - want[1]))

    eventually(distance, lambda far: far <= 1.5)
    # No mark, no second layout.
    bench.click_into()
    bench.page.keyboard.press("Control+a")
    bench.page.keyboard.type("好的")
    eventually(bench.lit, lambda lit: lit == [])
    assert bench.mirrored() == ""
    bench.page.close()


def test_what_is_typed_reaches_the_mirror_also_when_the_field_scrolls_before_the_frame(
    mirror_browser: Browser, lab_script: Path
) -> None:
    bench = open_mirrored(mirror_browser, lab_script, "textarea", "我们加微信慢慢说")
    bench.click_into()
    bench.page.keyboard.press("Control+End")
    bench.page.evaluate(
        """() => {
          document.execCommand('insertText', false, '好');
          document.querySelector('[data-composer]').dispatchEvent(new Event('scroll'));
        }"""
    )
    eventually(bench.mirrored, lambda mirrored: mirrored == "我们加微信慢慢说好")
    bench.page.close()
