"""From a saved file to a published release, or to diagnostics that people can read.

Only a complete, stable state of the folder is compiled and only a build without faults is published; in every other
case the last good release stays.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Protocol

import msgspec

from .keys import KeyringError
from .manifest import timestamp
from .push import Hub, event
from .releases import Note, Releases
from .store import Conflict, StoreError

MAX_SHRINK = 0.2
"""A save that drops more than this share of the rules may be half a file: it waits for an explicit publish."""
TOPIC = "build"

log = logging.getLogger("replyguard.builds")


class ReleaseLike(Protocol):
    @property
    def bundle(self) -> bytes: ...
    @property
    def automaton(self) -> bytes: ...
    @property
    def rule_count(self) -> int: ...


class DiagnosticLike(Protocol):
    @property
    def severity(self) -> str: ...
    def render(self, lang: str = "zh") -> str: ...
    def to_json(self) -> Any: ...


class BuildLike(Protocol):
    @property
    def release(self) -> ReleaseLike | None: ...
    @property
    def diagnostics(self) -> Iterable[DiagnosticLike]: ...


class ChannelLike(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...


class BuilderLike(Protocol):
    """What of `compiler.build.Builder` is used here."""

    def build(self, channel: str = "") -> BuildLike: ...
    def channels(self) -> Iterable[ChannelLike]: ...


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
    state: Literal["ok", "faulty", "held", "building", "no-rules", "unavailable"]
    changed: str
    channels: list[ChannelState]
    diagnostics: list[Any] = []
    faults: int = 0
    warnings: int = 0
    held: Held | None = None


class Builds:
    """Compiles in one thread (a Builder is not thread-safe) and publishes to the channels that follow saves."""

    def __init__(
        self,
        builder: BuilderLike,
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
        self._titles: dict[str, str] = {"default": "默认"}
        self.state = BuildState(0, "building", timestamp(datetime.now(UTC)), [])

    @property
    def channels(self) -> dict[str, str]:
        """id → title, of the last readable rulebook."""
        return self._titles

    def following(self) -> list[str]:
        """The channels a save goes to: those named, else `dev` where there is one (the rest is promoted), else all."""
        if self._follow:
            return [c for c in self._titles if c in self._follow]
        return ["dev"] if "dev" in self._titles else list(self._titles)

    async def rebuild(self, unchanged: Callable[[], bool] = lambda: True) -> bool:
        """Compile and publish. `unchanged` is asked after compiling: False throws the result away (files moved on).

        Returns False in that case.
        """
        loop = asyncio.get_running_loop()
        builds: dict[str, BuildLike]
        try:
            builds = await loop.run_in_executor(self._thread, self._compile)
        except Exception as error:
            # Whatever a rulebook can provoke, the service goes on; the next save is another chance.
            log.exception("the compiler failed")
            builds = {"": _Crash(error)}
        if not unchanged():
            return False
        held = None
        state: Literal["ok", "faulty", "held", "no-rules", "unavailable"] = "ok"
        for channel, build in builds.items():
            if build.release is None:
                state = "faulty" if self._root.is_dir() else "no-rules"
                continue
            current = self._releases.current.get(channel)
            was = current.manifest.rules if current else 0
            now = build.release.rule_count
            if now < was * (1 - MAX_SHRINK):
                held, state = Held(channel, was, now), "held"
                continue
            try:
                await self._publish(channel, build.release, Note("publish", author="watch"))
            except (StoreError, KeyringError, Conflict, OSError) as error:
                log.error("not published to %s: %s", channel, error)
                state = "unavailable"
        self._announce(state, builds, held)
        return True

    async def compile_for(self, channel: str) -> BuildLike:
        """One build, for an explicit publish."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._builder.build, channel)

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

    def _compile(self) -> dict[str, BuildLike]:
        channels = {channel.id: channel.title for channel in self._builder.channels()}
        if channels:
            self._titles = channels
        return {channel: self._builder.build(channel) for channel in self.following()}

    async def _publish(self, channel: str, release: ReleaseLike, note: Note) -> None:
        await self._releases.publish(channel, release.bundle, release.automaton, release.rule_count, note=note)

    def _announce(
        self,
        state: Literal["ok", "faulty", "held", "no-rules", "unavailable"],
        builds: dict[str, BuildLike],
        held: Held | None,
    ) -> None:
        seen: dict[str, Any] = {}
        faults = warnings = 0
        for build in builds.values():
            for diagnostic in build.diagnostics:
                text = diagnostic.render("zh")
                if text in seen:
                    continue
                faults += diagnostic.severity == "error"
                warnings += diagnostic.severity != "error"
                seen[text] = {**_plain(diagnostic.to_json()), "text_zh": text, "text_en": diagnostic.render("en")}
        if faults and state == "ok":
            state = "faulty"
        self._send(BuildState(0, state, timestamp(datetime.now(UTC)), [], list(seen.values()), faults, warnings, held))

    def _send(self, state: BuildState) -> None:
        channels = []
        for channel, title in self._titles.items():
            current = self._releases.current.get(channel)
            if current is None:
                channels.append(ChannelState(channel, title))
            else:
                m = current.manifest
                channels.append(ChannelState(channel, title, m.epoch, m.version, m.rules, m.created, m.expires))
        self.state = msgspec.structs.replace(state, sequence=self.state.sequence + 1, channels=channels)
        self._hub.publish(TOPIC, event("build", msgspec.json.encode(self.state), str(self.state.sequence)))


class _Crash:
    """A fault of the compiler itself, in the shape of a build."""

    release = None
    severity = "error"

    def __init__(self, error: Exception) -> None:
        self._error = error
        self.diagnostics = (self,)

    def render(self, lang: str = "zh") -> str:
        reason = f"{type(self._error).__name__}: {self._error}"
        return f"编译器内部错误,请把它报告给开发者:{reason}" if lang == "zh" else f"internal compiler error: {reason}"

    def to_json(self) -> dict[str, Any]:
        return {"code": "internal", "severity": self.severity, "path": "", "line": 0, "column": 0}


def _plain(value: Any) -> dict[str, Any]:
    """`to_json` may answer with text or with a mapping."""
    if isinstance(value, (str, bytes)):
        value = msgspec.json.decode(value)
    return dict(value)
