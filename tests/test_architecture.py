"""Who may import whom, and what no file may hold."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "extension" / "src"
OURS = {"compiler", "server", "tests"}
TS_IMPORT = re.compile(r"""(?:from|import)\s*\(?\s*["'](\.[^"']+)["']""")


def python_imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found & OURS


@pytest.mark.parametrize(("package", "allowed"), [("compiler", {"compiler"}), ("server", {"compiler", "server"})])
def test_python_imports_go_one_way(package: str, allowed: set[str]) -> None:
    files = list((ROOT / package).rglob("*.py"))
    assert len(files) > 5
    assert {str(file): found for file in files if (found := python_imports(file) - allowed)} == {}


def parts_imported(path: Path) -> set[str]:
    """First folder below src of each relative import, "" for files directly in src."""
    found: set[str] = set()
    for target in TS_IMPORT.findall(path.read_text(encoding="utf-8")):
        resolved = (path.parent / target).resolve()
        if resolved.is_relative_to(SOURCES):
            parts = resolved.relative_to(SOURCES).parts
            found.add(parts[0] if len(parts) > 1 else "")
    return found


@pytest.mark.parametrize(
    ("part", "forbidden"),
    [
        ("engine", {"audit", "content", "background", "panel", "options", "popup", "pages", "authoring", ""}),
        ("audit", {"content", "background", "panel", "options", "popup", "pages", "authoring", ""}),
        ("content", {"audit", "background", "panel", "options", "popup", "pages", "authoring"}),
        ("background", {"audit", "content", "panel", "options", "popup", "pages", "authoring"}),
    ],
)
def test_typescript_imports_go_one_way(part: str, forbidden: set[str]) -> None:
    files = list((SOURCES / part).rglob("*.ts"))
    assert len(files) > 2
    assert {str(file): found for file in files if (found := parts_imported(file) & forbidden)} == {}


@pytest.mark.parametrize("part", ["engine", "audit"])
def test_engine_knows_no_browser(part: str) -> None:
    for file in (SOURCES / part).rglob("*.ts"):
        assert not re.search(r"\b(document|window|chrome|localStorage|fetch)\.", file.read_text(encoding="utf-8")), file


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [ROOT / name for name in listed.decode().split("\0") if name]


def test_no_file_names_a_download_address() -> None:
    address = re.compile(r'"resolved": *"http|--?(?:extra-)?index-url|https?://[^ "\']+\.(?:whl|tgz|tar\.gz|deb)\b')
    kinds = {".json", ".toml", ".txt", ".cfg", ".yml", ".npmrc", ""}
    files = [f for f in tracked() if f.suffix in kinds and f.is_file() and f.stat().st_size < 4_000_000]
    assert len(files) > 10
    for file in files:
        assert not address.search(file.read_text(encoding="utf-8", errors="replace")), file


def test_every_dependency_says_what_it_is_for() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for dependency in tomllib.loads(text)["project"]["dependencies"]:
        name = re.split(r"[<>=\[;]", dependency)[0]
        assert name.lower() in readme.lower(), f"README does not say what {name} is for"
    locked = json.loads((ROOT / "extension" / "package-lock.json").read_text(encoding="utf-8"))
    assert locked["packages"][""]["name"] == "replyguard-extension"
    assert not locked["packages"][""].get("dependencies"), "the browser part has development dependencies only"
