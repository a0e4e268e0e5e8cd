"""The TypeScript engine in real Chromium (`browser_engine`) and in node (`node_engine`), bundled once a session.

Both have `call(name, *arguments)`: `RG[name](...arguments)` of harness_entry.ts, arguments and result as JSON. Send
batches: a call costs about a millisecond. A JavaScript error comes back as `JavaScriptError`.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import msgspec
import pytest
from playwright.sync_api import Error, Page, Playwright

from compiler import assembly, meaning
from compiler.bundle import BETWEEN, Classifier
from compiler.classifier import load_classifier
from compiler.matcher.classifier import grams

HERE = Path(__file__).parent
CHROMIUM = "/usr/bin/chromium"
THIN = 400
"""N-grams of the reply, and of the buyer."""


class JavaScriptError(Exception):
    pass


class Engine(Protocol):
    def call(self, name: str, *arguments: Any) -> Any: ...


class BrowserEngine:
    def __init__(self, page: Page) -> None:
        self.page = page

    def call(self, name: str, *arguments: Any) -> Any:
        # As a JSON string, because Playwright's own encoding of arguments is slow for large batches.
        try:
            answer = self.page.evaluate(
                "([name, args]) => JSON.stringify(RG[name](...JSON.parse(args)) ?? null)",
                [name, json.dumps(arguments)],
            )
        except Error as error:
            raise JavaScriptError(str(error)) from None
        return json.loads(answer)


class NodeEngine:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def call(self, name: str, *arguments: Any) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"name": name, "args": arguments}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise JavaScriptError(answer["error"])
        return answer["value"]


def _node() -> str:
    node = shutil.which("node")
    if node is None:
        pytest.fail("node is not on PATH: run `make setup`, or put Node 20 or later on PATH")
    return node


def thin() -> Classifier:
    """The committed classifier with the few n-grams that weigh most: for tests that load hundreds of releases, of which
    it would be nearly all. tests/engine/test_classifier.py has the whole one."""
    model = load_classifier()
    width = len(model.topics)
    rows = [model.weights[at : at + width] for at in range(0, len(model.weights), width)]
    reply, buyer = grams(model.reply), grams(model.buyer)

    def weight(row: int) -> int:
        return max(memoryview(rows[row]).cast("b"))

    kept = sorted(sorted(range(len(reply)), key=weight)[-THIN:])
    asked = sorted(sorted(range(len(reply), len(rows)), key=weight)[-THIN:])
    return msgspec.structs.replace(
        model,
        reply=BETWEEN.join(reply[n] for n in kept),
        buyer=BETWEEN.join(buyer[n - len(reply)] for n in asked),
        weights=b"".join(rows[n] for n in (*kept, *asked)),
    )


def carry(patch: pytest.MonkeyPatch, load: Callable[[], Classifier]) -> None:
    """Releases that are compiled from now on carry this classifier."""
    for module in (assembly, meaning):
        patch.setattr(module, "load_classifier", load)


@pytest.fixture(scope="module")
def thin_classifier() -> Iterator[None]:
    model = thin()
    with pytest.MonkeyPatch.context() as patch:
        carry(patch, lambda: model)
        yield


@pytest.fixture(scope="session")
def engine_script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # Into a directory of the session, so that two test runs at once do not overwrite each other's.
    script = tmp_path_factory.mktemp("engine") / "engine-test.js"
    subprocess.run([_node(), HERE / "build_engine.mjs", script], check=True)
    return script


@pytest.fixture(scope="session")
def browser_page(playwright_: Playwright, engine_script: Path) -> Iterator[Page]:
    browser = playwright_.chromium.launch(executable_path=CHROMIUM, chromium_sandbox=False)
    page = browser.new_page()
    page.goto("about:blank")
    page.add_script_tag(content=engine_script.read_text(encoding="utf-8"))
    yield page
    browser.close()


@pytest.fixture(scope="session")
def browser_engine(browser_page: Page) -> BrowserEngine:
    return BrowserEngine(browser_page)


@pytest.fixture(scope="session")
def node_engine(engine_script: Path) -> Iterator[NodeEngine]:
    process = subprocess.Popen(
        [_node(), HERE / "run_engine.mjs", engine_script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        yield NodeEngine(process)
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture(scope="session", params=["browser", "node"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Runs a test twice: in Chromium and in node."""
    chosen: Engine = request.getfixturevalue(f"{request.param}_engine")
    return chosen
