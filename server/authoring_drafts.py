"""Compiling drafts: what the author is typing, beside what is on disk. Nothing of it is published."""

from __future__ import annotations

import asyncio
import functools
import hashlib
import logging
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec

from compiler.build import Build, Builder
from compiler.diagnostics import Diagnostic

from .problems import Problem

KEPT = 16
"""Draft releases kept for the in-page engine; a page fetches its own within a second."""
MAX_WAITING = 8

log = logging.getLogger("replyguard.authoring")


class Draft(msgspec.Struct, frozen=True):
    """A compiled draft, also one whose examples fail: those an author wants to try most."""

    bundle: bytes
    automaton: bytes
    sha256: str
    """Of the bundle: the identity that a channel's manifest names too."""

    @property
    def id(self) -> str:
        # The automaton holds the bundle's literals and nothing else.
        return self.sha256[:32]


class Drafts:
    """One compiler, one thread (a Builder is not thread-safe); the server's own builds go on beside it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._builder = Builder(root)
        self._thread = ThreadPoolExecutor(1, "draft")
        self._waiting = 0
        self._kept: OrderedDict[str, Draft] = OrderedDict()
        self._last: tuple[object, Draft | None] = (None, None)
        self._shown: dict[int, tuple[Diagnostic, dict[str, Any]]] = {}
        """The diagnostics of the last answer with examples, and since, as JSON: most of the next are the same objects."""

    async def compile(self, channel: str, texts: Mapping[str, bytes], *, examples: bool = True) -> dict[str, Any]:
        """The answer of `POST /v1/compile`.

        `release` is null when the rulebook cannot be compiled at all, and `publishable` false with any error.

        Raises
        ------
        Problem
            `too-many` when compilations pile up.
        """
        if self._waiting >= MAX_WAITING:
            raise Problem("too-many", "编译排队太长", retry_after=1)
        self._waiting += 1
        try:
            call = functools.partial(self._compile, channel, dict(texts), examples)
            return await asyncio.get_running_loop().run_in_executor(self._thread, call)
        finally:
            self._waiting -= 1

    def get(self, identity: str) -> Draft:
        """Raises Problem `no-bundle` when it is unknown or no longer kept."""
        draft = self._kept.get(identity)
        if draft is None:
            raise Problem("no-bundle", "草稿已过期，重新编译一次即可")
        return draft

    def close(self) -> None:
        self._thread.shutdown(cancel_futures=True)

    def _compile(self, channel: str, texts: dict[str, bytes], examples: bool) -> dict[str, Any]:
        try:
            build = self._builder.build(channel, texts, examples=examples)
        except Exception as error:
            # Whatever a draft can provoke, the page goes on and shows it; the builder may hold half a state.
            log.exception("the compiler failed on a draft")
            self._builder = Builder(self._root)
            return _answer([_crash(error)], {}, None, False)
        # The same texts come twice, first without examples: when those fail there is no release, but the draft is known.
        state = channel, texts
        draft = self._last[1] if build.release is None and self._last[0] == state else None
        draft = draft or _draft(build)
        self._last = state, draft
        if draft is not None:
            self._keep(draft)
        known, root = self._shown, self._root.name
        shown = {id(d): known.get(id(d)) or (d, _diagnostic(d, root)) for d in build.diagnostics}
        self._shown = shown if examples else known | shown
        found = [json for _, json in shown.values()]
        return _answer(found, build.report, draft, build.release is not None)

    def _keep(self, draft: Draft) -> None:
        self._kept[draft.id] = draft
        self._kept.move_to_end(draft.id)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)


def _draft(build: Build) -> Draft | None:
    return None if build.trial is None else _named(build.trial.bundle, build.trial.automaton)


def _named(bundle: bytes, packed: bytes) -> Draft:
    return Draft(bundle, packed, hashlib.sha256(bundle).hexdigest())


def _answer(
    diagnostics: list[dict[str, Any]], report: dict[str, Any], draft: Draft | None, publishable: bool
) -> dict[str, Any]:
    errors = sum(d["severity"] == "error" for d in diagnostics)
    release = None
    if draft is not None:
        release = {
            "id": draft.id,
            "sha256": draft.sha256,
            "bundle": f"/v1/drafts/{draft.id}/bundle.bin",
            "automaton": f"/v1/drafts/{draft.id}/automaton.bin",
        }
    return {
        "publishable": publishable,
        "errors": errors,
        "warnings": len(diagnostics) - errors,
        "diagnostics": diagnostics,
        "report": report,
        "release": release,
    }


def _diagnostic(diagnostic: Diagnostic, root: str) -> dict[str, Any]:
    """With the file's name as the page knows it, and the details that one-click fixes are made from."""
    detail = {key: value for key, value in diagnostic.detail.items() if isinstance(value, (str, int, list, tuple))}
    return {**diagnostic.to_json(), "file": diagnostic.path.removeprefix(f"{root}/"), "detail": detail}


def _crash(error: Exception) -> dict[str, Any]:
    reason = f"{type(error).__name__}: {error}"
    return {
        "code": "internal", "severity": "error", "path": "", "file": "", "line": 1, "column": 1, "length": 1,
        "message": {
            "zh": f"编译器内部错误，请报告给开发者：{reason}",
            "en": f"internal compiler error, please report it: {reason}",
        },
        "hint": {"zh": "", "en": ""}, "best": "", "source": "", "detail": {},
    }  # fmt: skip
