"""Our toolbar button, pressed: the pop-up opens over the tab and may look at it, as only a press allows (`activeTab`)."""

from __future__ import annotations

import base64
import itertools
import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from .workbench import eventually

KINDS = [{"type": "tab"}, {"type": "page"}]


class Toolbar:
    """Chromium's own protocol beside Playwright's connection, which sees neither toolbar nor pop-ups."""

    def __init__(self, remote: ClientConnection, extension: str) -> None:
        self._remote = remote
        self._extension = extension
        self._numbers = itertools.count(1)

    def call(self, method: str, session: str = "", **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        envelope = {"id": number, "method": method, "params": params} | ({"sessionId": session} if session else {})
        self._remote.send(json.dumps(envelope))
        while True:
            message = json.loads(self._remote.recv(timeout=60))
            if message.get("id") == number:
                assert "error" not in message, message
                return dict(message["result"])

    def _targets(self, kind: str, address: str) -> list[str]:
        targets = self.call("Target.getTargets", filter=KINDS)["targetInfos"]
        return [t["targetId"] for t in targets if t["type"] == kind and t["url"].startswith(address)]

    def press(self, address: str) -> Popup:
        """Presses the button over the tab that shows `address`."""
        self.call("Extensions.triggerAction", id=self._extension, targetId=self._targets("tab", address)[-1])
        popup = f"chrome-extension://{self._extension}/popup.html"
        target = eventually(lambda: self._targets("page", popup), bool)[-1]
        return Popup(self, self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"])

    def popups(self) -> int:
        return len(self._targets("page", f"chrome-extension://{self._extension}/popup.html"))


class Popup:
    def __init__(self, toolbar: Toolbar, session: str) -> None:
        self._toolbar = toolbar
        self._session = session

    def evaluate(self, expression: str) -> Any:
        call = self._toolbar.call
        answer = call("Runtime.evaluate", self._session, expression=expression, returnByValue=True, awaitPromise=True)
        return answer["result"].get("value")

    def text(self, selector: str) -> str:
        """What is shown there; "" while it is hidden."""
        return str(
            self.evaluate(f"(e => e && e.checkVisibility() ? e.textContent : '')(document.querySelector('{selector}'))")
        )

    def expect_text(self, selector: str, part: str) -> None:
        eventually(lambda: self.text(selector), lambda text: part in text)

    def in_scheme(self, scheme: str) -> None:
        """Light or dark, as the system would say."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self._toolbar.call("Emulation.setEmulatedMedia", self._session, features=features)

    def screenshot(self, path: Path, **_: Any) -> None:
        """The pop-up as it is on the screen, of its own size."""
        picture = self._toolbar.call("Page.captureScreenshot", self._session)["data"]
        path.write_bytes(base64.b64decode(picture))

    def click(self, selector: str) -> None:
        middle = "(r => [r.x + r.width / 2, r.y + r.height / 2])(document.querySelector('%s').getBoundingClientRect())"
        x, y = self.evaluate(middle % selector)
        for kind in ("mousePressed", "mouseReleased"):
            self._toolbar.call(
                "Input.dispatchMouseEvent", self._session, type=kind, x=x, y=y, button="left", clickCount=1
            )


@contextmanager
def toolbar(port: int, extension: str) -> Iterator[Toolbar]:
    """For a browser started with `--remote-debugging-port` and `--enable-unsafe-extension-debugging`."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/version") as answer:
        address = json.loads(answer.read())["webSocketDebuggerUrl"]
    with connect(address, max_size=None) as remote:
        yield Toolbar(remote, extension)
