"""Pictures of every state of the interface, to be looked at: `python -m tests.e2e.pictures OUT [NAME…]`.

Real extension, real server, the project's own rules; light and dark, at 100 % and 125 % zoom.
"""

from __future__ import annotations

import argparse
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from itertools import product
from pathlib import Path

from playwright.sync_api import Error, Page, sync_playwright

from .conftest import (
    ROOT,
    Browser,
    Server,
    close_pages,
    copy_of_dist,
    enrol_at,
    extension_id,
    free_port,
    in_chinese,
    launch,
    start_server,
)
from .test_popup import SHOP, popup_over, shop
from .test_workbenches import describe
from .toolbar import Popup, toolbar
from .workbench import Workbench, eventually

Take = Callable[[Page | Popup], None]
Shot = Callable[[Browser, Take], None]
PORT = free_port()


def typed(browser: Browser, text: str, name: str = "pdd") -> Workbench:
    bench = browser.open(name)
    dress(bench.page)
    bench.type(text)
    eventually(bench.marks, bool, timeout=30)
    return bench


SCHEME = "light"


def dress(page: Page) -> None:
    page.emulate_media(color_scheme=SCHEME)  # type: ignore[arg-type]


def marks_and_card(browser: Browser, take: Take) -> None:
    bench = typed(browser, "亲可以加微信聊，我们是全网最低价，今天一定给您发货哦")
    bench.expect_card("1/")
    take(bench.page)


def held(browser: Browser, take: Take) -> None:
    bench = typed(browser, "可以的亲，加微信聊吧", "jd-dongdong")
    bench.page.keyboard.press("Enter")
    bench.expect_card("已拦下")
    take(bench.page)


def heard(browser: Browser, take: Take) -> None:
    """Nothing but the sound of the whole reply."""
    bench = browser.open("pdd")
    dress(bench.page)
    bench.page.evaluate("buyerSays('我闺女乱拍的 能不能给作废')")
    bench.type("能 发我订单号")
    bench.expect_card("整句听着像替买家关了订单")
    take(bench.page)


def ignored(browser: Browser, take: Take) -> None:
    bench = typed(browser, "这是全网最低价哦")
    bench.click_card("这一次")
    bench.expect_card("已忽略")
    take(bench.page)


def not_applied(browser: Browser, take: Take) -> None:
    """The page changed the text in the moment before: nothing is put over what nobody has looked at."""
    bench = typed(browser, "可以的亲，加微信聊吧")
    bench.expect_card("不得引导买家")
    # By script, which no event tells of.
    bench.composer.evaluate("(field) => { field.value = '稍等，可以的亲，加微信聊吧'; }")
    bench.press("Alt+1")
    bench.expect_card("没有替换")
    take(bench.page)


def trap(browser: Browser, take: Take) -> None:
    bench = browser.open("feige")
    dress(bench.page)
    bench.page.evaluate("buyerSays('可以用信用卡付款吗')")
    bench.expect_card("买家在问")
    take(bench.page)


def unrecognised(browser: Browser, take: Take) -> None:
    bench = browser.open("feige")
    dress(bench.page)
    bench.page.evaluate("document.querySelector('#send').remove()")
    bench.page.evaluate("document.querySelector('#workspace-chat').remove()")
    bench.type("亲在的")
    bench.expect_card("没认全")
    take(bench.page)


def picker(browser: Browser, take: Take, steps: int = 2) -> None:
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


def taught(browser: Browser, take: Take) -> None:
    picker(browser, take, 5)


def own_page(browser: Browser, name: str, width: int, height: int) -> Page:
    page = browser.extension_page(name)
    dress(page)
    page.set_viewport_size({"width": width, "height": height})
    return page


def options(browser: Browser, take: Take) -> None:
    page = own_page(browser, "options", 900, 1250)
    page.locator("#facts dd").first.wait_for()
    page.fill("#enrol-text", browser.server.url)
    page.click("#enrol-form button[type=submit]")
    page.locator("#proposed dd").first.wait_for()
    take(page)


def popup(browser: Browser, take: Take) -> None:
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


def popup_grant(browser: Browser, take: Take) -> None:
    """A site that we may not look at: the button's press tells its address, and nothing else does."""
    bench = shop(browser, SHOP)
    bench.page.bring_to_front()
    with toolbar(PORT, browser.id) as bar:
        popup = bar.press(SHOP)
        popup.in_scheme(SCHEME)
        popup.expect_text("#grant-text", "只有你允许的网站")
        take(popup)


def popup_late(browser: Browser, take: Take) -> None:
    """A workbench that was open before the extension was there: no script of ours runs in it, as on an error page."""
    bench = browser.open("pdd")
    bench.page.route("**/*", lambda route: route.abort())
    with suppress(Error):
        bench.page.goto("https://mms.pinduoduo.com/chat-merchant/gone")
    page = popup_over(browser, bench)
    dress(page)
    page.set_viewport_size({"width": 340, "height": 300})
    page.locator("#late:visible").wait_for()
    take(page)


def popup_new(browser: Browser, take: Take) -> None:
    """Just installed: no server yet, only the rules that came with the extension."""
    bench = typed(browser, "加微信")
    page = popup_over(browser, bench)
    dress(page)
    page.set_viewport_size({"width": 340, "height": 330})
    page.locator("#site:visible").wait_for()
    take(page)


WITHOUT_RULES = "() => chrome.storage.local.set({active: null, health: {state: 'none'}})"


def popup_without_rules(browser: Browser, take: Take) -> None:
    page = browser.extension_page("popup")
    dress(page)
    page.set_viewport_size({"width": 340, "height": 200})
    page.evaluate(WITHOUT_RULES)
    page.get_by_text("还没有绑定服务器").wait_for()
    take(page)


def options_new(browser: Browser, take: Take) -> None:
    page = own_page(browser, "options", 900, 1250)
    page.locator("#facts dd").first.wait_for()
    take(page)


def panel(browser: Browser, take: Take, tab: str = "replies") -> None:
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

    def state(browser: Browser, take: Take) -> None:
        settings = browser.extension_page("options")
        settings.evaluate(SET, override)
        held(browser, take)
        settings.evaluate(SET, "allow")

    return state


def retired(browser: Browser, take: Take) -> None:
    """The extension was updated under an open page."""
    bench = typed(browser, "可以的亲，加微信聊吧")
    settings = browser.extension_page("options")
    with settings.expect_event("close"):
        browser.context.service_workers[-1].evaluate("chrome.runtime.reload()")
    bench.page.bring_to_front()
    bench.page.keyboard.press("Enter")
    bench.expect_card("请刷新页面")
    take(bench.page)


# Before anybody has enrolled.
FRESH: dict[str, Shot] = {
    "options-new": options_new,
    "popup-new": popup_new,
    # Takes the rules away: the last one.
    "popup-without-rules": popup_without_rules,
}
STATES: dict[str, Shot] = {
    "card": marks_and_card,
    "held": held,
    "held-reason": by_policy("reason"),
    "held-forbidden": by_policy("forbid"),
    "heard": heard,
    "ignored": ignored,
    "not-applied": not_applied,
    "trap": trap,
    "unrecognised": unrecognised,
    "picker": picker,
    "taught": taught,
    "options": options,
    "popup": popup,
    "popup-grant": popup_grant,
    "popup-late": popup_late,
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
    try:
        eventually(lambda: ready(server), bool, timeout=120)
        with sync_playwright() as playwright:
            for zoom, scheme in product((1.0, 1.25), ("light", "dark")):
                SCHEME = scheme
                flags = (f"--remote-debugging-port={PORT}", "--enable-unsafe-extension-debugging")
                context = launch(playwright, folder / f"profile-{scheme}-{zoom}", dist, *flags, zoom=zoom)
                browser = Browser(context, extension_id(context), server)
                ending = f"{scheme}{'' if zoom == 1 else '-125'}.png"
                in_chinese(context, browser.id).close()
                shoot(browser, FRESH, names, out, ending)
                enrol_at(browser.extension_page("options"), server)
                shoot(browser, STATES, names, out, ending)
                context.close()
    finally:
        server.stop()


def ready(server: Server) -> bool:
    """The project's own rules take a while to compile."""
    try:
        with urllib.request.urlopen(f"{server.url}/readyz") as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError:
        return False


def shoot(browser: Browser, states: dict[str, Shot], names: list[str], out: Path, ending: str) -> None:
    for name, state in states.items():
        if names and name not in names:
            continue
        state(browser, lambda page, name=name: picture(page, out / f"{name}-{ending}"))
        close_pages(browser.context)


def picture(page: Page | Popup, file: Path) -> None:
    page.screenshot(path=file, caret="hide", animations="disabled")
    print(file, flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("names", nargs="*", choices=[[], *FRESH, *STATES], help="default: all")
    parser.add_argument("--rules", type=Path, default=ROOT / "rules")
    arguments = parser.parse_args()
    main(arguments.out, arguments.names, arguments.rules)
