"""Eight hours of work: a hundred conversations leave nothing behind."""

from __future__ import annotations

from typing import Any

from .conftest import Browser
from .test_workbenches import describe
from .workbench import Workbench, eventually


def objects(bench: Workbench) -> dict[str, int]:
    """Live counts by the browser's own book-keeping, after a collection."""
    bench.cdp.send("HeapProfiler.enable")
    bench.cdp.send("HeapProfiler.collectGarbage")
    counters = bench.cdp.send("Memory.getDOMCounters")
    return {"nodes": counters["nodes"], "listeners": counters["jsEventListeners"]}


KINDS = ("MutationObserver", "ResizeObserver", "AbortController", "Range", "Highlight")


class OurWorld:
    """The isolated world of our content script, by the debugging protocol."""

    def __init__(self, bench: Workbench) -> None:
        self._cdp = bench.cdp
        worlds: list[int] = []

        def created(event: dict[str, Any]) -> None:
            if event["context"]["origin"].startswith("chrome-extension://"):
                worlds.append(event["context"]["id"])

        self._cdp.on("Runtime.executionContextCreated", created)
        self._cdp.send("Runtime.enable")
        self._world = eventually(lambda: worlds, bool)[-1]

    def alive(self, kind: str) -> int:
        """Objects of that kind which a collection does not take."""
        prototype = self._cdp.send("Runtime.evaluate", {"expression": f"{kind}.prototype", "contextId": self._world})[
            "result"
        ]["objectId"]
        found = self._cdp.send("Runtime.queryObjects", {"prototypeObjectId": prototype})["objects"]["objectId"]
        count = self._cdp.send(
            "Runtime.callFunctionOn",
            {"objectId": found, "functionDeclaration": "function () { return this.length; }", "returnByValue": True},
        )
        self._cdp.send("Runtime.releaseObject", {"objectId": found})
        return int(count["result"]["value"])


def test_a_hundred_conversations_leave_nothing_behind(browser: Browser) -> None:
    bench = browser.open("pdd")
    bench.type("加微信")
    bench.expect_card("不得引导买家用微信联系")

    def switch(n: int) -> None:
        bench.page.evaluate("([name, id]) => switchBuyer(name, id, '能刷信用卡吗')", [f"买家{n}", str(9000 + n)])
        bench.composer.fill("加微信" if n % 2 else "")

    def settled(n: int) -> None:
        eventually(lambda: describe(browser, bench), lambda s: s["buyer"] == str(9000 + n) and s["turns"] == 1)

    for n in range(10):
        switch(n)
    settled(9)
    before = objects(bench)
    world = OurWorld(bench)
    held = {kind: world.alive(kind) for kind in KINDS}
    assert held["MutationObserver"] > 0, "looked into the wrong world"
    for n in range(10, 110):
        switch(n)
    settled(109)
    after = objects(bench)
    assert {kind: world.alive(kind) - held[kind] for kind in KINDS} == dict.fromkeys(KINDS, 0)
    # A handful of text nodes of the last card may still be held; a leak would be hundreds.
    assert after["nodes"] - before["nodes"] < 120, (before, after)
    assert after["listeners"] - before["listeners"] < 20, (before, after)
