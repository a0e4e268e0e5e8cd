"""Diagnostics as people see them, file by file; and that none is undocumented."""

from pathlib import Path

import pytest

from compiler.messages import MESSAGES
from tests.compiler import golden


@pytest.mark.parametrize("case", golden.cases(), ids=lambda path: path.stem)
def test_golden(case: Path, tmp_path: Path) -> None:
    assert golden.rendered(golden.build(case, tmp_path)) == case.with_suffix(".out").read_text(encoding="utf-8")


def test_every_code_is_documented_with_an_example() -> None:
    page = golden.PAGE.read_text(encoding="utf-8")
    assert page == golden.page(), "run python -m tests.compiler.golden"
    sections = {part.split(" ")[0]: part for part in page.split("\n## ")[1:]}
    assert list(sections) == list(MESSAGES)
    for code, section in sections.items():
        assert "```text" in section or golden.NOT_TEXT[code] in section
