"""The authoring page while one types: from the last key to what the draft does, the real server, real Chromium, 300 rules.

    python -m tests.benchmarks.draft [keys] [rules/]

Each round types one more phrase into a rule and holds the reply that it catches in the trial chat. Told are medians: the
answer of the first request (places and hints; the release), that of the second (all affected examples), and the time
from the key to the mark in the chat, of which the pause that the page waits for is a part.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median, quantiles

from playwright.sync_api import Page, expect, sync_playwright

from tests.benchmarks import rulebooks
from tests.e2e.conftest import CHROMIUM, ROOT

RULES, FILES = 300, 12
PAUSE = 150
"""Milliseconds: PAUSE of extension/src/authoring/drafting.ts."""
WATCH = """() => {
  const { fetch } = window;
  window.asked = [];
  window.fetch = async (...call) => {
    const began = performance.now();
    const answer = await fetch(...call);
    if (String(call[0]).includes("/v1/compile")) {
      const clone = answer.clone();
      window.asked.push([began, performance.now(), String(call[1].body).includes('"examples":true')]);
      await clone.arrayBuffer();
    }
    return answer;
  };
  addEventListener("keydown", () => (window.pressed = performance.now()), true);
}"""
PAINT = """() => [performance.getEntriesByName("first-contentful-paint")[0].startTime,
  performance.getEntriesByName("rules-shown")[0].startTime]"""
MARKED = """(word) => new Promise((done) => {
  const look = () => [...(CSS.highlights.get("trial-block") ?? [])].some((range) => String(range) === word)
    ? done(performance.now() - window.pressed) : requestAnimationFrame(look);
  look();
})"""


def serve(rules: Path, data: Path) -> tuple[subprocess.Popen[str], str]:
    command = [sys.executable, "-m", "server.cli", "serve", "--rules", str(rules), "--data", str(data), "--port", "0"]
    process = subprocess.Popen([*command, "--local-author"], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(r"http://127\.0\.0\.1:\d+", line):
            return process, found[0]
    raise RuntimeError("the server did not start")


def measure(page: Page, keys: int) -> None:
    ready = page.locator("#status[data-state=ok][aria-busy=false]")
    expect(ready).to_be_visible(timeout=60_000)
    page.evaluate(WATCH)
    content = page.locator("#editor .cm-content")
    content.click()
    marked, first, second = [], [], []
    reply = page.locator(".reply-box")
    for n in range(keys):
        word = f"试测{n}号词"
        reply.fill(f"您好{word}")
        content.focus()
        page.keyboard.press("Control+Home")
        page.keyboard.press("Control+f")
        page.locator("#editor .cm-search [name=search]").fill("find: [")
        for key in ("End", "Enter", "Escape", "ArrowRight"):
            page.keyboard.press(key)
        page.evaluate("() => { window.asked.length = 0 }")
        page.keyboard.insert_text(f"{word},")
        page.keyboard.press("Space")
        marked.append(page.evaluate(MARKED, word))
        expect(ready).to_be_visible(timeout=60_000)
        for began, ended, examples in page.evaluate("() => window.asked"):
            (second if examples else first).append(ended - began)

    def told(values: list[float]) -> str:
        return f"{median(values):.0f} ms (90 %: {quantiles(values, n=10)[-1]:.0f})"

    print(
        f"{keys} edits: request to answer {told(first)}, with all affected examples {told(second)}; "
        f"last key to mark {told(marked)}, {PAUSE} of it the pause; load {os.getloadavg()[0]:.1f}"
    )


def main() -> None:
    keys = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        rules = Path(folder) / "rules"
        if len(sys.argv) > 2:
            shutil.copytree(sys.argv[2], rules)
        else:
            rulebooks.write(rules, RULES, FILES)
        process, url = serve(rules, Path(folder) / "data")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, chromium_sandbox=False)
        try:
            page = browser.new_page(viewport={"width": 1366, "height": 768})
            page.goto(f"{url}/author")
            page.locator("#status[data-state=ok]").wait_for(timeout=60_000)
            paints = []
            for _ in range(5):
                page.reload()
                page.locator("#status[data-state=ok]").wait_for(timeout=60_000)
                paints.append(page.evaluate(PAINT))
            print(
                f"first contentful paint {median(p for p, _ in paints):.0f} ms, the rules {median(r for _, r in paints):.0f} ms"
            )
            measure(page, keys)
        finally:
            browser.close()
            process.terminate()
            process.wait(timeout=20)


if __name__ == "__main__":
    main()
