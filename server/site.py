"""Pages, their scripts and the extension as a download. Everything is served from this origin; nothing is inline."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from .problems import Problem

HERE = Path(__file__).parent / "pages"
DIRECTORIES = (HERE / "static", HERE / "built")
NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,80}\Z")
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
    ".xml": "application/xml",
    ".crx": "application/x-chrome-extension",
}
SECURITY = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; frame-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
_ZIP_TIME = (2020, 1, 1, 0, 0, 0)
"""A fixed time: the same files give the same bytes."""


class Site:
    """`extension`: the folder of the built extension; `packed`: where `replyguard pack` writes; `pages`: the HTML files."""

    def __init__(self, extension: Path, packed: Path, pages: Path = HERE) -> None:
        self._extension = extension
        self._packed = packed
        self._pages = pages
        self._zip: tuple[tuple[tuple[str, int, int], ...], bytes] | None = None

    def page(self, name: str):  # type: ignore[no-untyped-def]
        """A route handler for `pages/<name>.html`."""

        async def handler(request: Request) -> Response:
            return self._file(request, self._pages / f"{name}.html", SECURITY)

        return handler

    async def static(self, request: Request) -> Response:
        name = request.path_params["name"]
        if NAME.match(name):
            for directory in DIRECTORIES:
                path = directory / name
                if path.is_file():
                    return self._file(request, path, {"x-content-type-options": "nosniff"})
        raise Problem("not-found")

    async def package(self, request: Request) -> Response:
        """What the policy of managed browsers points to: the update manifest and the signed package."""
        return self._file(
            request, self._packed / request.url.path.rsplit("/", 1)[1], {"x-content-type-options": "nosniff"}
        )

    async def download(self, request: Request) -> Response:
        """The extension as a zip with one folder in it, ready for "load unpacked"."""
        data = self.packed()
        if data is None:
            raise Problem("not-found", "扩展还没有构建：请在项目目录运行 make build")
        headers = {"content-disposition": 'attachment; filename="replyguard-extension.zip"', **_fresh(data)}
        return _answer(request, data, "application/zip", headers)

    def packed(self) -> bytes | None:
        """None when the extension has not been built."""
        if not (self._extension / "manifest.json").is_file():
            return None
        files = sorted(p for p in self._extension.rglob("*") if p.is_file() and p.suffix != ".map")
        stamp = tuple((str(p), p.stat().st_mtime_ns, p.stat().st_size) for p in files)
        if self._zip is None or self._zip[0] != stamp:
            buffer = io.BytesIO()
            with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
                for path in files:
                    name = f"replyguard/{path.relative_to(self._extension).as_posix()}"
                    info = zipfile.ZipInfo(name, _ZIP_TIME)
                    info.external_attr = 0o644 << 16
                    archive.writestr(info, path.read_bytes(), zipfile.ZIP_DEFLATED)
            self._zip = (stamp, buffer.getvalue())
        return self._zip[1]

    def _file(self, request: Request, path: Path, headers: dict[str, str]) -> Response:
        try:
            data = path.read_bytes()
        except OSError:
            raise Problem("not-found", "页面还没有构建：请在项目目录运行 make build") from None
        return _answer(request, data, TYPES.get(path.suffix, "application/octet-stream"), {**headers, **_fresh(data)})


def _fresh(data: bytes) -> dict[str, str]:
    return {"etag": f'"{hashlib.sha256(data).hexdigest()[:32]}"', "cache-control": "no-cache"}


def _answer(request: Request, data: bytes, kind: str, headers: dict[str, str]) -> Response:
    if headers["etag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(data, media_type=kind, headers=headers)
