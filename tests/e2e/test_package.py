"""What is shipped: its size, what it may do, and what no script of ours does."""

from __future__ import annotations

import json
import re
from pathlib import Path

from .conftest import EXTENSION

KILOBYTE = 1024


def test_the_content_script_is_small_and_holds_no_noncharacter(built: Path) -> None:
    script = (built / "content.js").read_bytes()
    assert len(script) <= 120 * KILOBYTE
    # A literal U+FFFF or U+FDD0 keeps Chromium from running it, and says nothing.
    for name in ("content.js", "picker.js"):
        text = (built / name).read_text()
        assert not re.search(r"[\uFDD0-\uFDEF\uFFFE\uFFFF]|[\U0001FFFE\U0001FFFF\U0010FFFE\U0010FFFF]", text), name


def test_no_script_on_a_page_polls() -> None:
    for path in (EXTENSION / "src" / "content").rglob("*.ts"):
        assert "setInterval" not in path.read_text(), path


def test_one_manifest_serves_both_browsers(built: Path) -> None:
    manifest = json.loads((built / "manifest.json").read_text())
    assert manifest["background"] == {"service_worker": "background.js", "scripts": ["background.js"], "type": "module"}
    assert manifest["browser_specific_settings"]["gecko"]["strict_min_version"]
    assert manifest["side_panel"]["default_path"] == manifest["sidebar_action"]["default_panel"]
    named = re.findall(r"\"([\w./-]+\.(?:js|html|png|json))\"", json.dumps(manifest))
    assert {name for name in named if not (built / name).is_file()} == set()


def test_the_documents_name_the_browsers_that_the_manifest_does(built: Path) -> None:
    manifest = json.loads((built / "manifest.json").read_text())
    said = (EXTENSION.parent / "docs" / "extension.md").read_text()
    assert f"Chrome and Edge {manifest['minimum_chrome_version']}" in said
    gecko = manifest["browser_specific_settings"]["gecko"]["strict_min_version"].split(".")[0]
    assert f"Firefox {gecko}" in said


def test_every_test_that_the_documents_name_is_there() -> None:
    said = set(re.findall(r"`(test_\w+)`", (EXTENSION.parent / "docs" / "extension.md").read_text()))
    assert len(said) > 30
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    assert {name for name in said if f"def {name}(" not in tests} == set()


def test_every_adapters_host_is_in_the_manifest(built: Path) -> None:
    manifest = json.loads((built / "manifest.json").read_text())
    hosts = {pattern.split("/")[2] for pattern in manifest["content_scripts"][0]["matches"]}
    adapters = (EXTENSION.parent / "rules" / "sites").glob("*.yaml")
    named = {host for path in adapters for host in re.findall(r"https://([\w.]+)/", path.read_text())}
    assert named == hosts
