"""One Playwright for all browser tests; asynchronous tests run before it begins."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Playwright, sync_playwright


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Playwright's synchronous interface keeps an event loop running in the main thread for as long as it lives, and
    # Python allows one a thread: what brings its own loop has to be through by then. The sort is stable.
    items.sort(key=lambda item: "anyio_backend" not in getattr(item, "fixturenames", ()))


@pytest.fixture(scope="session")
def playwright_() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright
