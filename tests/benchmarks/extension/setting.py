"""What the extension's benchmarks are measured with: a copy of the built extension, and a server of its own."""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.conftest import Server, copy_of_dist, make_rules, start_server


def rulebook(description: str | None) -> Path | None:
    """The command line's `--rules`; None for the tests' own."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--rules", type=Path, help="measure with this rulebook; default: the tests' own")
    given: Path | None = parser.parse_args().rules
    return given


@contextmanager
def setting(given: Path | None) -> Iterator[tuple[Path, Path, Server]]:
    """A folder for profiles, the extension, and a server that ends whatever happens."""
    folder = Path(tempfile.mkdtemp())
    dist = copy_of_dist(folder)
    rules = make_rules(folder / "rules")
    if given:
        shutil.rmtree(rules)
        shutil.copytree(given, rules)
    server = start_server(rules, folder / "data")
    try:
        yield folder, dist, server
    finally:
        server.stop()
