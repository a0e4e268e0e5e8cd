"""`replyguard pack`: real Chromium installs the extension by policy from our server, enrolled, with nobody's help."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import re
import stat
import struct
import subprocess
import sys
import urllib.error
import urllib.request
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

from server.cli import main
from server.crx import extension_id
from tests.e2e.conftest import CHROMIUM, Server, make_rules, start_server
from tests.e2e.workbench import eventually

ROOT = Path(__file__).parents[2]
DEPLOY = (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
SERVER = "https://rules.example.cn"


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stand-in for the build where its content does not matter."""
    folder = tmp_path_factory.mktemp("dist")
    (folder / "manifest.json").write_bytes((ROOT / "extension/manifest.json").read_bytes())
    (folder / "background.js").write_text("// 规则")
    return folder


def pack(data: Path, extension: Path, server: str = SERVER) -> None:
    assert main(["pack", "--data", str(data), "--server", server, "--extension", str(extension)]) == 0


def test_the_package_is_signed_by_the_key_that_names_it(tmp_path: Path, dist: Path):
    pack(tmp_path, dist)
    data = (tmp_path / "extension/replyguard.crx").read_bytes()
    magic, version, length = struct.unpack("<4sII", data[:12])
    assert (magic, version) == (b"Cr24", 3)
    header, archive = data[12 : 12 + length], data[12 + length :]
    pem = (tmp_path / "keys/extension.pem").read_bytes()
    assert stat.S_IMODE((tmp_path / "keys/extension.pem").stat().st_mode) == 0o600
    key = serialization.load_pem_private_key(pem, None).public_key()
    public = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    signature = header[header.index(public) + len(public) + 3 :][:256]
    signed = b"\x0a\x10" + hashlib.sha256(public).digest()[:16]
    assert header.endswith(signed)
    message = b"CRX3 SignedData\0" + struct.pack("<I", len(signed)) + signed + archive
    key.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
    manifest = json.loads(zipfile.ZipFile(io.BytesIO(archive)).read("manifest.json"))
    assert base64.b64decode(manifest["key"]) == public
    assert f"{SERVER}/*" in manifest["host_permissions"], "an enrolment by policy cannot ask for it"
    again = data
    pack(tmp_path, dist)
    assert (tmp_path / "extension/replyguard.crx").read_bytes() == again, "the same files give the same package"


def test_the_update_manifest_names_the_package_and_the_policy_names_both(tmp_path: Path, dist: Path):
    pack(tmp_path, dist)
    root = ET.fromstring((tmp_path / "extension/updates.xml").read_text())
    spaces = {"u": "http://www.google.com/update2/response"}
    assert (root.tag, root.get("protocol")) == ("{http://www.google.com/update2/response}gupdate", "2.0")
    app = root.find("u:app", spaces)
    check = app.find("u:updatecheck", spaces)
    identity = app.get("appid")
    assert re.fullmatch("[a-p]{32}", identity)
    assert check.get("codebase") == f"{SERVER}/download/replyguard.crx"
    assert check.get("version") == json.loads((dist / "manifest.json").read_text())["version"]
    policy = json.loads((tmp_path / "extension/policy.json").read_text())
    settings = policy["ExtensionSettings"][identity]
    assert settings["installation_mode"] == "force_installed"
    assert settings["update_url"] == f"{SERVER}/download/updates.xml"
    assert policy["3rdparty"]["extensions"][identity]["enrolment"].startswith("rg1.")


def test_the_documented_policy_is_what_pack_writes_with_keys_that_the_schema_knows(tmp_path: Path, dist: Path):
    pack(tmp_path, dist)
    written = json.loads((tmp_path / "extension/policy.json").read_text())
    example = DEPLOY[DEPLOY.index('    {\n      "ExtensionSettings"') :]
    documented = json.loads(example[: example.index("\n    }\n") + 6])
    (settings,) = documented["ExtensionSettings"].values()
    assert settings == next(iter(written["ExtensionSettings"].values()))
    (ours,) = documented["3rdparty"]["extensions"].values()
    schema = json.loads((ROOT / "extension/managed_schema.json").read_text())
    assert set(ours) <= set(schema["properties"])
    for key, value in ours.items():
        known = schema["properties"][key]
        assert isinstance(value, {"string": str, "boolean": bool, "integer": int}[known["type"]]), key
        assert value in known.get("enum", [value])


def test_id_as_chrome_works_it_out():
    manifest = json.loads((ROOT / "extension/manifest.json").read_text())
    public = base64.b64decode(manifest["key"])
    digest = hashlib.sha256(public).hexdigest()[:32]
    assert extension_id(public) == digest.translate(str.maketrans("0123456789abcdef", "abcdefghijklmnop"))


def managed_chromium(folder: Path, policy: Path) -> Path:
    """A browser that sees this policy, and nobody else's on this machine, below /etc/chromium."""
    managed = folder / "etc/policies/managed"
    managed.mkdir(parents=True)
    (managed / "replyguard.json").write_bytes(policy.read_bytes())
    unshare = "unshare --mount" if os.geteuid() == 0 else "unshare --map-root-user --mount"
    binary = folder / "chromium"
    binary.write_text(
        f"#!/bin/sh\nexec {unshare} sh -c "
        f'\'mount --bind "{folder / "etc"}" /etc/chromium && exec {CHROMIUM} "$@"\' chromium "$@"\n'
    )
    binary.chmod(0o755)
    return binary


def listening(url: str) -> bool:
    try:
        urllib.request.urlopen(url + "/healthz").close()
    except urllib.error.URLError:
        return False
    return True


def test_chromium_installs_it_by_policy_and_is_enrolled(tmp_path: Path):
    """Without any tool that drives it: the browser starts, and a minute later the fleet page knows it."""
    if os.geteuid() == 0 and subprocess.run(["unshare", "--mount", "true"], check=False).returncode:
        pytest.skip("mount namespaces are not allowed here")
    server: Server = start_server(make_rules(tmp_path / "rules"), tmp_path / "data")
    browser = None
    try:
        command = ["pack", "--data", str(tmp_path / "data"), "--server", server.url]
        subprocess.run([sys.executable, "-m", "server.cli", *command], cwd=ROOT, check=True)
        eventually(lambda: listening(server.url), bool, timeout=30)
        for name, kind in (("updates.xml", "application/xml"), ("replyguard.crx", "application/x-chrome-extension")):
            with urllib.request.urlopen(f"{server.url}/download/{name}") as answer:
                assert answer.headers["content-type"].startswith(kind)

        def fleet() -> list[list[object]]:
            with urllib.request.urlopen(f"{server.url}/v1/fleet") as answer:
                return list(json.load(answer)["versions"])

        assert fleet() == []
        binary = managed_chromium(tmp_path, tmp_path / "data/extension/policy.json")
        browser = subprocess.Popen(
            [binary, "--headless=new", "--no-sandbox", "--no-first-run", f"--user-data-dir={tmp_path / 'profile'}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        eventually(fleet, lambda versions: versions == [["default", 1, 1, 1]], timeout=90)
    finally:
        if browser is not None:
            browser.terminate()
            browser.wait()
        server.stop()
