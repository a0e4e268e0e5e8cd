"""The HTTP side of publishing: publish, promote, roll out, revert, history. Every change needs a token and leaves a trace."""

from __future__ import annotations

import asyncio
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from .audit import Audit
from .auth import Access, Role, Token
from .builds import Builds
from .changes import Changes
from .current import Current, Note
from .keys import KeyringError
from .limits import RateLimit
from .problems import Problem
from .releases import Releases
from .store import Conflict, StoreError

MAX_BODY = 16 * 1024
_T = TypeVar("_T")


class PublishRequest(msgspec.Struct, forbid_unknown_fields=True, rename={"source": "from"}):
    """`expected`: the version the author saw. `from`: promote that channel's release instead of compiling the folder."""

    expected: int
    percent: int | None = None
    source: str = ""
    comment: str = ""


class RolloutRequest(msgspec.Struct, forbid_unknown_fields=True):
    expected: int
    percent: int
    comment: str = ""


class RevertRequest(msgspec.Struct, forbid_unknown_fields=True):
    expected: int
    version: int
    comment: str = ""


class HistoryItem(msgspec.Struct, frozen=True):
    version: int
    epoch: int
    created: str
    rules: int
    percent: int
    kind: str
    author: str
    comment: str
    reverts: int
    changes: Changes


class Publishing:
    """Route handlers; `{channel}` is in the path."""

    def __init__(self, releases: Releases, builds: Builds, access: Access, audit: Audit) -> None:
        self._releases = releases
        self._builds = builds
        self._access = access
        self._audit = audit
        self._rate = RateLimit(burst=20, per_second=0.5)

    async def publish(self, request: Request) -> Response:
        channel, token = self._enter(request, "publisher")
        body = await read_body(request, PublishRequest)
        percent = self._builds.channel(channel).rollout if body.percent is None else body.percent
        note = Note("publish", author=token.name, comment=_comment(body.comment))
        if body.source:
            self._known(body.source)
            source = self._releases.current.get(body.source)
            if source is None:
                raise Problem("no-release", f"频道 {body.source} 还没有发布过规则")
            bundle, automaton = await self._content(source)
            rules = source.manifest.rules
        else:
            build = await self._builds.compile_for(channel)
            if build.release is None:
                found = [{**d.to_json(), "text_zh": d.render("zh")} for d in build.diagnostics]
                raise Problem("invalid-rules", diagnostics=found)
            bundle, automaton, rules = build.release.bundle, build.release.automaton, build.release.rule_count
        current = await self._attempt(
            self._releases.publish(
                channel, bundle, automaton, rules, expected=body.expected, percent=_percent(percent), note=note
            )
        )
        return await self._done(token, "publish", channel, current, source=body.source, percent=percent)

    async def rollout(self, request: Request) -> Response:
        channel, token = self._enter(request, "publisher")
        body = await read_body(request, RolloutRequest)
        note = Note("rollout", author=token.name, comment=_comment(body.comment))
        current = await self._attempt(
            self._releases.set_percent(channel, _percent(body.percent), expected=body.expected, note=note)
        )
        return await self._done(token, "rollout", channel, current, percent=body.percent)

    async def revert(self, request: Request) -> Response:
        channel, token = self._enter(request, "publisher")
        body = await read_body(request, RevertRequest)
        note = Note("revert", author=token.name, comment=_comment(body.comment))
        current = await self._attempt(self._releases.revert(channel, body.version, expected=body.expected, note=note))
        return await self._done(token, "revert", channel, current, reverts=body.version)

    async def history(self, request: Request) -> Response:
        channel = request.path_params["channel"]
        self._known(channel)
        if self._access.require_reader:
            self._access.need("author", request.scope["headers"], channel)
        items = [
            HistoryItem(
                m.version, m.epoch, m.created, m.rules, m.rollout.percent, note.kind, note.author, note.comment,
                note.reverts, changes,
            )
            for m, note, changes in await self._attempt(self._releases.history(channel))
        ]  # fmt: skip
        return answer({"channel": channel, "history": items})

    def _enter(self, request: Request, role: Role) -> tuple[str, Token]:
        channel = request.path_params["channel"]
        token = self._access.need(role, request.scope["headers"], channel, request.client)
        self._rate.take(token.id)
        self._known(channel)
        return channel, token

    def _known(self, channel: str) -> None:
        if channel not in self._builds.channels:
            raise Problem("no-channel")

    async def _content(self, current: Current) -> tuple[bytes, bytes]:
        parts = []
        for artifact in (current.manifest.bundle, current.manifest.automaton):
            data = await self._attempt(self._releases.store.get_blob(artifact.sha256))
            if data is None:
                raise Problem("no-bundle", artifact.sha256)
            parts.append(data)
        return parts[0], parts[1]

    async def _attempt(self, work: Any) -> Any:
        try:
            return await work
        except Conflict as error:
            raise Problem("conflict", current=error.current) from error
        except LookupError as error:
            raise Problem("no-release", str(error)) from error
        except (StoreError, KeyringError, OSError) as error:
            raise Problem("unavailable", str(error), retry_after=5) from error

    async def _done(self, token: Token, action: str, channel: str, current: Current, **details: Any) -> Response:
        manifest = current.manifest
        await asyncio.to_thread(
            self._audit.record, token.name, action, token=token.id, channel=channel, version=manifest.version, **details
        )
        self._builds.refresh()
        return answer(
            {"channel": channel, "epoch": manifest.epoch, "version": manifest.version, "rules": manifest.rules}
        )


async def read_body(request: Request, kind: type[_T], limit: int = MAX_BODY) -> _T:
    """Raises Problem `unsupported-media`, `too-large` or `bad-request`."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Problem("unsupported-media", "要 application/json")
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > limit:
            raise Problem("too-large", f"最多 {limit} 字节")
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem("bad-request", str(error)) from error


def answer(value: object) -> Response:
    """JSON that is nobody's to keep."""
    headers = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
    return Response(msgspec.json.encode(value), media_type="application/json", headers=headers)


def _percent(value: int) -> int:
    if not 0 <= value <= 100:
        raise Problem("bad-request", "percent 须在 0 到 100 之间")
    return value


def _comment(text: str) -> str:
    if len(text) > 500:
        raise Problem("bad-request", "comment 最多 500 字")
    return text
