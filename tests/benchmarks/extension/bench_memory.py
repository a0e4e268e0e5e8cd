"""What one open workbench costs in memory.

    .venv/bin/python -m tests.benchmarks.extension.bench_memory [--rules rules/]

Method: the page's own isolate after a collection (`Runtime.getHeapUsage`: script heap, DOM, array buffers), the same fixture
at its real address with the extension at work, and at an address where no script of ours runs; the difference is ours.
Then a hundred conversations are gone through and it is read again.
"""

from __future__ import annotations

from playwright.sync_api import sync_playwright

from tests.e2e.conftest import Browser, enrol, extension_id, launch
from tests.e2e.workbench import Workbench, eventually

from .setting import rulebook, setting

MIB = 1024 * 1024


def used(bench: Workbench) -> dict[str, float]:
    """MiB by kind, after a collection."""
    bench.cdp.send("HeapProfiler.enable")
    for _ in range(2):
        bench.cdp.send("HeapProfiler.collectGarbage")
    usage = bench.cdp.send("Runtime.getHeapUsage")
    kinds = {"script": "usedSize", "dom": "embedderHeapUsedSize", "buffers": "backingStorageSize"}
    return {kind: usage.get(key, 0) / MIB for kind, key in kinds.items()}


def talk(bench: Workbench, conversations: int) -> None:
    for n in range(conversations):
        bench.page.evaluate("([name, id]) => switchBuyer(name, id, '在吗，这款有货吗')", [f"买家{n}", str(9000 + n)])
        bench.composer.fill("加微信" if n % 2 else "在的亲")


def main() -> None:
    with setting(rulebook(__doc__)) as (folder, dist, server), sync_playwright() as playwright:
        context = launch(playwright, folder / "profile", dist)
        browser = Browser(context, extension_id(context), server)
        enrol(context, browser.id, server)
        seen: dict[tuple[str, int], dict[str, float]] = {}
        for where, address in (("page", "https://bench.example/"), ("with", "")):
            bench = browser.open("pdd", address)
            bench.type("加微信")
            if not address:
                eventually(bench.marks, bool, timeout=30)
            for conversations in (0, 100):
                talk(bench, conversations)
                seen[where, conversations] = used(bench)
            bench.page.close()
        context.close()
    for conversations in (0, 100):
        own = {
            kind: seen["with", conversations][kind] - seen["page", conversations][kind]
            for kind in ("script", "dom", "buffers")
        }
        parts = ", ".join(f"{kind} {size:.2f}" for kind, size in own.items())
        print(
            f"after {conversations:3} conversations: ours {sum(own.values()):.2f} MiB ({parts}); page {sum(seen['page', conversations].values()):.2f}"
        )


if __name__ == "__main__":
    main()
