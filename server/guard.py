"""Who may talk to the server at all: Host allow-list against DNS rebinding, Origin and Sec-Fetch-Site against other pages.

There are no cookies and no CORS headers; a page of another origin can neither read nor cause anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from .problems import Problem

Headers = Iterable[tuple[bytes, bytes]]
_EXTENSIONS = (b"chrome-extension://", b"moz-extension://")


class Guard:
    """`hosts` are Host header values as sent, e.g. `127.0.0.1:8765`, `rules.example.cn`."""

    def __init__(self, hosts: Iterable[str]) -> None:
        self.hosts = {host.lower().encode() for host in hosts}

    def check(self, headers: Headers) -> None:
        """Raises Problem `misdirected` or `forbidden`."""
        host = origin = site = mode = b""
        hosts = 0
        for name, value in headers:
            if name == b"host":
                host = value
                hosts += 1
            elif name == b"origin":
                origin = value
            elif name == b"sec-fetch-site":
                site = value
            elif name == b"sec-fetch-mode":
                mode = value
        if hosts != 1 or (host not in self.hosts and host.lower() not in self.hosts):
            raise Problem("misdirected", "用 --allow-host 加入要使用的主机名")
        if origin and not self._allowed(origin, host):
            raise Problem("forbidden", "不接受其他网页发来的请求")
        # Without an Origin header: <img>, <script>, <form method=get> of a foreign page. A link to our pages is welcome.
        if site == b"cross-site" and not origin and mode not in (b"navigate", b"cors", b""):
            raise Problem("forbidden", "不接受其他网页发来的请求")

    def _allowed(self, origin: bytes, host: bytes) -> bool:
        if origin.startswith(_EXTENSIONS):
            return True
        scheme, _, name = origin.partition(b"://")
        return scheme in (b"http", b"https") and name.lower() == host.lower()


def host_names(host: str, port: int, public_url: str = "", extra: Iterable[str] = ()) -> set[str]:
    """The Host values a server at `host:port` answers to."""
    names = {f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}", *extra}
    if host not in ("0.0.0.0", "::", ""):
        names.add(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
    if public_url:
        names.add(urlsplit(public_url).netloc)
    if port == 80:
        names |= {name.removesuffix(":80") for name in names}
    return names
