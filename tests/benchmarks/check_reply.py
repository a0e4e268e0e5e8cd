"""A full check in real Chromium: an 80-character reply with a conversation, by rulebooks of growing size.

    python -m tests.benchmarks.check_reply

The project's own rulebook, and generated ones of 300 to 5,000 rules, on the same replies: sentences made of the project's
own compliant examples; its own also on replies made of its violations, which are read for all rules (`harmless.ts`).
Microseconds a check, median of rounds; the buyer's messages are read already, as in a page.
A bare `charCodeAt` loop over the same replies tells how fast the machine was.
"""

from __future__ import annotations

import base64
import os
import random
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from compiler.build import Builder, Release
from compiler.examples import parse
from compiler.rulebook import Reader
from tests.benchmarks import rulebooks

ROOT = Path(__file__).parents[2]
MEASURE = """([name, talks]) => {
  const rounds = [];
  for (let round = 0; round < 60; round++) {
    const start = performance.now();
    for (const talk of talks) RG.checkOne(name, talk);
    rounds.push((performance.now() - start) * 1000 / talks.length);
  }
  let sum = 0;
  const start = performance.now();
  for (let n = 0; n < 200; n++) for (const { reply } of talks) for (let i = 0; i < reply.length; i++) sum += reply.charCodeAt(i);
  const bare = (performance.now() - start) * 1000 / talks.length / 200;
  rounds.sort((a, b) => a - b);
  return [rounds[30], rounds[0], bare, sum];
}"""


def conversations(*, compliant: bool = True) -> list[dict[str, Any]]:
    """300 replies of 70 to 90 characters, each after two buyer messages."""
    book = Reader(ROOT / "rules").read()
    sources = [rule.source.good if compliant else rule.source.bad for rule in book.rules]
    examples = [parse(text) for texts in sources for text in texts]
    replies = [e.reply for e in examples if e.reply]
    asked = [turn.text for e in examples for turn in e.turns if turn.role == "buyer"] or ["在吗"]
    chooser = random.Random(7)
    talks = []
    while len(talks) < 300:
        reply = ""
        while len(reply) < 70:
            reply += chooser.choice(replies) + "，"
        turns = [{"role": "buyer", "text": chooser.choice(asked)} for _ in range(2)]
        talks.append({"platform": "tmall", "category": "", "facts": {}, "turns": turns, "reply": reply[:90]})
    return talks


def measure(page: Page, name: str, release: Release, talks: list[dict[str, Any]]) -> None:
    parts = [base64.b64encode(part).decode() for part in (release.bundle, release.automaton)]
    page.evaluate("([name, bundle, automaton]) => { RG.loadRelease(name, bundle, automaton); }", [name, *parts])
    middle, best, bare, _ = page.evaluate(MEASURE, [name, talks])
    print(f"{name:38} {middle:7.1f} µs median, {best:6.1f} µs best round; bare loop {bare:.2f} µs")


def main() -> None:
    talks = conversations()
    print(
        f"load {os.getloadavg()[0]:.1f}; {len(talks)} replies, {sum(len(t['reply']) for t in talks) // len(talks)} characters"
    )
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        script = Path(name) / "engine.js"
        subprocess.run(["node", ROOT / "tests" / "engine" / "build_engine.mjs", script], check=True)
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", chromium_sandbox=False)
        page = browser.new_page()
        page.add_script_tag(content=script.read_text(encoding="utf-8"))
        own = Builder(ROOT / "rules").build(examples=False)
        assert own.release is not None
        name_of_own = f"own rulebook, {own.report['rules']} rules"
        measure(page, name_of_own, own.release, talks)
        measure(page, f"{name_of_own}, violations", own.release, conversations(compliant=False))
        for rules, files in ((300, 12), (1000, 20), (5000, 100)):
            root = Path(name) / str(rules)
            rulebooks.write(root, rules, files)
            release = Builder(root).build(examples=False).release
            assert release is not None
            measure(page, f"generated, {rules} rules", release, talks)
        browser.close()


if __name__ == "__main__":
    main()
