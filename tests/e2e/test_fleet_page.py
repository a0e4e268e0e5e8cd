"""The fleet page with a real server: what it shows of the reports, in Chinese."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from playwright.sync_api import Playwright, expect

from .conftest import CHROMIUM, make_rules, start_server
from .workbench import eventually


def test_it_tells_which_versions_run_who_is_behind_and_why(playwright_: Playwright, tmp_path: Path) -> None:
    server = start_server(make_rules(tmp_path / "rules"), tmp_path / "data")

    def answer(path: str, body: object = None) -> bytes:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(server.url + path, data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as got:
            return bytes(got.read())

    def build_now() -> dict[str, Any]:
        try:
            return dict(json.loads(answer("/v1/build")))
        except urllib.error.URLError:
            return {"state": "it does not listen yet"}

    try:
        build = eventually(build_now, lambda build: build["state"] == "ok", timeout=30)
        channel, version = build["channels"][0]["id"], build["channels"][0]["version"]
        report = {
            "schema": 1, "channel": channel, "epoch": 1, "bundle": "", "engine": 1, "extension": 10203, "browser": "edge",
            "latency": 84,
        }  # fmt: skip
        answer("/v1/status", {**report, "install": "a" * 32, "version": version, "state": "ok", "refused": "none"})
        answer("/v1/status", {**report, "install": "b" * 32, "version": 0, "state": "refused", "refused": "signature"})
        browser = playwright_.chromium.launch(executable_path=CHROMIUM, chromium_sandbox=False)
        page = browser.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.goto(f"{server.url}/fleet")
        expect(page.locator("#summary")).to_have_text(
            f"最近一天有 2 个浏览器在用。现在提供：{channel} 第 {version} 版。"
        )
        expect(page.locator("#versions tbody tr")).to_have_count(2)
        behind = page.locator("#behind tbody tr")
        expect(behind).to_have_count(1)
        expect(behind).to_contain_text("bbbbbbbb")
        expect(behind).to_contain_text("签名不对")
        expect(page.locator("#browsers")).to_contain_text("1.2.3")
        assert faults == []
        browser.close()
    finally:
        server.stop()
