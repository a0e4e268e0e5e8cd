"""Eight hours of work: a hundred conversations leave nothing behind."""

from __future__ import annotations

from typing import Any

from .conftest import Browser
from .test_workbenches import describe
from .workbench import Workbench, eventually


def objects(bench: Workbench) -> dict[str, int]:
    """Live counts by the browser's own book-keeping, after a collection."""
    # The card that was is let go when the next frame draws the one that is.
    bench.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
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


def switch(bench: Workbench, n: int) -> None:
    bench.page.evaluate("([name, id]) => switchBuyer(name, id, '能刷信用卡吗')", [f"买家{n}", str(9000 + n)])
    bench.composer.fill("加微信" if n % 2 else "")


def nodes_of_the_page_alone(browser: Browser) -> int:
    """More of them after a hundred conversations where no script of ours runs: the field keeps what was typed, to undo it."""
    bench = browser.open("pdd", "https://bench.example/")
    bench.composer.click()
    for n in range(10):
        switch(bench, n)
    before = objects(bench)
    for n in range(10, 110):
        switch(bench, n)
    after = objects(bench)
    bench.page.close()
    return after["nodes"] - before["nodes"]


def test_a_hundred_conversations_leave_nothing_behind(browser: Browser) -> None:
    own = nodes_of_the_page_alone(browser)
    bench = browser.open("pdd")
    bench.type("加微信")
    bench.expect_card("不得引导买家用微信联系")

    def settled(n: int) -> None:
        eventually(lambda: describe(browser, bench), lambda s: s["buyer"] == str(9000 + n) and s["turns"] == 1)

    for n in range(10):
        switch(bench, n)
    settled(9)
    before = objects(bench)
    world = OurWorld(bench)
    held = {kind: world.alive(kind) for kind in KINDS}
    assert held["MutationObserver"] > 0, "looked into the wrong world"
    for n in range(10, 110):
        switch(bench, n)
    settled(109)
    after = objects(bench)
    assert {kind: world.alive(kind) - held[kind] for kind in KINDS} == dict.fromkeys(KINDS, 0)
    # The nodes of the last card may still be held; one a conversation would be a hundred.
    assert after["nodes"] - before["nodes"] - own < 60, (before, after, own)
    assert after["listeners"] - before["listeners"] < 20, (before, after)
