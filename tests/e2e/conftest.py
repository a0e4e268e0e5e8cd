"""The real server, the real extension, a real browser. One browser and one server a session, a fresh page a test."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, Route, expect

from .workbench import Workbench

ROOT = Path(__file__).resolve().parents[2]
EXTENSION = ROOT / "extension"
SURFACES = ROOT / "tests" / "fixtures" / "surfaces"
FIXTURES = ROOT / "tests" / "fixtures" / "workbenches"
CHROMIUM = "/usr/bin/chromium"
# A loaded machine is slow, not wrong.
expect.set_options(timeout=20_000)

PAGES = {
    "jd-dongdong": "https://dongdong.jd.com/",
    "pdd": "https://mms.pinduoduo.com/chat-merchant/index.html",
    "feige": "https://im.jinritemai.com/pc_seller_v2/main/workspace",
    "wangwang": "https://market.m.taobao.com/app/im/chat/index.html",
    "wangwang-1688": "https://air.1688.com/app/ocms-fusion-components-1688/def_cbu_web_im/index.html",
    "kuaishou": "https://im.kwaixiaodian.com/pc",
    "weixin-shop": "https://store.weixin.qq.com/shop/kf",
    "lab": "https://dongdong.jd.com/lab/",
    "keys": "https://dongdong.jd.com/keys/",
    "shadow-closed": "https://dongdong.jd.com/shadow/",
}
"""Where each workbench really lives; the test serves our fixture there."""


@dataclass
class Server:
    url: str
    rules: Path
    process: subprocess.Popen[str]

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=20)
        assert self.process.stdout is not None
        self.process.stdout.close()


def start_server(rules: Path, data: Path, port: int = 0) -> Server:
    process = subprocess.Popen(
        [sys.executable, "-m", "server.cli", "serve", "--rules", str(rules), "--data", str(data), "--port", str(port)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    seen = []
    for line in process.stdout:
        seen.append(line)
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        if found:
            return Server(found[0], rules, process)
    raise RuntimeError("the server did not start:\n" + "".join(seen))


def make_rules(folder: Path) -> Path:
    """A rulebook to write to: the tests' own rules, the project's own adapters, and one for the lab page."""
    shutil.copytree(Path(__file__).parent / "rulebook", folder)
    sites = folder / "sites"
    sites.mkdir(exist_ok=True)
    for path in (ROOT / "rules" / "sites").glob("*.yaml"):
        shutil.copy(path, sites / path.name)
    # Before the project's own in the list, so that it wins on its part of the host.
    (sites / "aa-lab.yaml").write_text(LAB_SITE)
    (sites / "aa-keys.yaml").write_text(KEYS_SITE)
    (sites / "aa-shadow.yaml").write_text(SHADOW_SITE)
    return folder


LAB_SITE = """
name: 试验页
platform: jd
match: [https://dongdong.jd.com/lab/*]
composer: {selectors: ['[data-composer]']}
send: {selectors: ['#send'], keys: [enter, ctrl+enter]}
"""
KEYS_SITE = """
name: 按键页
platform: jd
match: [https://dongdong.jd.com/keys/*]
composer: {selectors: ['[data-composer]']}
send: {selectors: ['#send'], keys: [enter, ctrl+enter], setting: .key-menu}
quick: [.quick]
"""
SHADOW_SITE = """
name: 封闭页
platform: jd
match: [https://dongdong.jd.com/shadow/*]
composer: {selectors: ['cs-desk >>> cs-input >>> .editor']}
send: {selectors: ['cs-desk >>> cs-input >>> .go']}
messages:
  root: ['cs-desk >>> .log']
  item: .log > cs-row
  buyer: cs-row >>> .line:not(.mine)
  agent: cs-row >>> .mine
  text: ['cs-row >>> p']
"""


def copy_of_dist(folder: Path) -> Path:
    """The built extension as it is now: a build that runs meanwhile takes `dist` away for a moment."""
    return Path(shutil.copytree(EXTENSION / "dist", folder / "dist"))


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built extension, built anew when a source is newer."""
    dist = EXTENSION / "dist"
    sources = [p for p in (EXTENSION / "src").rglob("*") if p.is_file()]
    sources += [*EXTENSION.glob("*.json"), *EXTENSION.glob("*.mjs"), *(EXTENSION / "_locales").rglob("*.json")]
    target = dist / "popup.js"
    if not target.exists() or target.stat().st_mtime < max(p.stat().st_mtime for p in sources):
        node = shutil.which("node") or "node"
        subprocess.run([node, "build.mjs"], cwd=EXTENSION, check=True)
    return copy_of_dist(tmp_path_factory.mktemp("extension"))


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, built: Path) -> Iterator[Server]:
    rules = make_rules(tmp_path_factory.mktemp("rules") / "rules")
    server = start_server(rules, tmp_path_factory.mktemp("data"))
    yield server
    if server.process.poll() is None:
        server.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def launch(
    playwright: Playwright, profile: Path, extension: Path, *flags: str, binary: str = CHROMIUM, zoom: float = 1
) -> BrowserContext:
    context = playwright.chromium.launch_persistent_context(
        str(profile),
        executable_path=binary,
        headless=True,
        chromium_sandbox=False,
        viewport={"width": round(1366 / zoom), "height": round(768 / zoom)},
        device_scale_factor=zoom,
        locale="zh-CN",
        args=[f"--disable-extensions-except={extension}", f"--load-extension={extension}", *flags],
    )
    context.set_default_timeout(60_000)
    return context


def extension_id(context: BrowserContext) -> str:
    workers = context.service_workers or [context.wait_for_event("serviceworker")]
    return urlsplit(workers[0].url).netloc


def in_chinese(context: BrowserContext, identity: str) -> Page:
    """The options page in Chinese; Debian's Chromium comes with English only."""
    page = context.new_page()
    page.goto(f"chrome-extension://{identity}/options.html")
    page.select_option("#language", "zh_CN")
    expect(page.locator("h1")).to_have_text("ReplyGuard 高压线 设置")
    return page


def enrol(context: BrowserContext, identity: str, server: Server) -> None:
    """As a person does it: options page, address, compare the fingerprint, confirm."""
    enrol_at(in_chinese(context, identity), server)


def enrol_at(page: Page, server: Server) -> None:
    # Its script runs by then.
    expect(page.locator("h1")).to_have_text("ReplyGuard 高压线 设置")
    page.fill("#enrol-text", server.url)
    page.click("#enrol-form button[type=submit]")
    page.click("#confirm")
    expect(page.locator("#health")).to_have_attribute("data-state", "ok")
    page.close()


def close_pages(context: BrowserContext) -> None:
    """All but the first, without which the browser would end. Emulated media and routes live in a page: they go with it."""
    for page in context.pages[1:]:
        page.close()


@dataclass
class Browser:
    context: BrowserContext
    id: str
    server: Server

    def open(self, name: str, address: str = "", wait: bool = True) -> Workbench:
        """A fixture at its real address, with the release in use there."""
        page = self.context.new_page()
        page.route("**/*", lambda route: serve(route, name))
        page.goto(address or PAGES[name])
        return Workbench(page)

    def extension_page(self, name: str) -> Page:
        page = self.context.new_page()
        page.goto(f"chrome-extension://{self.id}/{name}.html")
        return page


@contextmanager
def enrolled(playwright_: Playwright, profile: Path, built: Path, server: Server, *flags: str) -> Iterator[Browser]:
    """A browser of its own, with the extension enrolled at the server."""
    context = launch(playwright_, profile, built, *flags)
    browser = Browser(context, extension_id(context), server)
    enrol(context, browser.id, server)
    yield browser
    context.close()


def serve(route: Route, name: str) -> None:
    path = urlsplit(route.request.url).path
    last = path.rsplit("/", 1)[-1]
    if path.startswith("/lab/"):
        route.fulfill(path=SURFACES / "lab.html")
        return
    file = FIXTURES / last if "." in last and (FIXTURES / last).is_file() else FIXTURES / f"{name}.html"
    route.fulfill(path=file, headers={"cache-control": "no-store"})


@pytest.fixture(scope="session")
def _browser(
    playwright_: Playwright, server: Server, built: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    with enrolled(playwright_, tmp_path_factory.mktemp("profile"), built, server) as browser:
        yield browser


@pytest.fixture
def browser(_browser: Browser) -> Iterator[Browser]:
    yield _browser
    close_pages(_browser.context)


@pytest.fixture
def rule_file(server: Server) -> Iterator[Path]:
    """The rules, put back as they were."""
    path = server.rules / "rules.yaml"
    before = path.read_text()
    yield path
    path.write_text(before)


@pytest.fixture(scope="session")
def lab_script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = SURFACES.parent
    if not (folder / "node_modules").is_dir():
        npm = shutil.which("npm") or "npm"
        subprocess.run([npm, "ci", "--no-fund", "--no-audit"], cwd=folder, check=True)
    out = tmp_path_factory.mktemp("lab") / "lab.js"
    subprocess.run([shutil.which("node") or "node", "build.mjs", str(out)], cwd=SURFACES, check=True)
    return out
