"""`replyguard watch`, as people run it: a process that is told to stop by Ctrl+C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.compiler.test_formats import BAD, GOOD

Process = subprocess.Popen[str]


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    root = tmp_path / "rules"
    root.mkdir()
    (root / "contact.yaml").write_text(GOOD, encoding="utf-8")
    return root


@pytest.fixture(params=[(), ("--poll",)], ids=["native", "poll"])
def watching(rules: Path, request: pytest.FixtureRequest) -> Iterator[Process]:
    command = [sys.executable, "-m", "server.cli", "--lang", "en", "watch", str(rules), *request.param]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    environment = {**os.environ, "PYTHONUTF8": "1"}
    # A shell starts what it runs in the background with Ctrl+C ignored, and children inherit that; a terminal does not.
    inherited = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(command, text=True, encoding="utf-8", env=environment, **streams)
    signal.signal(signal.SIGINT, inherited)
    yield process
    process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


def lines_until_state(process: Process) -> list[str]:
    """What is printed up to the next state line, that line last."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line.rstrip("\n"))
        if line.startswith("["):
            return lines
    raise AssertionError(f"ended early: {lines}")


def test_says_after_each_save_what_check_says(rules: Path, watching: Process) -> None:
    (first,) = lines_until_state(watching)
    assert "✓ good: 1 rules" in first
    (rules / "draft").write_text(BAD, encoding="utf-8")
    (rules / "draft").rename(rules / "gift.yaml")
    *said, state = lines_until_state(watching)
    assert said[0].startswith("rules/gift.yaml:3:1: error[RG101]")
    assert "✗ 1 errors" in state
    assert state.endswith("gift.yaml")
    (rules / ".hidden.yaml").write_text("a: [")
    (rules / "gift.yaml~").write_text("a: [")
    (rules / "gift.yaml").unlink()
    (last,) = lines_until_state(watching)
    assert "✓ good: 1 rules" in last
    watching.send_signal(signal.SIGINT)
    rest, _ = watching.communicate()
    assert watching.returncode == 0
    assert rest == "\nstopped\n"
