"""One text surface a page (`tests/fixtures/surfaces`), and where its marks really are on the screen."""

from __future__ import annotations

from .conftest import SURFACES, Browser
from .workbench import Workbench, all_nodes, texts


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


def open_lab(browser: Browser, name: str) -> LabBench:
    page = browser.context.new_page()
    page.route("**/lab/*", lambda route: route.fulfill(path=SURFACES / "lab.html"))
    page.goto(f"https://dongdong.jd.com/lab/{name}.html")
    page.locator(f"html[data-ready={name}]").wait_for()
    return LabBench(page)


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
