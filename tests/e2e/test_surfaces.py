"""Every kind of text surface: read, mark, stay aligned, replace with undo kept. The page's framework must agree."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import Browser
from .lab import LabBench, open_lab, painted
from .workbench import eventually

SAFE = "亲亲，有什么问题在这里跟我说就好，我一直都在的哦"
FRAMEWORKS = ["react", "vue", "prosemirror", "quill", "lexical", "slate"]
PLAIN = ["textarea", "input", "contenteditable", "plaintext-only", "open-shadow", "closed-shadow", "shadow-editable"]
FRAMES = ["iframe-srcdoc", "iframe-written", "reopened"]


@pytest.fixture
def lab(browser: Browser, lab_script: Path) -> Iterator[Browser]:
    browser.context.route("**/lab.js", lambda route: route.fulfill(path=lab_script))
    yield browser
    browser.context.unroute("**/lab.js")


@pytest.mark.parametrize("name", [*PLAIN, *FRAMEWORKS, *FRAMES])
def test_a_surface_is_read_marked_replaced_and_undone(lab: Browser, name: str) -> None:
    bench = open_lab(lab, name)
    bench.click_into()
    # Emoji before the words: offsets are UTF-16 units everywhere.
    bench.page.keyboard.type("😀👨‍👩‍👧亲加微信")
    eventually(bench.lit, lambda lit: lit == ["加微信"])
    bench.expect_card("不得引导买家用微信联系")
    bench.page.evaluate("window.rest()")
    bench.page.keyboard.press("Alt+1")
    eventually(bench.model, lambda model: model == SAFE)
    eventually(bench.lit, lambda lit: lit == [])
    bench.page.keyboard.press("Control+z")
    eventually(bench.model, lambda model: model == "😀👨‍👩‍👧亲加微信")
    eventually(bench.lit, lambda lit: lit == ["加微信"])
    # It goes on as if nothing had been there.
    bench.press("End")
    bench.page.keyboard.type("嗯")
    eventually(bench.model, lambda model: model == "😀👨‍👩‍👧亲加微信嗯")


LISTEN = """() => {
  window.keys = [];
  const view = document.querySelector('iframe')?.contentWindow ?? window;
  view.addEventListener('keydown', (event) => event.key === 'Enter' && !event.altKey && window.keys.push(event.key), true);
}"""


@pytest.mark.parametrize("name", [*PLAIN, *FRAMEWORKS, *FRAMES])
def test_a_send_is_held_wherever_it_is_typed(lab: Browser, name: str) -> None:
    bench = open_lab(lab, name)
    bench.page.evaluate(LISTEN)
    bench.click_into()
    bench.page.keyboard.type("加微信")
    eventually(bench.lit, lambda lit: lit == ["加微信"])
    bench.page.keyboard.press("Enter")
    bench.expect_card("已拦下")
    assert bench.page.evaluate("window.keys") == []
    assert bench.model() == "加微信"
    bench.page.keyboard.press("Alt+Enter")
    eventually(lambda: bench.page.evaluate("window.keys"), lambda keys: keys == ["Enter"])


@pytest.mark.parametrize("name", ["textarea", "contenteditable", "prosemirror", "quill", "lexical", "slate"])
def test_two_lines_keep_their_offsets(lab: Browser, name: str) -> None:
    bench = open_lab(lab, name)
    bench.click_into()
    bench.page.keyboard.type("第一行")
    bench.page.keyboard.press("Shift+Enter")
    bench.page.keyboard.type("第二行加微信")
    eventually(bench.lit, lambda lit: lit == ["加微信"])
    bench.press("Home")
    bench.page.keyboard.type("嗯")
    eventually(bench.model, lambda model: "嗯" in model)
    eventually(bench.lit, lambda lit: lit == ["加微信"])


TRUTH = """(words) => {
  const frame = document.querySelector('iframe');
  // In the pixels of the outer page, in which the screenshot is.
  const edges = ({left, right}) => {
    if (!frame) return [left, right];
    const box = frame.getBoundingClientRect();
    const scale = box.width / frame.contentWindow.innerWidth;
    return [box.left + left * scale, box.left + right * scale];
  };
  const composer = (frame?.contentDocument ?? document).querySelector('[data-composer]') ?? window.closed_;
  if (!('value' in composer)) {
    const walker = document.createTreeWalker(composer, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const at = walker.currentNode.data.indexOf(words);
      if (at < 0) continue;
      const range = new Range();
      range.setStart(walker.currentNode, at);
      range.setEnd(walker.currentNode, at + words.length);
      return edges(range.getBoundingClientRect());
    }
  }
  const at = composer.value.indexOf(words);
  return edges(composer.createValueRange(at, at + words.length).getBoundingClientRect());
}"""


def expect_aligned(bench: LabBench) -> None:
    """The mark's edges are those of the glyphs, within a pixel."""

    def distance() -> float:
        left, _, right, _ = painted(bench)
        want_left, want_right = bench.page.evaluate(TRUTH, "加微信")
        return max(abs(left - want_left), abs(right - want_right))

    eventually(distance, lambda far: far <= 1.5)


@pytest.mark.parametrize("name", [*PLAIN, *FRAMEWORKS, *FRAMES])
def test_marks_stay_on_the_words_through_typing_scroll_resize_and_zoom(lab: Browser, name: str) -> None:
    bench = open_lab(lab, name)
    bench.click_into()
    bench.page.keyboard.type("可以的亲，我们加微信慢慢说")
    eventually(bench.lit, lambda lit: lit == ["加微信"])
    bench.page.keyboard.press("Escape")
    bench.expect_no_card()
    expect_aligned(bench)
    bench.click_into()
    bench.press("Home")  # Slate learns of the caret's place when the browser tells it, not from the key
    bench.page.keyboard.type("😀w ")
    eventually(bench.model, lambda model: model.startswith("😀w"))
    eventually(bench.lit, lambda lit: lit == ["加微信"])
    expect_aligned(bench)
    bench.page.evaluate("scrollBy(0, 120)")
    expect_aligned(bench)
    bench.page.set_viewport_size({"width": 900, "height": 700})
    expect_aligned(bench)
    bench.page.evaluate("document.documentElement.style.zoom = 1.25")
    expect_aligned(bench)


SCROLL = """(top) => {
  const composer = document.querySelector('[data-composer]');
  composer.style.cssText += ';height:60px;max-height:60px;min-height:0;overflow:auto';
  composer.scrollTop = top;
  return composer.scrollTop;
}"""


@pytest.mark.parametrize("name", ["textarea", "contenteditable", "react"])
def test_marks_stay_on_the_words_while_the_composer_scrolls(lab: Browser, name: str) -> None:
    bench = open_lab(lab, name)
    bench.click_into()
    bench.page.evaluate("(text) => document.execCommand('insertText', false, text)", "好的\n" * 12)
    bench.page.keyboard.type("我们加微信慢慢说")
    eventually(bench.lit, lambda lit: lit == ["加微信"])
    bench.page.keyboard.press("Escape")
    bench.expect_no_card()
    assert bench.page.evaluate(SCROLL, 9999) > 100, "nothing to scroll"
    expect_aligned(bench)
    # Somewhat back: the words move, and the mark with them.
    bench.page.evaluate("document.querySelector('[data-composer]').scrollTop -= 20")
    expect_aligned(bench)


CHANGE = """(now) => {
  const composer = document.querySelector('[data-composer]') ?? document.querySelector('iframe')?.contentDocument.querySelector('[data-composer]') ?? window.closed_;
  // In one breath: nobody is told between the change and the key.
  if ('value' in composer) composer.value = now;
  else {
    const walker = document.createTreeWalker(composer, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) if (walker.currentNode.data.includes('加微信')) walker.currentNode.data = now;
  }
  const init = {key: '1', code: 'Digit1', altKey: true, bubbles: true, composed: true, cancelable: true};
  const root = composer.getRootNode();
  (root.activeElement ?? composer).dispatchEvent(new composer.ownerDocument.defaultView.KeyboardEvent('keydown', init));
  return 'value' in composer ? composer.value : composer.textContent.replaceAll('\\uFEFF', '');
}"""


@pytest.mark.parametrize("name", [*PLAIN, *FRAMEWORKS, "iframe-srcdoc"])
def test_what_changed_at_the_last_moment_is_not_replaced(lab: Browser, name: str) -> None:
    bench = open_lab(lab, name)
    bench.click_into()
    bench.page.keyboard.type("加微信")
    eventually(bench.lit, lambda lit: lit == ["加微信"])
    bench.expect_card(SAFE)
    assert bench.page.evaluate(CHANGE, "换了别的话") == "换了别的话"
    assert SAFE not in bench.model()
