"""What a person sees and does on a page in Firefox."""

from __future__ import annotations

import json
from typing import Any

from .bidi import Connection, Json, eventually, plain

KEYS = {
    "Enter": "\ue007",
    "Escape": "\ue00c",
    "Shift": "\ue008",
    "Control": "\ue009",
    "Alt": "\ue00a",
    "End": "\ue010",
    "Home": "\ue011",
    "ArrowDown": "\ue015",
}
MARKS = """Object.fromEntries([...CSS.highlights].map(([name, highlight]) =>
  [name.replace('replyguard-', ''), [...highlight].map(String).filter(Boolean)]).filter(([, words]) => words.length))"""


class FirefoxBench:
    def __init__(self, connection: Connection, context: str) -> None:
        self.connection = connection
        self.context = context

    def evaluate(self, expression: str) -> Any:
        answer = self.connection.call(
            "script.evaluate", expression=expression, target={"context": self.context}, awaitPromise=True
        )
        if answer["type"] == "exception":
            raise AssertionError(answer["exceptionDetails"]["text"])
        return plain(answer["result"])

    def eventually(self, expression: str) -> None:
        eventually(lambda: self.evaluate(f"Boolean({expression})"), bool)

    def close(self) -> None:
        self.connection.call("browsingContext.close", context=self.context)

    # -- hands --------------------------------------------------------------------------------------------------

    def press(self, *keys: str) -> None:
        """All of `keys` down together, then up: `press("Alt", "1")`."""
        values = [KEYS.get(key, key) for key in keys]
        actions = [{"type": "keyDown", "value": value} for value in values]
        actions += [{"type": "keyUp", "value": value} for value in reversed(values)]
        self._perform({"type": "key", "id": "keyboard", "actions": actions})

    def type(self, text: str) -> None:
        actions = [{"type": kind, "value": key} for key in _clusters(text) for kind in ("keyDown", "keyUp")]
        self._perform({"type": "key", "id": "keyboard", "actions": actions})

    def click_at(self, x: float, y: float) -> None:
        actions: list[Json] = [{"type": "pointerMove", "x": round(x), "y": round(y)}]
        actions += [{"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}]
        self._perform({"type": "pointer", "id": "mouse", "actions": actions})

    def click(self, selector: str) -> None:
        self.evaluate(f"document.querySelector({json.dumps(selector)}).scrollIntoView({{block: 'center'}})")
        box = f"(() => {{ const r = document.querySelector({json.dumps(selector)}).getBoundingClientRect();"
        x, y = self.evaluate(f"{box} return [r.x + r.width / 2, r.y + r.height / 2]; }})()")
        self.click_at(x, y)

    def _perform(self, source: Json) -> None:
        self.connection.call("input.performActions", context=self.context, actions=[source])

    # -- eyes ---------------------------------------------------------------------------------------------------

    def marks(self) -> dict[str, list[str]]:
        return dict(self.evaluate(MARKS))

    def expect_marks(self, **levels: list[str]) -> None:
        eventually(self.marks, lambda seen: seen == levels)

    def card(self) -> str:
        """All text of our open windows: their closed shadow trees are shown to nobody but the browser's own protocol."""
        answer = self.connection.call(
            "script.evaluate",
            expression="[...document.querySelectorAll('replyguard-overlay')]",
            target={"context": self.context},
            awaitPromise=False,
            serializationOptions={"maxDomDepth": None, "includeShadowTree": "all"},
        )
        return " ".join(text for node in answer["result"].get("value", []) for text in _texts(node))

    def expect_card(self, *parts: str) -> None:
        eventually(self.card, lambda text: all(part in text for part in parts))

    def expect_no_card(self) -> None:
        eventually(self.card, lambda text: text == "")

    def screenshot(self) -> str:
        """PNG, base64."""
        return str(self.connection.call("browsingContext.captureScreenshot", context=self.context)["data"])

    def text(self) -> str:
        return str(
            self.evaluate(
                "(e => 'value' in e ? e.value : e.innerText.trimEnd())(document.querySelector('[data-composer]'))"
            )
        )

    def sent(self) -> list[str]:
        return list(self.evaluate("window.sent"))


def _clusters(text: str) -> list[str]:
    """What one key can give: an emoji sequence is one key's worth, however many code points it has."""
    found: list[str] = []
    for character in text:
        joined = found and (character in "\u200d\ufe0f" or found[-1].endswith("\u200d"))
        if joined:
            found[-1] += character
        else:
            found.append(character)
    return found


def _texts(node: Json) -> list[str]:
    value = node.get("value") or {}
    if value.get("nodeType") == 3:
        return [value["nodeValue"]]
    children = [*value.get("children", []), *([value["shadowRoot"]] if value.get("shadowRoot") else [])]
    return [text for child in children for text in _texts(child)]
