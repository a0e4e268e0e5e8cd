"""The same extension, folder for folder, in stock Firefox: driven by WebDriver BiDi, since Playwright's Firefox loads none."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from ..conftest import FIXTURES, PAGES, SURFACES, Server, free_port
from .bench import FirefoxBench
from .bidi import Connection, Json, launch

ADDON = "replyguard@replyguard.dev"
# Firefox draws an origin for each profile; here it is known beforehand.
ORIGIN = "7d3f3a30-9d1c-4f6e-8f57-5a1d3c0e9b21"
BINARY = shutil.which("firefox-esr") or shutil.which("firefox")


class Firefox:
    def __init__(self, connection: Connection, lab_script: Path) -> None:
        self.connection = connection
        self._lab_script = lab_script
        connection.call("session.subscribe", events=["network.beforeRequestSent"])
        connection.on("network.beforeRequestSent", self._serve)
        hosts = sorted({urlsplit(address).netloc for address in PAGES.values()})
        patterns = [{"type": "pattern", "hostname": host} for host in hosts]
        connection.call("network.addIntercept", phases=["beforeRequestSent"], urlPatterns=patterns)

    def open(self, name: str, address: str = "") -> FirefoxBench:
        """A fixture at its real address."""
        return self._at(address or PAGES[name])

    def lab(self, surface: str) -> FirefoxBench:
        return self._at(f"https://dongdong.jd.com/lab/{surface}.html")

    def extension_page(self, name: str) -> FirefoxBench:
        return self._at(f"moz-extension://{ORIGIN}/{name}.html")

    def _at(self, address: str) -> FirefoxBench:
        context = self.connection.call("browsingContext.create", type="tab")["context"]
        self.connection.call("browsingContext.navigate", context=context, url=address, wait="complete")
        return FirefoxBench(self.connection, context)

    def _serve(self, event: Json) -> None:
        """Our fixtures under the workbenches' real addresses."""
        if not event.get("isBlocked"):
            return
        path = urlsplit(event["request"]["url"]).path
        last = path.rsplit("/", 1)[-1]
        home = next((n for n, a in PAGES.items() if urlsplit(a).path == path), "")
        if last == "lab.js":
            file = self._lab_script
        elif path.startswith("/lab/"):
            file = SURFACES / "lab.html"
        else:
            file = FIXTURES / last if (FIXTURES / last).is_file() else FIXTURES / f"{home}.html"
        kind = {".js": "text/javascript", ".css": "text/css"}.get(file.suffix, "text/html")
        found = file.is_file()
        self.connection.post(
            "network.provideResponse",
            request=event["request"]["request"],
            statusCode=200 if found else 404,
            reasonPhrase="OK" if found else "Not Found",
            headers=[{"name": "content-type", "value": {"type": "string", "value": f"{kind}; charset=utf-8"}}],
            body={"type": "base64", "value": base64.b64encode(file.read_bytes() if found else b"").decode()},
        )


@pytest.fixture(scope="session")
def _firefox(
    built: Path, server: Server, lab_script: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Firefox]:
    if BINARY is None:
        pytest.skip("Firefox is not installed")
    profile = tmp_path_factory.mktemp("firefox")
    uuids = json.dumps(json.dumps({ADDON: ORIGIN}))
    (profile / "user.js").write_text(f'user_pref("extensions.webextensions.uuids", {uuids});\n')
    with launch(BINARY, profile, free_port()) as connection:
        connection.call("session.new", capabilities={})
        connection.call("webExtension.install", extensionData={"type": "path", "path": str(built)})
        firefox = Firefox(connection, lab_script)
        enrol(firefox, server)
        yield firefox


def enrol(firefox: Firefox, server: Server) -> None:
    """As a person does it: options page, address, compare the fingerprint, confirm."""
    page = firefox.extension_page("options")
    page.eventually("document.querySelector('#state')?.textContent !== ''")
    page.evaluate("chrome.runtime.sendMessage({replyguard: 'settings.set', body: {language: 'zh_CN'}}).then(() => 1)")
    page.evaluate(f"document.querySelector('#enrol-text').value = {json.dumps(server.url)}")
    page.click("#enrol-form button[type=submit]")
    page.eventually("document.querySelector('#proposed').textContent.length > 60")
    page.click("#confirm")
    page.eventually("document.querySelector('#health').dataset.state === 'ok'")
    page.close()


@pytest.fixture
def firefox(_firefox: Firefox) -> Iterator[Firefox]:
    yield _firefox
    for context in _firefox.connection.call("browsingContext.getTree")["contexts"][1:]:
        _firefox.connection.call("browsingContext.close", context=context["context"])
