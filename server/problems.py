"""Errors as `application/problem+json` (RFC 9457): one class to raise, one function to render."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

_KINDS: dict[str, tuple[int, str]] = {
    "bad-request": (400, "请求格式不对"),
    "unauthorized": (401, "需要有效的令牌"),
    "forbidden": (403, "没有权限"),
    "not-found": (404, "没有这个地址"),
    "no-channel": (404, "没有这个频道"),
    "no-release": (404, "这个频道还没有发布过规则"),
    "no-bundle": (404, "没有这个规则包"),
    "method": (405, "不支持这种请求方法"),
    "timeout": (408, "请求太慢"),
    "conflict": (409, "版本已变，请先看新内容"),
    "precondition": (412, "文件已被别人改过"),
    "too-large": (413, "内容太大"),
    "unsupported-media": (415, "内容类型不对"),
    "misdirected": (421, "Host 不在允许名单里"),
    "invalid-rules": (422, "规则有错误"),
    "too-many": (429, "请求太频繁"),
    "header-too-large": (431, "请求头太大"),
    "unavailable": (503, "暂时不可用"),
}

CODES = frozenset(_KINDS)


class Problem(Exception):
    """An answer other than success. `code` is a key of the table above; `extra` joins the JSON body."""

    def __init__(self, code: str, detail: str = "", *, retry_after: int = 0, **extra: Any) -> None:
        self.code = code
        self.status, self.title = _KINDS[code]
        self.detail = detail
        self.retry_after = retry_after
        self.extra = extra
        super().__init__(f"{code}: {detail}")

    def body(self) -> bytes:
        document = {"type": f"/problems/{self.code}", "title": self.title, "status": self.status}
        if self.detail:
            document["detail"] = self.detail
        return msgspec.json.encode({**document, **self.extra})

    def headers(self) -> dict[str, str]:
        headers = {
            "content-type": "application/problem+json",
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
        }
        if self.retry_after:
            headers["retry-after"] = str(self.retry_after)
        if self.code == "unauthorized":
            headers["www-authenticate"] = "Bearer"
        return headers

    def messages(self, extra_headers: Mapping[str, str] = {}) -> tuple[dict[str, Any], dict[str, Any]]:
        """The two ASGI messages, for callables below the router."""
        body = self.body()
        headers = {**self.headers(), **extra_headers, "content-length": str(len(body))}
        encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
        return (
            {"type": "http.response.start", "status": self.status, "headers": encoded},
            {"type": "http.response.body", "body": body},
        )


async def on_problem(request: Request, error: Exception) -> Response:
    """Starlette exception handler for `Problem`."""
    assert isinstance(error, Problem)
    return Response(error.body(), error.status, error.headers())


async def on_http_error(request: Request, error: Exception) -> Response:
    """Starlette exception handler for its own 404 and 405."""
    status = getattr(error, "status_code", 500)
    problem = Problem("method" if status == 405 else "not-found")
    headers = {**problem.headers(), **(getattr(error, "headers", None) or {})}
    return Response(problem.body(), problem.status, headers)
