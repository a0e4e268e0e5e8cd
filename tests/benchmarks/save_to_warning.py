"""A rule file saved → the warning in an open page changed: the real server, the real extension, real Chromium.

    python -m tests.benchmarks.save_to_warning [saves]

The project's whole rulebook is served. Each save is an editor's atomic rename of one file, in which the word that a rule
looks for changes; the page holds both words, and its own clock says when the mark has moved. Server, browser and this
script share the machine's clock.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from statistics import quantiles

import httpx
from playwright.sync_api import sync_playwright

from tests.e2e import conftest as e2e
from tests.e2e.workbench import MARKS, eventually

RULE = """topic: probe
title: 测速
rules:
  - id: probe.word
    title: 测速
    level: warn
    find: [{word}]
    bad: [这里写着〔{word}〕]
    good: [您好]
"""
WORDS = ("蓝色测速词", "红色测速词")
WAIT = (
    "(word) => new Promise((done) => { const marks = "
    + MARKS
    + "; const look = () => marks().some(([, words]) => words.includes(word))"
    " ? done(performance.timeOrigin + performance.now()) : setTimeout(look, 1); look(); })"
)


def main(saves: int) -> None:
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        root = Path(name)
        rules = root / "rules"
        shutil.copytree(e2e.ROOT / "rules", rules)
        probe = rules / "probe.yaml"
        probe.write_text(RULE.format(word=WORDS[0]), encoding="utf-8")
        server = e2e.start_server(rules, root / "data")
        eventually(lambda: httpx.get(f"{server.url}/readyz").status_code, lambda code: code == 200, timeout=60)
        context = e2e.launch(playwright, root / "profile", e2e.EXTENSION / "dist")
        try:
            browser = e2e.Browser(context, e2e.extension_id(context), server)
            e2e.enrol(context, browser.id, server)
            bench = browser.open("pdd")
            bench.type(f"{WORDS[0]}和{WORDS[1]}")
            bench.page.evaluate(WAIT, WORDS[0])
            taken: list[float] = []
            for n in range(saves + 2):  # the first two warm up
                word = WORDS[(n + 1) % 2]
                bench.page.evaluate(f"(word) => {{ window.changed = ({WAIT})(word); }}", word)
                draft = rules / ".probe.tmp"
                draft.write_text(RULE.format(word=word), encoding="utf-8")
                saved = time.time() * 1000
                os.replace(draft, probe)
                taken.append(bench.page.evaluate("window.changed") - saved)
            cuts = quantiles(taken[2:], n=20)
            load = os.getloadavg()[0]
            print(
                f"save → warning changed, {saves} saves, load {load:.1f}: p50 {cuts[9]:.0f} ms, p95 {cuts[18]:.0f} ms"
            )
        finally:
            context.close()
            server.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
