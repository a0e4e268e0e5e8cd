"""Benchmark of the automaton: our reader and npm's engines in real Chromium, and Python's, in one run.

    python -m tests.benchmarks.automaton.run [--patterns 1500,rules] [--rounds 9] [--json FILE]

Installs npm's engines (tests/benchmarks/package.json) at its first run. docs/benchmarks.md explains the method and
keeps the figures of one run. Every engine's matches are compared with the Scanner's before anything is timed.
"""

from __future__ import annotations

import argparse
import base64
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import brotli
from playwright.sync_api import Browser, sync_playwright

from compiler.automaton import Scanner, unpack
from compiler.build import Builder
from compiler.packing import pack
from tests.benchmarks.automaton import corpus, python_engines

HERE = Path(__file__).parent
LOG_UNITS = 3_700_000
REPLIES = 1_000
COMPARED_UNITS = 100_000
MILLISECONDS = 30
"""About what one measurement takes; slow engines get less text for it."""
OURS, BARE, NPM_LONG, NPM_SHORT = "ReplyGuard", "bare charCodeAt loop", "fastest npm, log", "fastest npm, replies"
BARS: dict[str, dict[str, float]] = {
    "1500": {NPM_LONG: 10, NPM_SHORT: 7, BARE: 0.42, "bytes": 14, "pack ms": 10, "load ms": 3},
    "10000": {NPM_LONG: 7, NPM_SHORT: 6, "load ms": 3},
    "100000": {NPM_LONG: 4, NPM_SHORT: 4.5, "bytes": 15, "pack ms": 1000, "load ms": 3},
}


class Series(NamedTuple):
    """One engine: a value for each round."""

    weaker: str | None
    units: int
    long: list[float]
    """Million units a second on the log."""
    short: list[float]
    """Microseconds a reply."""


def milliseconds(action: Callable[[], Any]) -> float:
    start = time.perf_counter()
    action()
    return 1000 * (time.perf_counter() - start)


def merge(rounds: list[list[dict[str, Any]]]) -> dict[str, Series]:
    series: dict[str, Series] = {}
    for result in (result for one in rounds for result in one):
        entry = series.setdefault(result["name"], Series(result["weaker"], result["units"], [], []))
        entry.long.extend(result["long"])
        entry.short.extend(result["short"])
    return series


def compare(name: str, found: list[tuple[int, int, int]], expected: list[tuple[int, int, int]]) -> None:
    if found != expected:
        sys.exit(f"{name} finds {len(found)} matches, not the {len(expected)} that there are.")
    print(f"  {name}: the same {len(expected)} matches", flush=True)


def in_chromium(browser: Browser, script: str, data: dict[str, Any], rounds: int) -> tuple[dict[str, Series], Any]:
    page = browser.new_page()
    page.goto("about:blank")
    page.add_script_tag(content=script)
    page.add_script_tag(content=f"globalThis.input = {json.dumps(data)}")
    loads = page.evaluate("BENCH.loadTimes()")
    page.evaluate("BENCH.prepare", MILLISECONDS)
    expected = Scanner(data["patterns"]).scan(data["log"][:COMPARED_UNITS])
    for result in page.evaluate("BENCH.found", COMPARED_UNITS):
        compare(result["name"], [tuple(hit) for hit in result["hits"]], expected)
    series = merge([page.evaluate("BENCH.round()") for _ in range(rounds)])
    density = page.evaluate("BENCH.density()")
    page.close()
    return series, {
        "load first ms": loads[0],
        "load ms": min(loads),
        "load median ms": median(loads),
        "matches a unit": density,
    }


def in_python(data: dict[str, Any], rounds: int) -> dict[str, Series]:
    engines = [prepare(data["patterns"]) for prepare in python_engines.PREPARE]
    compared = data["log"][:COMPARED_UNITS]
    expected = Scanner(data["patterns"]).scan(compared)
    texts: dict[str, str] = {}
    for engine in engines:
        if engine.hits:
            hits = sorted(engine.hits(compared), key=lambda hit: (hit[1], hit[2], hit[0]))
            compare(engine.name, hits, expected)
        spent = milliseconds(lambda engine=engine: engine.run(compared))
        texts[engine.name] = data["log"][: int(COMPARED_UNITS * 4 * MILLISECONDS / spent)]

    def one_round() -> list[dict[str, Any]]:
        results = []
        for engine in engines:
            text = texts[engine.name]
            long = milliseconds(lambda engine=engine, text=text: engine.run(text))
            short = milliseconds(lambda engine=engine: [engine.run(reply) for reply in data["replies"]])
            results.append(
                {
                    "name": engine.name,
                    "weaker": engine.weaker,
                    "units": len(text),
                    "long": [len(text) / 1000 / long],
                    "short": [1000 * short / len(data["replies"])],
                }
            )
        return results

    return merge([one_round() for _ in range(rounds)])


def ratio(ours: list[float], others: list[float]) -> float:
    """Median over the rounds of one against the other in the same round: a busy machine slows both."""
    return median(a / b for a, b in zip(ours, others, strict=True))


def table(series: dict[str, Series]) -> list[str]:
    ours = series.get(OURS)
    lines = ["| engine | M units/s | µs a reply | ours is faster, log | replies |", "|---|---:|---:|---:|---:|"]
    for name, entry in series.items():
        against = ("", "")
        if ours and name != OURS:
            against = (f"{ratio(ours.long, entry.long):.2f} ×", f"{ratio(entry.short, ours.short):.2f} ×")
        star = "\\*" if entry.weaker else ""
        values = f"{median(entry.long):.1f} | {median(entry.short):.2f} | {against[0]} | {against[1]}"
        lines.append(f"| {name}{star} | {values} |")
    return lines


def figures(series: dict[str, Series], about: dict[str, float]) -> dict[str, float]:
    ours = series[OURS]
    rivals = [entry for name, entry in series.items() if not entry.weaker and name != OURS]
    return about | {
        NPM_LONG: min(ratio(ours.long, entry.long) for entry in rivals),
        NPM_SHORT: min(ratio(entry.short, ours.short) for entry in rivals),
        BARE: ratio(ours.long, series[BARE].long),
    }


def verdicts(name: str, values: dict[str, float]) -> list[str]:
    lines = []
    for key, bar in BARS.get(name, {}).items():
        at_most = key in ("bytes", "pack ms", "load ms")
        met = values[key] <= bar if at_most else values[key] >= bar
        lines.append(f"  {key}: {values[key]:.2f} (bar: {'≤' if at_most else '≥'} {bar}) {'met' if met else 'MISSED'}")
    return lines


def literals_of_rules() -> list[str]:
    """What the project's own rulebook looks for: thousands of them, many of one character."""
    release = Builder(HERE.parents[2] / "rules").build(examples=False).release
    assert release is not None, "rules/ does not compile"
    return unpack(release.automaton)


def main() -> int:
    parser = argparse.ArgumentParser(description="Benchmark of the automaton")
    parser.add_argument(
        "--patterns", default="1500,10000,100000,rules", help="numbers, or `rules` for the project's own"
    )
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", type=Path, help="write all figures there")
    options = parser.parse_args()

    if not (HERE.parent / "node_modules").exists():
        subprocess.run(["npm", "ci", "--no-fund", "--no-audit", "--loglevel=error"], cwd=HERE.parent, check=True)
    with tempfile.TemporaryDirectory() as directory:
        bundle = Path(directory) / "bench.js"
        subprocess.run(["node", HERE / "build.mjs", bundle], check=True)
        script = bundle.read_text(encoding="utf-8")

    everything: dict[str, Any] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", chromium_sandbox=False)
        print(f"Chromium {browser.version}, Python {sys.version.split()[0]}")
        for name in options.patterns.split(","):
            patterns = literals_of_rules() if name == "rules" else corpus.patterns(int(name))
            print(f"\n## {len(patterns)} patterns ({name})", flush=True)
            log = corpus.chat_log(LOG_UNITS, patterns)
            packed = pack(patterns)
            packing = [milliseconds(lambda patterns=patterns: pack(patterns)) for _ in range(9)]
            about = {
                "bytes": len(packed) / len(patterns),
                "bytes brotli": len(brotli.compress(packed)) / len(patterns),
                "pack ms": min(packing),  # a busy machine only adds
            }
            data = {"patterns": patterns, "log": log, "replies": corpus.replies(log, REPLIES)}
            series, more = in_chromium(
                browser, script, data | {"automaton": base64.b64encode(packed).decode()}, options.rounds
            )
            about |= more
            python = in_python(data, options.rounds)
            values = figures(series, about)
            print("\n".join(["", *table(series), "", *table(python), ""]))
            print("  " + ", ".join(f"{key} {value:.4g}" for key, value in about.items()))
            print("\n".join(verdicts(name, values)), flush=True)
            everything[name] = {
                "figures": values,
                "chromium": {name: entry._asdict() for name, entry in series.items()},
                "python": {name: entry._asdict() for name, entry in python.items()},
            }
        browser.close()
    for engine, why in sorted({(n, e["weaker"]) for r in everything.values() for g in ("chromium", "python")
                               for n, e in r[g].items() if e["weaker"]}):  # fmt: skip
        print(f"* {engine}: {why}")
    if options.json:
        options.json.write_text(json.dumps(everything, ensure_ascii=False, indent=1), encoding="utf-8")

    return 0


if __name__ == "__main__":
    sys.exit(main())
