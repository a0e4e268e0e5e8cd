"""Golden diagnostics: `golden/NN.yaml` in, `golden/NN.out` out. `python -m tests.compiler.golden` writes them anew.

A line `# file: NAME` starts another file of the same rulebook; the first one is `rules.yaml`. The page
docs/diagnostics.md is made from the same files.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from compiler.build import Build, Builder
from compiler.messages import MESSAGES

HERE = Path(__file__).parent / "golden"
PAGE = Path(__file__).parents[2] / "docs" / "diagnostics.md"
NOT_TEXT = {
    "RG001": "A file of more than 2 MiB.",
    "RG002": "A file that an editor saved as GBK (ANSI).",
    "RG003": "A file in another encoding, or not a text at all.",
    "RG014": "A file of more than 400,000 values.",
    "RG018": "A file without read permission, or one that vanished while it was read.",
}
"""Codes whose example is not a text file that a page could show; test_source.py makes them."""


def cases() -> list[Path]:
    return sorted(HERE.glob("*.yaml"))


def build(path: Path, folder: Path) -> Build:
    name, text = "rules.yaml", ""
    files: dict[str, str] = {}
    for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
        if match := re.match(r"# file: (\S+)", line):
            files[name] = text
            name, text = match[1], ""
        else:
            text += line
    files[name] = text
    root = folder / "rules"
    for file, content in files.items():
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text(content, encoding="utf-8")
    return Builder(root).build()


def rendered(result: Build) -> str:
    """Every diagnostic in Chinese, then in English, then whether a release came out."""
    parts = [d.render("zh") for d in result.diagnostics] + [d.render("en") for d in result.diagnostics]
    return "\n".join([*parts, "release" if result.release else "no release"]) + "\n"


def page() -> str:
    """docs/diagnostics.md: each code with what it says and, from a golden file, how it looks."""
    shown: dict[str, str] = {}
    for path in cases():
        with tempfile.TemporaryDirectory() as folder:
            for diagnostic in build(path, Path(folder)).diagnostics:
                shown.setdefault(
                    diagnostic.code, diagnostic.render("zh") + "\n" + diagnostic.render("en").split("\n")[0]
                )
    lines = [
        "# Diagnostics",
        "",
        "What `replyguard check` says, code by code. An *error* keeps the last good release in use; a *warning* does not.",
        "This page is generated (`python -m tests.compiler.golden`); a test holds it complete.",
    ]
    for code, message in MESSAGES.items():
        lines += ["", f"## {code} ({message.severity})", "", f"{message.zh}  ", message.en, ""]
        lines += ["```text", shown[code], "```"] if code in shown else [NOT_TEXT[code]]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    for case in cases():
        with tempfile.TemporaryDirectory() as where:
            case.with_suffix(".out").write_text(rendered(build(case, Path(where))), encoding="utf-8")
    PAGE.write_text(page(), encoding="utf-8")
