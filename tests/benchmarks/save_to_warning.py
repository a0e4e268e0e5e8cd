"""A rule file saved → the warning in an open page changed: the real server, the real extension, real Chromium.

    python -m tests.benchmarks.save_to_warning [saves] [rules/]

The project's whole rulebook is served. Each save is an editor's atomic rename of one file, in which the word that a rule
looks for changes; the page holds all words, and its own clock says when the mark has moved. Server, browser and this
script share the machine's clock. Each word is a new one: one that was there before costs a compiler less. Each stage is
told, from probes in the server (timed_server.py) and in the worker (its global functions, wrapped): the product itself
measures nothing.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import httpx
from playwright.sync_api import Worker, sync_playwright

from tests.e2e import conftest as e2e
from tests.e2e.workbench import MARKS, eventually

RULE = """topic: probe
title: 测速
rules:
  - id: probe.word
    title: 第{n}次测速
    level: warn
    find: [{word}]
    bad: [这里写着〔{word}〕]
    good: [您好]
"""
COLOURS = "红橙黄绿青蓝紫黑白灰粉棕金银"


def word(n: int) -> str:
    """What the rule looks for after n saves."""
    return f"{COLOURS[n // len(COLOURS)]}字{COLOURS[n % len(COLOURS)]}色测速词"


WAIT = (
    "(word) => new Promise((done) => { const marks = "
    + MARKS
    + "; const look = () => marks().some(([, words]) => words.includes(word))"
    " ? done(performance.timeOrigin + performance.now()) : setTimeout(look, 1); look(); })"
)
PROBE = """() => {
  const now = () => performance.timeOrigin + performance.now();
  self.probe = {};
  const first = (name) => { self.probe[name] ??= now(); };
  const last = (name) => { self.probe[name] = now(); };
  const digest = crypto.subtle.digest.bind(crypto.subtle);
  crypto.subtle.digest = (...call) => { if (call[1].byteLength > 4096) last("patched"); return digest(...call); };
  const { put } = IDBObjectStore.prototype;
  IDBObjectStore.prototype.put = function (...call) { if (this.name === "records") first("tested"); return put.apply(this, call); };
  const set = chrome.storage.local.set.bind(chrome.storage.local);
  chrome.storage.local.set = (values) => { if ("active" in values) first("announced"); return set(values); };
}"""
STAGES = {
    "watch": ("saved", "build began"),
    "compile": ("build began", "build ended"),
    "hand over": ("build ended", "publish began"),
    "sign, store": ("publish began", "pushed"),
    "push, verify, patch": ("pushed", "patched"),
    "load, self-test": ("patched", "tested"),
    "keep": ("tested", "announced"),
    "page: fetch, load, check": ("announced", "marked"),
}


def start(rules: Path, data: Path) -> e2e.Server:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.server.timed_server", str(rules), str(data)],
        cwd=e2e.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    return e2e.Server(process.stdout.readline().strip(), rules, process)


def next_release(server: e2e.Server, channel: str) -> dict[str, Any]:
    assert server.process.stdout is not None
    while (told := json.loads(server.process.stdout.readline()))["channel"] != channel:
        pass
    return dict(told)


def sequence(server: e2e.Server) -> int:
    return int(httpx.get(f"{server.url}/v1/build").json()["sequence"])


def one_save(bench: Any, worker: Worker, server: e2e.Server, probe: Path, channel: str, n: int) -> dict[str, float]:
    """When each stage was reached, ms since the epoch."""
    bench.page.evaluate(f"(word) => {{ window.changed = ({WAIT})(word); }}", word(n))
    worker.evaluate("() => { self.probe = {}; }")
    draft = probe.with_name(".probe.tmp")
    # A number that never was: what a browser has kept it does not fetch again.
    draft.write_text(RULE.format(word=word(n), n=n), encoding="utf-8")
    saved = time.time() * 1000
    os.replace(draft, probe)
    marked = bench.page.evaluate("window.changed")
    told = next_release(server, channel)
    seconds = {
        "build began": told["build"][0],
        "build ended": told["build"][1],
        "publish began": told["publish"][0],
        "pushed": told["pushed"],
    }
    reached = {name: at * 1000 for name, at in seconds.items()}
    return {"saved": saved, **reached, **worker.evaluate("() => self.probe"), "marked": marked}


def main(saves: int, source: Path) -> None:
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        root = Path(name)
        rules = root / "rules"
        shutil.copytree(source, rules)
        probe = rules / "probe.yaml"
        probe.write_text(RULE.format(word=word(0), n=0), encoding="utf-8")
        server = start(rules, root / "data")
        eventually(lambda: httpx.get(f"{server.url}/readyz").status_code, lambda code: code == 200, timeout=120)
        eventually(
            lambda: httpx.get(f"{server.url}/v1/build").json()["state"], lambda state: state == "ok", timeout=120
        )
        context = e2e.launch(playwright, root / "profile", e2e.EXTENSION / "dist")
        try:
            browser = e2e.Browser(context, e2e.extension_id(context), server)
            e2e.enrol(context, browser.id, server)
            bench = browser.open("pdd")
            bench.type("，".join(map(word, range(saves + 3))))
            bench.page.evaluate(WAIT, word(0))
            (worker,) = context.service_workers
            worker.evaluate(PROBE)
            channel = httpx.get(f"{server.url}/v1/enrol").json()["default_channel"]
            next_release(server, channel)
            taken: list[dict[str, float]] = []
            for n in range(1, saves + 3):  # the first two warm up
                before = sequence(server)
                taken.append(one_save(bench, worker, server, probe, channel, n))
                # The other channels of this save, and the compiler's work in idle moments; as between a person's saves.
                eventually(lambda: sequence(server), lambda now, before=before: now > before, timeout=120)
                bench.page.wait_for_timeout(500)
            report(taken[2:])
        finally:
            context.close()
            assert server.process.stdin is not None
            server.process.stdin.close()
            server.process.wait()


def report(taken: list[dict[str, float]]) -> None:
    def line(stage: str, values: list[float]) -> None:
        cuts = quantiles(values, n=20)
        print(f"{stage:26} p50 {median(values):7.1f} ms   p95 {cuts[18]:7.1f} ms   best {min(values):7.1f} ms")

    for stage, (begin, end) in STAGES.items():
        line(stage, [times[end] - times[begin] for times in taken])
    line("save → warning changed", [times["marked"] - times["saved"] for times in taken])
    print(f"{len(taken)} saves, load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40, Path(sys.argv[2]) if len(sys.argv) > 2 else e2e.ROOT / "rules")
