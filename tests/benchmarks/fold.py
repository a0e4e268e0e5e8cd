"""Folding an 80-character reply in real Chromium, against a bare loop: `python -m tests.benchmarks.fold`.

The bare loop reads each UTF-16 unit and looks it up once, as any engine must. Medians of 31 rounds; read the ratios.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import msgspec
from playwright.sync_api import sync_playwright

from compiler.folding import bundle_folding
from tests.engine.conftest import CHROMIUM, HERE, BrowserEngine, _node

REPLY = "亲，您拍下之后我们今天就会给您安排发货的哦，一般两到三天就能收到呢！有什么问题可以随时联系在线客服，我们会第一时间为您处理好的，感谢您对小店的支持和理解呀"
REPLIES = {
    "unchanged": REPLY.translate(str.maketrans("，！", ",!")),
    "punctuation": REPLY,
    "emoji and a selector": REPLY[:30] + "👍" + REPLY[31:60] + "❤\ufe0f" + REPLY[62:],
}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        script = Path(folder) / "engine.js"
        subprocess.run([_node(), HERE / "build_engine.mjs", script], check=True)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, chromium_sandbox=False)
        page = browser.new_page()
        page.add_script_tag(content=script.read_text("utf-8"))
        engine = BrowserEngine(page)
        engine.call("useFolding", msgspec.to_builtins(bundle_folding()))
        rows = engine.call("foldBenchmark", list(REPLIES.values()), 31, 10_000)
        browser.close()
    print(f"{'reply':<22}{'units':>6}{'fold µs':>10}{'bare µs':>10}{'ratio':>8}")
    for (name, text), row in zip(REPLIES.items(), rows, strict=True):
        ratio = row["fold"] / row["bare"]
        print(f"{name:<22}{len(text):>6}{row['fold']:>10.2f}{row['bare']:>10.2f}{ratio:>8.1f}")


if __name__ == "__main__":
    main()
