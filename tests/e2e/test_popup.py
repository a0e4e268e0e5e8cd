"""Pop-up and badge: is it on, is it healthy, does it know this page; and asking for one more site."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Error, Page, Playwright, Route, expect

from .conftest import EXTENSION, FIXTURES, Browser, Server, enrol, extension_id, free_port, launch, serve
from .toolbar import Toolbar, toolbar
from .workbench import Workbench, eventually

SHOP = "https://kefu.shop.example/chat/"
OTHER = "https://mail.example/"


def popup_over(browser: Browser, bench: Workbench) -> Page:
    """The pop-up while the workbench stays the tab in front, as when its button is clicked."""
    bench.page.bring_to_front()
    worker = browser.context.service_workers[-1]
    with browser.context.expect_page() as opened:
        worker.evaluate("chrome.tabs.create({url: chrome.runtime.getURL('popup.html'), active: false})")
    popup = opened.value
    expect(popup.locator("#state")).not_to_be_empty()
    return popup


def badge(browser: Browser) -> tuple[str, str]:
    worker = browser.context.service_workers[-1]
    return tuple(worker.evaluate("Promise.all([chrome.action.getBadgeText({}), chrome.action.getTitle({})])"))


@pytest.fixture
def settings(browser: Browser) -> Iterator[Browser]:
    """As they were by default, afterwards."""
    yield browser
    page = browser.extension_page("options")
    default = {"enabled": True, "sitesOff": [], "levels": {"warn": True, "remind": True, "hint": True}}
    page.evaluate("(body) => chrome.runtime.sendMessage({replyguard: 'settings.set', body})", default)
    page.close()


def test_it_says_what_it_reads_on_a_workbench(browser: Browser) -> None:
    bench = browser.open("pdd")
    bench.type("在")
    popup = popup_over(browser, bench)
    expect(popup.locator("#health")).to_have_attribute("data-state", "ok")
    expect(popup.locator("#detail")).to_contain_text("5 条规则")
    expect(popup.locator("#site-name")).to_have_text("拼多多商家后台")
    expect(popup.locator("#site-detail")).to_contain_text("8 条消息")
    expect(popup.locator("#grant")).to_be_hidden()


def test_a_page_opened_before_the_extension_is_told_to_be_reloaded(browser: Browser) -> None:
    """As one whose script is not there: the tab was open when the extension was installed."""
    bench = browser.open("pdd")
    popup = popup_over(browser, bench)
    expect(popup.locator("#site-name")).to_have_text("拼多多商家后台")
    expect(popup.locator("#late")).to_be_hidden()
    popup.close()
    # A page of a workbench's host where no script can run: the browser's own error page.
    bench.page.route("**/*", lambda route: route.abort())
    with pytest.raises(Error):
        bench.page.goto("https://mms.pinduoduo.com/chat-merchant/gone")
    popup = popup_over(browser, bench)
    expect(popup.locator("#late")).to_contain_text("刷新后才会检查")
    expect(popup.locator("#grant")).to_be_hidden()
    expect(popup.locator("#site")).to_be_hidden()
    bench.page.unroute_all()
    bench.page.route("**/*", lambda route: serve(route, "pdd"))
    with bench.page.expect_event("load"):
        popup.click("#reload")
    bench.type("加微信")
    bench.expect_marks(block=["加微信"])


def test_a_page_that_has_changed_is_named_with_what_is_missing(browser: Browser) -> None:
    bench = browser.open("feige")
    bench.page.evaluate("document.querySelector('#send').remove()")
    bench.page.evaluate("document.querySelector('#workspace-chat').remove()")
    bench.type("在吗")
    bench.expect_card("没认全")
    popup = popup_over(browser, bench)
    expect(popup.locator("#site-detail")).to_contain_text("发送按钮")
    expect(popup.locator("#site-detail")).to_contain_text("聊天记录")


def test_one_site_is_switched_off_and_on_again(settings: Browser) -> None:
    bench = settings.open("pdd")
    bench.type("加微信")
    bench.expect_marks(block=["加微信"])
    elsewhere = settings.open("jd-dongdong")
    elsewhere.type("加微信")
    elsewhere.expect_marks(block=["加微信"])
    popup = popup_over(settings, bench)
    popup.uncheck("#site-on")
    bench.expect_marks()
    bench.expect_no_card()
    elsewhere.expect_marks(block=["加微信"])
    popup.check("#site-on")
    bench.expect_marks(block=["加微信"])


def test_everything_is_switched_off_and_the_badge_shows_it(settings: Browser) -> None:
    bench = settings.open("pdd")
    bench.type("加微信")
    bench.expect_marks(block=["加微信"])
    assert badge(settings)[0] == ""
    popup = popup_over(settings, bench)
    popup.uncheck("#enabled")
    bench.expect_marks()
    eventually(lambda: badge(settings), lambda shown: shown[0] == "–" and "已关闭" in shown[1])
    bench.page.keyboard.press("Enter")
    eventually(bench.sent, lambda sent: sent == ["加微信"])
    popup.check("#enabled")
    eventually(lambda: badge(settings)[0], lambda text: text == "")


@pytest.mark.parametrize(
    ("health", "said"),
    [
        ({"state": "refused", "refused": "signature"}, "没有通过校验"),
        ({"state": "stale"}, "联系"),
        ({"state": "expired"}, "有效期"),
    ],
)
def test_the_badge_and_the_options_tell_of_trouble(browser: Browser, health: dict[str, Any], said: str) -> None:
    """Health as the updater writes it; that it writes it is tested with damaged and silent servers."""
    options = browser.extension_page("options")
    before = options.evaluate("chrome.storage.local.get('health').then(({health}) => health)")
    try:
        options.evaluate("(health) => chrome.storage.local.set({health})", before | health)
        eventually(lambda: badge(browser), lambda shown: shown[0] == "!")
        expect(options.locator("#state")).to_contain_text(said)
        expect(options.locator("#health")).to_have_attribute("data-state", health["state"])
    finally:
        options.evaluate("(health) => chrome.storage.local.set({health})", before)
    eventually(lambda: badge(browser)[0], lambda text: text == "")


def test_levels_are_chosen_and_a_block_is_always_shown(settings: Browser) -> None:
    bench = settings.open("pdd")
    bench.type("随便你，全网最低价，今天给您发货，加微信")
    everything = {"block": ["加微信"], "warn": ["全网最低价"], "remind": ["今天给您发货"], "hint": ["随便你"]}
    bench.expect_marks(**everything)
    options = settings.extension_page("options")
    assert options.locator("#block").count() == 0
    for level in ("hint", "warn", "remind"):
        options.uncheck(f"#{level}")
        everything.pop(level)
        bench.expect_marks(**everything)
    for level in ("hint", "warn", "remind"):
        options.check(f"#{level}")
    bench.expect_marks(block=["加微信"], warn=["全网最低价"], remind=["今天给您发货"], hint=["随便你"])


def test_rule_version_and_age_and_the_last_contact(browser: Browser) -> None:
    bench = browser.open("pdd")
    bench.composer.click()
    options = browser.extension_page("options")
    facts = options.locator("#facts")
    expect(facts).to_contain_text("5")
    version = options.evaluate(
        "chrome.storage.local.get('active').then(({active}) => `${active.epoch}.${active.version}`)"
    )
    expect(facts).to_contain_text(version)
    expect(facts).to_contain_text("前")
    # The stream is up while a workbench is open.
    expect(facts).to_contain_text("已连接")


@pytest.mark.parametrize(("language", "title", "age"), [("en", "ReplyGuard options", "ago"), ("zh_TW", "設定", "前")])
def test_the_interface_speaks_the_chosen_language(browser: Browser, language: str, title: str, age: str) -> None:
    options = browser.extension_page("options")
    bench = browser.open("pdd")
    bench.type("加微信")
    bench.expect_card("不得引导买家用微信联系")
    try:
        options.select_option("#language", language)
        expect(options.locator("h1")).to_contain_text(title)
        expect(options.locator("#facts")).to_contain_text(age)
        assert options.evaluate("document.documentElement.lang") == language.replace("_", "-")
        # The open card follows, too.
        bench.expect_card({"en": "Say this instead", "zh_TW": "換成這樣說"}[language])
    finally:
        options.select_option("#language", "zh_CN")
        expect(options.locator("h1")).to_contain_text("设置")


def test_only_named_hosts_are_asked_for_at_installation() -> None:
    """Fear of «reads all sites»: the manifest names every host, and the rest is asked for one by one."""
    manifest = json.loads((EXTENSION / "manifest.json").read_text())
    static = [*manifest["host_permissions"], *(m for s in manifest["content_scripts"] for m in s["matches"])]
    assert all("*" not in pattern.split("/")[2] and "<all_urls>" not in pattern for pattern in static)
    assert manifest["optional_host_permissions"] == ["https://*/*", "http://*/*"]
    assert set(manifest["permissions"]) == {"storage", "alarms", "notifications", "sidePanel", "scripting", "activeTab"}


@pytest.fixture
def identity(_browser: Browser) -> str:
    return _browser.id


@pytest.fixture
def generous(
    playwright_: Playwright, server: Server, built: Path, identity: str, tmp_path: Path
) -> Iterator[tuple[Browser, Toolbar]]:
    """A browser whose person has said yes to that site once before: Chromium does not ask again, so no prompt is in the way."""
    profile = tmp_path / "profile"
    hosts = ["https://kefu.shop.example/*"]
    granted = {"api": [], "explicit_host": hosts, "manifest_permissions": [], "scriptable_host": []}
    kept = {"granted_permissions": granted, "runtime_granted_permissions": granted}
    (profile / "Default").mkdir(parents=True)
    (profile / "Default" / "Preferences").write_text(json.dumps({"extensions": {"settings": {identity: kept}}}))
    port = free_port()
    flags = (f"--remote-debugging-port={port}", "--enable-unsafe-extension-debugging")
    context = launch(playwright_, profile, built, *flags)
    browser = Browser(context, extension_id(context), server)
    enrol(context, browser.id, server)
    with toolbar(port, identity) as bar:
        yield browser, bar
    context.close()


def shop(browser: Browser, address: str) -> Workbench:
    def serve(route: Route) -> None:
        last = route.request.url.rsplit("/", 1)[-1]
        route.fulfill(path=FIXTURES / (last if last.startswith("workbench.") else "unseen-a.html"))

    page = browser.context.new_page()
    page.route("**/*", serve)
    page.goto(address)
    return Workbench(page)


def test_another_site_is_untouched_until_it_is_allowed_and_then_checked(generous: tuple[Browser, Toolbar]) -> None:
    browser, bar = generous
    bench = shop(browser, SHOP)
    bench.type("加微信")
    worker = browser.context.service_workers[-1]
    contains = "(origin) => chrome.permissions.contains({origins: [origin + '*']})"
    assert worker.evaluate(contains, "https://kefu.shop.example/") is False
    popup = bar.press(SHOP)
    popup.expect_text("#grant-text", "kefu.shop.example")
    assert popup.text("#site") == ""
    assert bench.marks() == {}
    with bench.page.expect_event("load"):
        popup.click("#grant-button")
    eventually(bar.popups, lambda count: count == 0)
    assert worker.evaluate(contains, "https://kefu.shop.example/") is True
    # Reloaded with our script: any text field is checked.
    bench.type("加微信")
    bench.expect_marks(block=["加微信"])
    bench.page.keyboard.press("Enter")
    bench.expect_card("已拦下")
    assert bench.sent() == []
    again = bar.press(SHOP)
    again.expect_text("#site-name", "kefu.shop.example")
    again.expect_text("#site-detail", "没有这个页面的适配")
    # Taught from here.
    again.click("#teach")
    bench.expect_card("点一下输入回复的地方")
    bench.page.keyboard.press("Escape")
    # That one site and no other.
    assert worker.evaluate(contains, OTHER) is False
    stranger = shop(browser, OTHER)
    stranger.type("加微信")
    bar.press(OTHER).expect_text("#grant-text", "mail.example")
    assert stranger.marks() == {}
