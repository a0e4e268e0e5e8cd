"""What a keystroke costs the page, in real Chromium with the real extension.

    .venv/bin/python -m tests.benchmarks.extension.bench_keystroke [--rules rules/]

Method: a textarea (OpaqueRange and mirror) and a contenteditable hold 500 or 5,000 characters of chat with three findings
at their end, the worst place for a mirror; a key is typed there 800 times. Our listeners run in the isolated world, so the
cost is read from the browser's own sampling: `Performance.getMetrics` ScriptDuration + LayoutDuration +
RecalcStyleDuration per key, in CPU time of the main thread (`threadTicks`, so that a busy machine's other work is not
counted), medians of runs of 20 keys; the same page at an address where no script of ours runs is subtracted. The first
200 keys in a page, which V8 has not optimised our code for yet, are told apart from the 600 after them. "Card open" is
the same with the card beside the composer. Read the numbers as ratios to the page's own.
"""

from __future__ import annotations

import json
import statistics
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.e2e.conftest import ROOT, Browser, Server, enrol, extension_id, launch
from tests.e2e.workbench import Workbench, eventually

from .setting import rulebook, setting

CHAT = "亲您好，这款现在有现货的，拍下以后我们会按付款顺序尽快安排，请您放心哦。"
KEYS = 20
"""Of a run."""
COLD, RUNS = 10, 40
"""Runs of the first keys, and all."""
LENGTHS = (500, 5000)
METRICS = ("ScriptDuration", "LayoutDuration", "RecalcStyleDuration")


def metrics(bench: Workbench) -> dict[str, float]:
    found = {m["name"]: m["value"] for m in bench.cdp.send("Performance.getMetrics")["metrics"]}
    return {name: found[name] for name in METRICS}


def per_key(bench: Workbench) -> tuple[float, float]:
    """Milliseconds of main-thread work a key: of the first ones in this page, and of the others."""
    runs = []
    for _ in range(RUNS):
        before = metrics(bench)
        for _ in range(KEYS // 2):
            bench.page.keyboard.press("a")
            bench.page.keyboard.press("Backspace")
        # Two frames, so that what was put off is counted too.
        bench.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        after = metrics(bench)
        runs.append(1000 * sum(after[name] - before[name] for name in METRICS) / KEYS)
    return statistics.median(runs[:COLD]), statistics.median(runs[COLD:])


def measure(browser: Browser, name: str, length: int) -> dict[str, float]:
    text = (CHAT * (length // len(CHAT) + 1))[: length - 20] + "加微信，全网最低价，今天给您发货"
    out = {}
    for state in ("page", "closed", "open"):
        bench = browser.open(name, "" if state != "page" else "https://bench.example/")
        bench.cdp.send("Performance.enable", {"timeDomain": "threadTicks"})
        bench.composer.click()
        bench.page.keyboard.insert_text(text)
        if state != "page":
            eventually(bench.marks, lambda marks: "block" in marks, timeout=30)
            bench.expect_card("1/")
        if state == "closed":
            bench.page.keyboard.press("Escape")
            bench.expect_no_card()
        out[state] = per_key(bench)
        bench.page.close()
    page = out["page"][1]
    return {
        "page": page,
        "ours": out["closed"][1] - page,
        "card": out["open"][1] - page,
        "first": out["closed"][0] - out["page"][0],
        "first_card": out["open"][0] - out["page"][0],
    }


def measure_all(server: Server, dist: Path, folder: Path) -> dict[str, dict[str, float]]:
    """Every surface and length, printed as they come."""
    results: dict[str, dict[str, float]] = {}
    with sync_playwright() as playwright:
        for surface, flags in (("opaque-range", ()), ("mirror", ("--disable-blink-features=OpaqueRange",))):
            context = launch(playwright, folder / surface, dist, *flags)
            browser = Browser(context, extension_id(context), server)
            enrol(context, browser.id, server)
            for name in ("pdd", "jd-dongdong") if not flags else ("pdd",):
                for length in LENGTHS:
                    key = f"{surface if name == 'pdd' else 'contenteditable'} {length}"
                    results[key] = measure(browser, name, length)
                    r = results[key]
                    print(
                        f"{key:21} page {r['page']:.3f} ms  ours {r['ours']:.3f} ms = {r['ours'] / r['page']:.2f} of it"
                        f"  card open {r['card']:.3f} ms = {r['card'] / r['page']:.2f}"
                        f"  first 200 keys {r['first']:.3f} ({r['first_card']:.3f})",
                        flush=True,
                    )
            context.close()
    return results


def main() -> None:
    with setting(rulebook(__doc__)) as (folder, dist, server):
        results = measure_all(server, dist, folder)
    size = (dist / "content.js").stat().st_size
    print(f"content script {size / 1024:.1f} KB of 120 KB")
    out = ROOT / ".benchmarks"
    out.mkdir(exist_ok=True)
    (out / "keystroke.json").write_text(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
