"""The demo workbench: a newcomer sees a warning without installing anything. Makes the pictures of the README."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, Playwright, expect

from .conftest import CHROMIUM, ROOT, Server, start_server
from .workbench import Workbench, eventually

IMAGES = ROOT / "docs" / "images"


@pytest.fixture(scope="module")
def plain_browser(playwright_: Playwright) -> Iterator[Chromium]:
    """A browser without any extension."""
    browser = playwright_.chromium.launch(executable_path=CHROMIUM, headless=True, chromium_sandbox=False)
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def real_server(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The project's own rules, as a newcomer gets them."""
    server = start_server(ROOT / "rules", tmp_path_factory.mktemp("demo-data"))
    yield server
    server.stop()


def demo(browser: Chromium, server: Server, scheme: str = "light", zoom: float = 1) -> Workbench:
    page = browser.new_page(
        viewport={"width": round(1366 / zoom), "height": round(768 / zoom)},
        color_scheme=scheme,  # type: ignore[arg-type]
        device_scale_factor=zoom,
    )
    page.goto(f"{server.url}/demo")
    expect(page.locator("#status")).to_have_attribute("data-state", "ok")
    return DemoBench(page)


class DemoBench(Workbench):
    @property
    def composer(self):  # type: ignore[no-untyped-def]
        return self.page.locator("#composer-field:visible, #composer-editor:visible")

    def sent(self) -> list[str]:
        return self.page.locator(".from-agent .bubble").all_text_contents()

    def choose(self, surface: str) -> None:
        self.page.check(f"input[value={surface}]")


@pytest.mark.parametrize("surface", ["field", "editor"])
def test_a_newcomer_types_a_forbidden_phrase(plain_browser: Chromium, real_server: Server, surface: str) -> None:
    bench = demo(plain_browser, real_server)
    bench.choose(surface)
    bench.type("可以的，加微信聊")
    bench.expect_card("不得引导买家用微信联系")
    assert "加微信" in str(bench.marks())
    before = bench.sent()
    bench.page.keyboard.press("Enter")
    bench.expect_card("已拦下")
    bench.page.click("#send")
    assert bench.sent() == before
    bench.page.keyboard.press("Alt+1")
    eventually(bench.text, lambda text: text != "可以的，加微信聊")
    bench.expect_no_card()
    bench.page.keyboard.press("Enter")
    eventually(bench.sent, lambda sent: len(sent) == len(before) + 1)
    bench.page.close()


@pytest.mark.parametrize(
    "words", ["三黄片一次吃几片要看说明书哦", "门店就在路口交通很方便的", "微信支付在收银台可以选的哦"]
)
def test_words_that_only_look_alike_are_left_alone(plain_browser: Chromium, real_server: Server, words: str) -> None:
    bench = demo(plain_browser, real_server)
    bench.type(words)
    assert {"block", "warn"} & bench.marks().keys() == set()
    bench.page.keyboard.press("Enter")
    eventually(bench.sent, lambda sent: words in sent)
    bench.page.close()


def test_a_saved_rule_reaches_the_demo_without_a_reload(
    plain_browser: Chromium, server: Server, rule_file: Path
) -> None:
    bench = demo(plain_browser, server)
    bench.type("加微信")
    bench.expect_card("不得引导买家用微信联系")
    rule_file.write_text(rule_file.read_text().replace("不得引导买家用微信联系", "不要把买家带去微信"))
    bench.expect_card("不要把买家带去微信")
    bench.page.close()


def test_a_quick_phrase_is_held_by_its_own_text(plain_browser: Chromium, server: Server) -> None:
    bench = demo(plain_browser, server)
    before = bench.sent()
    bench.page.click(".quick-send >> text=问候")
    eventually(bench.sent, lambda sent: len(sent) == len(before) + 1)
    # By coordinates: the card may open between press and release, over the very control, and that is fine.
    box = bench.page.locator(".quick-send >> text=加微信").bounding_box()
    assert box is not None
    bench.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    bench.expect_card("已拦下")
    assert len(bench.sent()) == len(before) + 1
    bench.page.close()


def test_the_page_is_whole_on_small_and_large_screens(plain_browser: Chromium, server: Server) -> None:
    bench = demo(plain_browser, server)
    for width, height in ((1366, 768), (1920, 1080), (390, 844)):
        bench.page.set_viewport_size({"width": width, "height": height})
        assert bench.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        expect(bench.page.locator("#send")).to_be_in_viewport()
    bench.page.close()


PICTURES = [
    ("demo-light", "light", 1.0, "可以的亲，加微信聊吧"),
    ("demo-dark", "dark", 1.0, "可以的亲，加微信聊吧"),
    ("demo-zoom", "light", 1.25, "可以的亲，加微信聊吧"),
]


@pytest.mark.parametrize(("name", "scheme", "zoom", "text"), PICTURES)
def test_pictures_of_a_warning(
    plain_browser: Chromium, real_server: Server, name: str, scheme: str, zoom: float, text: str
) -> None:
    bench = demo(plain_browser, real_server, scheme, zoom)
    bench.type(text)
    bench.expect_card("不得引导买家用微信联系")
    picture(bench.page, name)
    bench.page.keyboard.press("Enter")
    bench.expect_card("已拦下")
    picture(bench.page, f"{name}-held")
    bench.page.close()


def test_picture_of_a_trap(plain_browser: Chromium, real_server: Server) -> None:
    bench = demo(plain_browser, real_server)
    bench.page.click("text=小鹿不会跑")
    bench.expect_card("买家在问", "信用卡")
    picture(bench.page, "demo-trap")
    bench.page.close()


def picture(page: Page, name: str) -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    # The caret blinks; without it the same state gives the same bytes.
    page.screenshot(path=IMAGES / f"{name}.png", caret="hide", animations="disabled")
