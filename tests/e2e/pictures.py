"""Pictures of every state of the interface, to be looked at: `python -m tests.e2e.pictures OUT [NAME…]`.

Real extension, real server, the project's own rules; light and dark, at 100 % and 125 % zoom.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from itertools import product
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from .conftest import ROOT, Browser, copy_of_dist, enrol, extension_id, launch, start_server
from .test_workbenches import describe
from .workbench import Workbench, eventually

Shot = Callable[[Browser, Callable[[Page], None]], None]


def typed(browser: Browser, text: str, name: str = "pdd") -> Workbench:
    bench = browser.open(name)
    dress(bench.page)
    bench.type(text)
    eventually(bench.marks, bool, timeout=30)
    return bench


SCHEME = "light"


def dress(page: Page) -> None:
    page.emulate_media(color_scheme=SCHEME)  # type: ignore[arg-type]


def marks_and_card(browser: Browser, take: Callable[[Page], None]) -> None:
    bench = typed(browser, "亲可以加微信聊，我们是全网最低价，今天一定给您发货哦")
    bench.expect_card("1/")
    take(bench.page)


def held(browser: Browser, take: Callable[[Page], None]) -> None:
    bench = typed(browser, "可以的亲，加微信聊吧", "jd-dongdong")
    bench.page.keyboard.press("Enter")
    bench.expect_card("已拦下")
    take(bench.page)


def heard(browser: Browser, take: Callable[[Page], None]) -> None:
    """Nothing but the sound of the whole reply."""
    bench = browser.open("pdd")
    dress(bench.page)
    bench.page.evaluate("buyerSays('我闺女乱拍的 能不能给作废')")
    bench.type("能 发我订单号")
    bench.expect_card("整句听着像替买家关了订单")
    take(bench.page)


def ignored(browser: Browser, take: Callable[[Page], None]) -> None:
    bench = typed(browser, "这是全网最低价哦")
    bench.click_card("这一次")
    bench.expect_card("已忽略")
    take(bench.page)


def trap(browser: Browser, take: Callable[[Page], None]) -> None:
    bench = browser.open("feige")
    dress(bench.page)
    bench.page.evaluate("buyerSays('可以用信用卡付款吗')")
    bench.expect_card("买家在问")
    take(bench.page)


def unrecognised(browser: Browser, take: Callable[[Page], None]) -> None:
    bench = browser.open("feige")
    dress(bench.page)
    bench.page.evaluate("document.querySelector('#send').remove()")
    bench.page.evaluate("document.querySelector('#workspace-chat').remove()")
    bench.type("亲在的")
    bench.expect_card("没认全")
    take(bench.page)


def picker(browser: Browser, take: Callable[[Page], None], steps: int = 2) -> None:
    bench = browser.open("unseen-a", "https://mms.pinduoduo.com/teach/unseen-a.html")
    dress(bench.page)
    start = """async (url) => { const [tab] = await chrome.tabs.query({url});
      try { return await chrome.tabs.sendMessage(tab.id, {replyguard: 'picker.start', body: null}) ?? false; } catch { return false; } }"""
    eventually(lambda: browser.context.service_workers[-1].evaluate(start, bench.page.url), bool)
    bench.expect_card("点一下输入回复的地方")
    for selector in ("[data-composer]", "#go-send", "[data-side=visitor] p", "[data-side=staff] p", ".visitor-title")[
        :steps
    ]:
        bench.page.locator(selector).first.click()
    if steps < 5:
        bench.page.locator("[data-side=visitor] p").first.hover()
    else:
        bench.expect_card("读到的内容")
    take(bench.page)


def taught(browser: Browser, take: Callable[[Page], None]) -> None:
    picker(browser, take, 5)


def own_page(browser: Browser, name: str, width: int, height: int) -> Page:
    page = browser.extension_page(name)
    dress(page)
    page.set_viewport_size({"width": width, "height": height})
    return page


def options(browser: Browser, take: Callable[[Page], None]) -> None:
    page = own_page(browser, "options", 900, 1250)
    page.locator("#facts dd").first.wait_for()
    page.fill("#enrol-text", browser.server.url)
    page.click("#enrol-form button[type=submit]")
    page.locator("#proposed dd").first.wait_for()
    take(page)


def popup(browser: Browser, take: Callable[[Page], None]) -> None:
    bench = typed(browser, "加微信")
    bench.page.bring_to_front()
    worker = browser.context.service_workers[-1]
    with browser.context.expect_page() as opened:
        worker.evaluate("chrome.tabs.create({url: chrome.runtime.getURL('popup.html'), active: false})")
    page = opened.value
    dress(page)
    page.set_viewport_size({"width": 340, "height": 330})
    page.locator("#site:visible").wait_for()
    take(page)


def panel(browser: Browser, take: Callable[[Page], None], tab: str = "replies") -> None:
    bench = typed(browser, "今天一定给您发货哦，我们是全网最低价")
    eventually(lambda: describe(browser, bench).get("findings"), bool)
    if tab == "ledger":
        bench.page.keyboard.press("Enter")
        eventually(bench.text, lambda text: text == "")
    bench.page.bring_to_front()
    worker = browser.context.service_workers[-1]
    with browser.context.expect_page() as opened:
        worker.evaluate("chrome.tabs.create({url: chrome.runtime.getURL('panel.html'), active: false})")
    page = opened.value
    dress(page)
    page.set_viewport_size({"width": 360, "height": 700})
    page.click(f"[data-tab={tab}]")
    page.locator(f"[data-panel={tab}] li").first.wait_for()
    take(page)


def of_tab(tab: str) -> Shot:
    return lambda browser, take: panel(browser, take, tab)


SET = "(override) => chrome.runtime.sendMessage({replyguard: 'settings.set', body: {override}})"


def by_policy(override: str) -> Shot:
    """Held where the policy wants a reason, or lets nothing through."""

    def state(browser: Browser, take: Callable[[Page], None]) -> None:
        settings = browser.extension_page("options")
        settings.evaluate(SET, override)
        held(browser, take)
        settings.evaluate(SET, "allow")

    return state


def retired(browser: Browser, take: Callable[[Page], None]) -> None:
    """The extension was updated under an open page."""
    bench = typed(browser, "可以的亲，加微信聊吧")
    settings = browser.extension_page("options")
    with settings.expect_event("close"):
        browser.context.service_workers[-1].evaluate("chrome.runtime.reload()")
    bench.page.bring_to_front()
    bench.page.keyboard.press("Enter")
    bench.expect_card("请刷新页面")
    take(bench.page)


STATES: dict[str, Shot] = {
    "card": marks_and_card,
    "held": held,
    "held-reason": by_policy("reason"),
    "held-forbidden": by_policy("forbid"),
    "heard": heard,
    "ignored": ignored,
    "trap": trap,
    "unrecognised": unrecognised,
    "picker": picker,
    "taught": taught,
    "options": options,
    "popup": popup,
    "panel-replies": of_tab("replies"),
    "panel-ledger": of_tab("ledger"),
    "panel-today": of_tab("today"),
    "panel-rules": of_tab("rules"),
    # Ends the worker: the last one.
    "retired": retired,
}


def main(out: Path, names: list[str], rules: Path) -> None:
    global SCHEME
    out.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp())
    dist = copy_of_dist(folder)
    server = start_server(rules, folder / "data")
    with sync_playwright() as playwright:
        for zoom, scheme in product((1.0, 1.25), ("light", "dark")):
            SCHEME = scheme
            context = launch(playwright, folder / f"profile-{scheme}-{zoom}", dist, zoom=zoom)
            browser = Browser(context, extension_id(context), server)
            enrol(context, browser.id, server)
            for name, state in STATES.items():
                if names and name not in names:
                    continue
                file = out / f"{name}-{scheme}{'' if zoom == 1 else '-125'}.png"
                state(browser, lambda page, file=file: picture(page, file))
                for page in context.pages[1:]:
                    page.close()
            context.close()
    server.stop()


def picture(page: Page, file: Path) -> None:
    page.screenshot(path=file, caret="hide", animations="disabled")
    print(file, flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("names", nargs="*", choices=[[], *STATES], help="default: all")
    parser.add_argument("--rules", type=Path, default=ROOT / "rules")
    arguments = parser.parse_args()
    main(arguments.out, arguments.names, arguments.rules)
