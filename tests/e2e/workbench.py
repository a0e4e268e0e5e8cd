"""What a person sees and does on a workbench page: the composer, the marks, our card."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from playwright.sync_api import CDPSession, Error, Page

T = TypeVar("T")
OVERLAY = "REPLYGUARD-OVERLAY"


def eventually(get: Callable[[], T], holds: Callable[[T], bool], timeout: float = 30) -> T:
    """Asks until it holds; fails with the last answer."""
    end = time.monotonic() + timeout
    while True:
        value = get()
        if holds(value):
            return value
        if time.monotonic() > end:
            raise AssertionError(f"still {value!r} after {timeout} s")
        time.sleep(0.02)


class Workbench:
    def __init__(self, page: Page) -> None:
        self.page = page
        self.cdp: CDPSession = page.context.new_cdp_session(page)
        self.cdp.send("DOM.enable")

    # -- the composer -------------------------------------------------------------------------------------------

    @property
    def composer(self):  # type: ignore[no-untyped-def]
        return self.page.locator("[data-composer]:visible")

    def type(self, text: str) -> None:
        """Key by key, as a person types."""
        self.composer.click()
        self.page.keyboard.type(text)

    def press(self, key: str) -> None:
        """One key, and the frame that shows what it did: a person's next key comes later than that."""
        self.page.keyboard.press(key)
        self.page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")

    def text(self) -> str:
        return str(
            self.composer.evaluate(
                "e => 'value' in e ? e.value : e.innerText.replace(/\\n$/, '').replace(/\\uFEFF/g, '')"
            )
        )

    def sent(self) -> list[str]:
        """What the page's own send handler was given."""
        return list(self.page.evaluate("window.sent"))

    def ime(self, text: str, commit: str = "") -> None:
        """Composes `text`, leaving the composition open unless `commit` is given."""
        self.cdp.send("Input.imeSetComposition", {"text": text, "selectionStart": len(text), "selectionEnd": len(text)})
        if commit:
            self.cdp.send("Input.insertText", {"text": commit})

    # -- marks --------------------------------------------------------------------------------------------------

    def marks(self) -> dict[str, list[str]]:
        """Level → the words that are lit, read from the browser's own highlight registry."""
        return dict(self.page.evaluate(MARKS))

    def expect_marks(self, **levels: list[str]) -> None:
        eventually(self.marks, lambda seen: seen == levels)

    # -- our windows, which live in closed shadow roots -----------------------------------------------------------

    def _overlays(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []

        def walk(node: dict[str, Any]) -> None:
            if node["nodeName"] == OVERLAY:
                found.append(node)
                return
            for child in [*node.get("children", []), *node.get("shadowRoots", [])]:
                walk(child)
            if "contentDocument" in node:
                walk(node["contentDocument"])

        walk(self.cdp.send("DOM.getDocument", {"depth": -1, "pierce": True})["root"])
        return found

    def card(self) -> str:
        """All text of our open windows, "" when none is open."""
        return " ".join(" ".join(texts(node)) for node in self._overlays())

    def expect_card(self, *parts: str) -> str:
        return eventually(self.card, lambda text: all(part in text for part in parts))

    def expect_no_card(self) -> None:
        eventually(self.card, lambda text: text == "")

    def card_box(self) -> tuple[float, float, float, float]:
        """x, y, width, height of the first open window of ours."""
        return self._box(_find(self._overlays()[0], lambda node: attribute(node, "role") == "region"))

    def click_card(self, label: str) -> None:
        """A real click on the button of ours whose text or label contains `label`."""

        def button() -> dict[str, Any] | None:
            for overlay in self._overlays():
                for node in all_nodes(overlay):
                    name = " ".join(texts(node)) + (attribute(node, "aria-label") or "")
                    if node["nodeName"] == "BUTTON" and label in name:
                        return node
            return None

        def spot() -> tuple[float, float, float, float] | None:
            node = button()
            try:
                return self._box(node) if node else None
            except Error:
                # The card was drawn anew between finding the button and asking where it is.
                return None

        box = eventually(spot, lambda found: found is not None)
        assert box is not None
        x, y, width, height = box
        self.page.mouse.click(x + width / 2, y + height / 2)

    def _call(self, node: dict[str, Any], function: str) -> Any:
        handle = self.cdp.send("DOM.resolveNode", {"backendNodeId": node["backendNodeId"]})["object"]["objectId"]
        call = {"objectId": handle, "functionDeclaration": function, "returnByValue": True}
        return self.cdp.send("Runtime.callFunctionOn", call)["result"]["value"]

    def level_shape(self) -> str:
        """The outline of the level's sign on the card."""
        badge = _find(self._overlays()[0], lambda n: attribute(n, "class") == "level")
        return str(attribute(_find(badge, lambda n: n["nodeName"] == "path"), "d"))

    def contrasts(self) -> tuple[list[int], list[tuple[str, float]]]:
        """The card's ground, and of every text on it the contrast with what lies behind."""
        region = _find(self._overlays()[0], lambda n: attribute(n, "role") == "region")
        found = self._call(region, CONTRASTS)
        return found["ground"], [(text, ratio) for text, ratio in found["texts"]]

    def field_value(self, tag: str) -> str:
        """The value of a field in our window."""
        node = _find(self._overlays()[0], lambda n: n["nodeName"] == tag.upper())
        return str(self._call(node, "function () { return this.value; }"))

    def _box(self, node: dict[str, Any]) -> tuple[float, float, float, float]:
        self.cdp.send("DOM.scrollIntoViewIfNeeded", {"backendNodeId": node["backendNodeId"]})
        quad = self.cdp.send("DOM.getBoxModel", {"backendNodeId": node["backendNodeId"]})["model"]["border"]
        return quad[0], quad[1], quad[4] - quad[0], quad[5] - quad[1]


def all_nodes(node: dict[str, Any]) -> list[dict[str, Any]]:
    nodes = [node]
    for child in [*node.get("children", []), *node.get("shadowRoots", [])]:
        nodes += all_nodes(child)
    return nodes


def texts(node: dict[str, Any]) -> list[str]:
    return [n["nodeValue"] for n in all_nodes(node) if n["nodeType"] == 3]


def attribute(node: dict[str, Any], name: str) -> str | None:
    attributes = node.get("attributes", [])
    return dict(zip(attributes[::2], attributes[1::2], strict=True)).get(name)


def _find(node: dict[str, Any], holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    return next(n for n in all_nodes(node) if holds(n))


MARKS = """() => {
  const words = (range) => {
    if (range instanceof Range) return range.toString();
    // An OpaqueRange does not name its field; the one composer that has text is meant.
    const deep = (root) => [...root.querySelectorAll('*')].flatMap((e) => [e, ...(e.shadowRoot ? deep(e.shadowRoot) : [])]);
    const fields = deep(document).filter((e) => 'value' in e && e.createValueRange && e.value.length >= range.endOffset);
    return fields.map((e) => e.value.slice(range.startOffset, range.endOffset)).find((w) => w) ?? '';
  };
  const out = {};
  for (const [name, highlight] of CSS.highlights) {
    const found = [...highlight].map(words).filter(Boolean);
    if (found.length) out[name.replace('replyguard-', '')] = found;
  }
  return Object.entries(out);
}"""
CONTRASTS = """function () {
  const rgb = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
  const bright = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = rgb(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] > 0.99) return color;
    }
    return [255, 255, 255];
  };
  const texts = [];
  for (const element of this.querySelectorAll('*')) {
    const own = [...element.childNodes].filter((n) => n.nodeType === 3 && n.data.trim()).map((n) => n.data).join('');
    if (!own || !element.checkVisibility()) continue;
    const [a, b] = [bright(rgb(getComputedStyle(element).color)), bright(behind(element))].sort((x, y) => y - x);
    texts.push([own, Math.round(100 * (a + 0.05) / (b + 0.05)) / 100]);
  }
  return {ground: behind(this).slice(0, 3), texts};
}"""
