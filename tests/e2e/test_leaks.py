"""Eight hours of work: a hundred conversations leave nothing behind."""

from __future__ import annotations

from .conftest import Browser
from .test_workbenches import describe
from .workbench import Workbench, eventually


def objects(bench: Workbench) -> dict[str, int]:
    """Live counts by the browser's own book-keeping, after a collection."""
    bench.cdp.send("HeapProfiler.enable")
    bench.cdp.send("HeapProfiler.collectGarbage")
    counters = bench.cdp.send("Memory.getDOMCounters")
    return {"nodes": counters["nodes"], "listeners": counters["jsEventListeners"]}


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
    for n in range(10, 110):
        switch(n)
    settled(109)
    after = objects(bench)
    # A handful of text nodes of the last card may still be held; a leak would be hundreds.
    assert after["nodes"] - before["nodes"] < 120, (before, after)
    assert after["listeners"] - before["listeners"] < 20, (before, after)
