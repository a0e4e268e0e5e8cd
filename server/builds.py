"""From a saved file to a published release, or to diagnostics that people can read.

Only a complete, stable state of the folder is compiled and only a build without faults is published; in every other
case the last good release stays.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import sys
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec

from compiler.build import DEFAULT_CHANNEL, Build, Builder, Release, without_collection
from compiler.diagnostics import Diagnostic
from compiler.schema import ChannelSource

from .current import Note
from .enrolment import default_channel
from .keys import KeyringError
from .manifest import timestamp
from .push import Hub, event
from .releases import Releases
from .store import Conflict, StoreError

MAX_SHRINK = 0.2
"""A save that drops more than this share of the rules may be half a file: it waits for an explicit publish."""
MAX_SHOWN = 100
"""Diagnostics on the start page, errors first; the counts tell of the rest."""
TOPIC = "build"
SWITCH = 0.0005
"""Seconds after which a thread lets another have the interpreter."""

log = logging.getLogger("replyguard.builds")
_T = TypeVar("_T")


State = Literal["ok", "building", "held", "unavailable", "no-rules", "faulty"]
_SEVERITY: tuple[State, ...] = ("ok", "building", "held", "unavailable", "faulty", "no-rules")


class ChannelState(msgspec.Struct, frozen=True):
    id: str
    title: str
    epoch: int = 0
    version: int = 0
    rules: int = 0
    created: str = ""
    expires: str = ""


class Held(msgspec.Struct, frozen=True):
    channel: str
    was: int
    now: int


class BuildState(msgspec.Struct, frozen=True):
    sequence: int
    state: State
    changed: str
    channels: list[ChannelState]
    diagnostics: list[Any] = []
    faults: int = 0
    warnings: int = 0
    held: Held | None = None


async def _yes() -> bool:
    return True


class Builds:
    """Compiles in one thread (a Builder is not thread-safe) and publishes to the channels that follow saves."""

    def __init__(
        self,
        builder: Builder,
        releases: Releases,
        hub: Hub,
        *,
        root: Path,
        follow: Iterable[str] = (),
    ) -> None:
        self._builder = builder
        self._releases = releases
        self._hub = hub
        self._root = root
        self._follow = set(follow)
        self._thread = ThreadPoolExecutor(1, "compile")
        # While it compiles the other channels, browsers fetch the release of the first: the event loop must not wait for the
        # interpreter's lock the usual 5 ms a turn.
        sys.setswitchinterval(SWITCH)
        self._channels = {"default": ChannelSource(id="default", title="默认")}
        self.state = BuildState(0, "building", timestamp(datetime.now(UTC)), [])

    @property
    def channels(self) -> dict[str, str]:
        """id → title, of the last readable rulebook."""
        return {c.id: c.title or c.id for c in self._channels.values()}

    def channel(self, channel: str) -> ChannelSource:
        """Raises KeyError."""
        return self._channels[channel]

    def following(self) -> list[str]:
        """The channels a save goes to: those named at start, else all that are not promoted from another channel."""
        if self._follow:
            return [c for c in self._channels if c in self._follow]
        return [c.id for c in self._channels.values() if not c.follows]

    async def rebuild(self, unchanged: Callable[[], Awaitable[bool]] = _yes) -> bool:
        """Compile and publish, channel by channel. `unchanged` is asked after each compilation: False throws the
        result away (the files moved on), and False is returned.
        """
        with without_collection():  # not between a build and its release either: it takes one or two milliseconds
            return await self._rebuild(unchanged)

    async def _rebuild(self, unchanged: Callable[[], Awaitable[bool]]) -> bool:
        report = _Report()
        channels: list[str | None] = [None]  # the first build also tells which channels there are
        while channels:
            channel = channels.pop(0)
            try:
                name, build = await self._in_thread(self._compile, channel, asyncio.get_running_loop())
            except Exception as error:
                # Whatever a rulebook can provoke, the service goes on; the next save is another chance.
                log.exception("the compiler failed")
                if not await unchanged():
                    return False
                report.crash(error)
                break
            if not await unchanged():
                return False
            if build.release is None:
                report.add(build.diagnostics)
                report.worst("faulty" if self._root.is_dir() else "no-rules")
                if channel is None:
                    break  # a rulebook with a fault goes to no channel
                continue  # a fault of one shop's settings is no matter of the others
            if channel is None:
                channels = [c for c in self.following() if c != name]
            await self._publish(name, build.release, report)
            report.add(build.diagnostics)  # warnings are drawn for people: browsers do not wait for it
        self._send(report.state())
        return True

    async def compile_for(self, channel: str) -> Build:
        """One build, for an explicit publish."""
        return await self._in_thread(self._builder.build, channel)

    def refresh(self) -> None:
        """Tell the pages what is served now (something was published past the watcher)."""
        state = self.state
        held = state.held
        if held is not None:
            current = self._releases.current.get(held.channel)
            if current is not None and current.manifest.rules == held.now:
                held = None
        kind = "ok" if state.state == "held" and held is None else state.state
        self._send(msgspec.structs.replace(state, state=kind, held=held))

    def close(self) -> None:
        self._thread.shutdown(cancel_futures=True)

    def _compile(self, channel: str | None, loop: asyncio.AbstractEventLoop) -> tuple[str, Build]:
        """Of the named channel, or of the first that follows saves."""

        def compiled(release: Release) -> None:
            loop.call_soon_threadsafe(self._releases.expect, release.bundle, release.automaton)

        if channel is None:
            self._learn()
            name = self._first()
            build = self._builder.build(name, compiled=compiled)
            self._learn()
            if name not in self._channels:  # it was that of a rulebook.yaml which was half written
                name = self._first()
                build = self._builder.build(name, compiled=compiled)
                self._learn()
            return name, build
        # The examples were run with the first channel, and must pass there; only a shop's overlay can change them.
        return channel, self._builder.build(channel, examples=bool(self._channels[channel].overlay))

    def _first(self) -> str:
        """The channel that newcomers and the demo are on: it waits for no other."""
        following = self.following()
        return default_channel(dict.fromkeys(following, "")) if following else next(iter(self._channels))

    def _learn(self) -> None:
        """Keep the channels that were known while the rulebook cannot be read."""
        found = {c.id: c for c in self._builder.channels()}
        if set(found) != {DEFAULT_CHANNEL} or len(self._channels) == 1:
            self._channels = found

    async def _publish(self, channel: str, release: Release, report: _Report) -> None:
        current = self._releases.current.get(channel)
        was = current.manifest.rules if current else 0
        if release.rule_count < was * (1 - MAX_SHRINK):
            report.worst("held")
            report.held = Held(channel, was, release.rule_count)
            return
        try:
            note = Note("publish", author="watch")
            percent = self._channels[channel].rollout
            await self._releases.publish(
                channel,
                release.bundle,
                release.automaton,
                release.rule_count,
                percent=percent,
                by_save=True,
                note=note,
            )
        except (StoreError, KeyringError, Conflict, OSError) as error:
            log.error("not published to %s: %s", channel, error)
            report.worst("unavailable")

    async def _in_thread(self, function: Callable[..., _T], *arguments: Any) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, functools.partial(function, *arguments))

    def _send(self, state: BuildState) -> None:
        channels = []
        for channel, title in self.channels.items():
            current = self._releases.current.get(channel)
            if current is None:
                channels.append(ChannelState(channel, title))
            else:
                m = current.manifest
                channels.append(ChannelState(channel, title, m.epoch, m.version, m.rules, m.created, m.expires))
        self.state = msgspec.structs.replace(state, sequence=self.state.sequence + 1, channels=channels)
        self._hub.publish(TOPIC, event("build", msgspec.json.encode(self.state), str(self.state.sequence)))


class _Report:
    """What one round of builds found, told once."""

    def __init__(self) -> None:
        self.held: Held | None = None
        self._state: State = "ok"
        self._seen: dict[str, Any] = {}

    def worst(self, state: State) -> None:
        if _SEVERITY.index(state) > _SEVERITY.index(self._state):
            self._state = state

    def add(self, diagnostics: Iterable[Diagnostic]) -> None:
        for diagnostic in diagnostics:
            text = diagnostic.render("zh")
            self._seen[text] = {
                **_plain(diagnostic.to_json()),
                "severity": diagnostic.severity,
                "text_zh": text,
                "text_en": diagnostic.render("en"),
            }
            if diagnostic.severity == "error":
                self.worst("faulty")

    def crash(self, error: Exception) -> None:
        reason = f"{type(error).__name__}: {error}"
        text = f"编译器内部错误，请把它报告给开发者：{reason}"
        self._seen[text] = {
            "code": "internal", "severity": "error", "path": "", "line": 0, "column": 0, "text_zh": text,
            "text_en": f"internal compiler error: {reason}",
        }  # fmt: skip
        self.worst("faulty")

    def state(self) -> BuildState:
        found = list(self._seen.values())
        faults = sum(d["severity"] == "error" for d in found)
        now = timestamp(datetime.now(UTC))
        shown = sorted(found, key=lambda d: d["severity"] != "error")[:MAX_SHOWN]
        return BuildState(0, self._state, now, [], shown, faults, len(found) - faults, self.held)


def _plain(value: Any) -> dict[str, Any]:
    """`to_json` may answer with text or with a mapping."""
    if isinstance(value, (str, bytes)):
        value = msgspec.json.decode(value)
    return dict(value)
