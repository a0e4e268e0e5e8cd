"""One Playwright for all browser tests, which run last."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, sync_playwright

_WITH_BROWSER = (Path(__file__).parent / "e2e", Path(__file__).parent / "engine")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Playwright's synchronous interface keeps an event loop running in the main thread for as long as it lives, and
    # Python allows one a thread: what brings its own loop has to be through by then. The sort is stable.
    items.sort(key=lambda item: any(folder in item.path.parents for folder in _WITH_BROWSER))


@pytest.fixture(scope="session")
def playwright_() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright
