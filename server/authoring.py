"""The authoring page's API: rule files, drafts, schema. Publishing is `server/releases.py`'s; docs/authoring.md tells all.

Nothing here publishes: a saved file reaches channels that follow saves by the watcher, all others by an explicit publish.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from compiler import schema
from compiler.matcher.entities import KINDS
from compiler.source import MAX_BYTES

from . import authoring_git
from .audit import Audit
from .auth import LOCAL, Access
from .authoring_drafts import Drafts
from .authoring_files import RuleFiles, etag
from .authoring_sources import Sources
from .builds import Builds
from .problems import Problem
from .releases import Releases

MAX_BODY = 8 * 1024 * 1024
MAX_CASES = 16 * 1024 * 1024


class Author(NamedTuple):
    name: str
    role: str
    local: bool


class CompileBody(msgspec.Struct, forbid_unknown_fields=True):
    """`drafts`: name → text, null = removed. `examples` false = as fast as can be, for every keystroke."""

    drafts: dict[str, str | None] = {}
    channel: str = ""
    examples: bool = True


class CommitBody(msgspec.Struct, forbid_unknown_fields=True):
    message: str = ""


class Authoring:
    """`routes` is what app.py mounts."""

    def __init__(
        self,
        root: Path,
        data: Path,
        access: Access,
        builds: Builds,
        releases: Releases,
        audit: Audit,
        *,
        git_commit: bool = False,
        cases: Path | None = None,
    ) -> None:
        self._files = RuleFiles(root)
        self._drafts = Drafts(root)
        self._sources = Sources(data / "sources")
        self._access = access
        self._builds = builds
        self._releases = releases
        self._audit = audit
        self._git_commit = git_commit
        self._cases = cases or root.parent / "tests" / "eval" / "cases.jsonl"
        self._schema = msgspec.json.encode({"schema": schema.json_schema(), "entities": sorted(KINDS)})

    def routes(self, page: Callable[[Request], Any]) -> list[Route]:
        """`page` serves pages/author.html."""
        return [
            Route("/author", page),
            Route("/v1/author", self._session),
            Route("/v1/author/commit", self._commit, methods=["POST"]),
            Route("/v1/rules", self._list),
            Route("/v1/rules/{file:path}", self._read, methods=["GET", "HEAD"]),
            Route("/v1/rules/{file:path}", self._write, methods=["PUT", "DELETE"]),
            Route("/v1/compile", self._compile, methods=["POST"]),
            Route("/v1/drafts/{id}/{part}", self._draft),
            Route("/v1/schema", self._get_schema),
            Route("/v1/cases", self._get_cases),
            Route("/v1/sources/{digest}", self._get_sources),
        ]

    def close(self) -> None:
        self._drafts.close()

    def author(self, request: Request) -> Author:
        """Raises Problem `unauthorized`, `forbidden` or `too-many`."""
        token = self._access.need("author", request.scope["headers"], None, request.client)
        return Author(token.name, token.role, token.id == LOCAL)

    async def _session(self, request: Request) -> Response:
        author = self.author(request)
        checkout = await authoring_git.describe(self._files.root)
        following = set(self._builds.following())
        channels = []
        for channel, title in self._builds.channels.items():
            current = self._releases.current.get(channel)
            manifest = current.manifest if current else None
            channels.append(
                {
                    "id": channel,
                    "title": title,
                    "follows_saves": channel in following,
                    "version": manifest.version if manifest else 0,
                    "rules": manifest.rules if manifest else 0,
                    "created": manifest.created if manifest else "",
                    "percent": manifest.rollout.percent if manifest else 100,
                    "bundle": manifest.bundle.sha256 if manifest else "",
                    "automaton": manifest.automaton.sha256 if manifest else "",
                }
            )
        body = {
            "author": author._asdict(),
            "rulebook": self._files.root.name,
            "channels": channels,
            "git": None if checkout is None else {**msgspec.structs.asdict(checkout), "commits": self._git_commit},
            "cases": self._cases.is_file(),
        }
        return _json(body)

    async def _list(self, request: Request) -> Response:
        self.author(request)
        texts = await asyncio.to_thread(self._files.read_all)
        files = [
            {"name": name, "etag": etag(data), "size": len(data), "text": data.decode("utf-8", "replace")}
            for name, data in texts.items()
        ]
        return _json({"files": files})

    async def _read(self, request: Request) -> Response:
        self.author(request)
        data = await asyncio.to_thread(self._files.read, request.path_params["file"])
        headers = {"etag": etag(data), "cache-control": "no-cache", "x-content-type-options": "nosniff"}
        if headers["etag"] == request.headers.get("if-none-match"):
            return Response(status_code=304, headers=headers)
        return Response(data, media_type="text/plain; charset=utf-8", headers=headers)

    async def _write(self, request: Request) -> Response:
        """A file with faults is saved only with `?faulty=1`: the author has seen them; the last good release stays."""
        author = self.author(request)
        name = request.path_params["file"]
        match, none = request.headers.get("if-match"), request.headers.get("if-none-match")
        if (match is None) == (none is None) or (none is not None and none != "*") or (match and "," in match):
            raise Problem("bad-request", "要有一个 If-Match（改文件）或 If-None-Match: *（新文件）")
        data = None if request.method == "DELETE" else await _body(request, MAX_BYTES)
        if data is not None and request.query_params.get("faulty") != "1":
            answer = await self._drafts.compile("", {name: data})
            faults = [d for d in answer["diagnostics"] if d["severity"] == "error" and d["file"] in (name, "")]
            if faults:
                raise Problem("invalid-rules", f"这个文件有 {len(faults)} 处错误", diagnostics=faults)
        created = await self._files.write(name, data, match)
        action = "remove-rules" if data is None else "save-rules"
        await asyncio.to_thread(self._audit.record, author.name, action, file=name)
        if data is None:
            return Response(status_code=204, headers={"cache-control": "no-store"})
        headers = {"etag": etag(data), "cache-control": "no-store"}
        return Response(status_code=201 if created else 204, headers=headers)

    async def _compile(self, request: Request) -> Response:
        self.author(request)
        body = _decode(await _body(request, MAX_BODY), CompileBody)
        disk = await asyncio.to_thread(self._files.read_all)
        # A removed file compiles as an empty one, which says nothing.
        drafts = {name: (text or "").encode() for name, text in body.drafts.items()}
        texts = {**disk, **drafts}
        answer = await self._drafts.compile(body.channel, texts, examples=body.examples)
        if answer["publishable"] and texts == disk:
            await asyncio.to_thread(self._sources.keep, answer["release"]["sha256"], disk)
        return _json(answer)

    async def _draft(self, request: Request) -> Response:
        self.author(request)
        draft = self._drafts.get(request.path_params["id"])
        parts = {
            "bundle.bin": (draft.bundle, "application/octet-stream"),
            "automaton.bin": (draft.automaton, "application/octet-stream"),
        }
        found = parts.get(request.path_params["part"])
        if found is None:
            raise Problem("no-bundle")
        headers = {"cache-control": "private, max-age=600, immutable", "x-content-type-options": "nosniff"}
        return Response(found[0], media_type=found[1], headers=headers)

    async def _get_schema(self, request: Request) -> Response:
        self.author(request)
        return Response(self._schema, media_type="application/json", headers={"cache-control": "no-cache"})

    async def _get_cases(self, request: Request) -> Response:
        """The labelled conversations beside the rulebook, for the impact view; JSONL."""
        self.author(request)
        try:
            data = await asyncio.to_thread(self._cases.read_bytes)
        except OSError:
            raise Problem("not-found", "没有标注过的会话") from None
        if len(data) > MAX_CASES:
            raise Problem("too-large")
        return Response(data, media_type="application/x-ndjson", headers={"cache-control": "no-cache"})

    async def _get_sources(self, request: Request) -> Response:
        self.author(request)
        texts = await asyncio.to_thread(self._sources.get, request.path_params["digest"])
        if texts is None:
            raise Problem("not-found", "这一版发布时的规则原文没有留底")
        return _json({"files": texts})

    async def _commit(self, request: Request) -> Response:
        author = self.author(request)
        body = _decode(await _body(request, 64 * 1024), CommitBody)
        if not self._git_commit:
            raise Problem("forbidden", "没有开启发布后提交：用 --git-commit 启动服务")
        try:
            head = await authoring_git.commit(self._files.root, body.message, author.name)
        except authoring_git.GitError as error:
            raise Problem("conflict", f"git 提交失败：{error}") from None
        return _json({"head": head})


async def _body(request: Request, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size <= limit:
            parts.append(part)
        elif size > 2 * limit:
            break
    # What is a little too large is read to its end: an answer in the middle of a request is lost by most clients.
    if size > limit:
        raise Problem("too-large", f"最多 {limit // 1024} KB")
    return b"".join(parts)


def _decode(data: bytes, kind: type[Any]) -> Any:
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem("bad-request", str(error)) from None


def _json(value: object) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json", headers={"cache-control": "no-store"})
