"""Every kind of text surface: read, mark, stay aligned, replace with undo kept. The page's framework must agree."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Playwright

from .conftest import SURFACES, Browser, Server, enrol, extension_id, launch
from .workbench import Workbench, all_nodes, eventually, texts

SAFE = "亲亲，有什么问题在这里跟我说就好，我一直都在的哦"
FRAMEWORKS = ["react", "vue", "prosemirror", "quill", "lexical", "slate"]
PLAIN = ["textarea", "input", "contenteditable", "plaintext-only", "open-shadow", "closed-shadow", "shadow-editable"]
FRAMES = ["iframe-srcdoc", "iframe-written", "reopened"]


class LabBench(Workbench):
    def model(self) -> str:
        return str(self.page.evaluate("window.model()")).replace("\ufeff", "")

    def click_into(self) -> None:
        """Into the middle of the composer, wherever it is: shadow roots and frames hide it from locators."""
        x, y, width, height = self.page.evaluate(FIND)
        self.page.mouse.click(x + width / 2, y + height / 2)

    def mirrored(self) -> str:
        """The text of our mirror, in its closed shadow root."""
        root = self.cdp.send("DOM.getDocument", {"depth": -1, "pierce": True})["root"]
        hosts = [node for node in all_nodes(root) if node["nodeName"] == "REPLYGUARD-MIRROR"]
        return "".join(text for host in hosts for text in texts(host))

    def lit(self) -> list[str]:
        """The lit words of every frame."""
        found: list[str] = []
        for frame in self.page.frames:
            for words in dict(frame.evaluate(FRAME_MARKS)).values():
                found += words
        return found


FIND = """() => {
  const frame = document.querySelector('iframe');
  const outer = frame ? frame.getBoundingClientRect() : {x: 0, y: 0};
  const inner = frame ? frame.contentDocument : document;
  const open = inner.querySelector('[data-composer]') ?? window.closed_;
  const r = open.getBoundingClientRect();
  return [outer.x + r.x, outer.y + r.y, r.width, r.height];
}"""
FRAME_MARKS = """() => [...CSS.highlights].map(([name, highlight]) => [name, [...highlight].map((range) => {
  if (range instanceof Range) return range.toString();
  const field = document.querySelector('textarea, input') ?? document.querySelector('my-composer')?.shadowRoot?.querySelector('textarea') ?? window.closed_;
  return field.value.slice(range.startOffset, range.endOffset);
}).filter(Boolean)])"""


@pytest.fixture
def lab(browser: Browser, lab_script: Path) -> Iterator[Browser]:
    browser.context.route("**/lab.js", lambda route: route.fulfill(path=lab_script))
    yield browser
    browser.context.unroute("**/lab.js")


def open_lab(browser: Browser, name: str) -> LabBench:
    page = browser.context.new_page()
    page.route("**/lab/*", lambda route: route.fulfill(path=SURFACES / "lab.html"))
    page.goto(f"https://dongdong.jd.com/lab/{name}.html")
    page.locator(f"html[data-ready={name}]").wait_for()
    return LabBench(page)


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


def painted(bench: LabBench) -> tuple[float, float, float, float]:
    """Where the mark's background is on the screen, in pixels: looked for in a screenshot, not asked of our own code."""
    bench.page.evaluate("document.activeElement.blur()")
    image = bench.page.screenshot(caret="hide", animations="disabled")
    box = bench.page.evaluate(PIXELS, list(image))
    assert box is not None, "no mark on the screen"
    return tuple(box)  # type: ignore[return-value]


PIXELS = """async (bytes) => {
  const image = await createImageBitmap(new Blob([new Uint8Array(bytes)], {type: 'image/png'}));
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0);
  const {data} = context.getImageData(0, 0, image.width, image.height);
  const scale = image.width / innerWidth;
  let left = Infinity, top = Infinity, right = -1, bottom = -1;
  // The block mark's ground: #dc2626 at 16 % on white.
  for (let y = 0; y < image.height; y++) for (let x = 0; x < image.width; x++) {
    const i = 4 * (y * image.width + x);
    if (Math.abs(data[i] - 249) < 3 && Math.abs(data[i + 1] - 220) < 3 && Math.abs(data[i + 2] - 220) < 3) {
      left = Math.min(left, x); right = Math.max(right, x + 1); top = Math.min(top, y); bottom = Math.max(bottom, y + 1);
    }
  }
  return right < 0 ? null : [left / scale, top / scale, right / scale, bottom / scale];
}"""
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


@pytest.fixture(scope="module")
def mirror_browser(
    playwright_: Playwright, server: Server, built: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    """A browser that cannot mark inside fields, as Firefox and older Chromium."""
    context: BrowserContext = launch(
        playwright_, tmp_path_factory.mktemp("mirror"), built, "--disable-blink-features=OpaqueRange"
    )
    browser = Browser(context, extension_id(context), server)
    enrol(context, browser.id, server)
    yield browser
    context.close()


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
