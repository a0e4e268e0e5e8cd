"""Bearer tokens: kept as hashes, expiring, per person, scoped to roles and channels. No cookies anywhere.

Roles: `reader` fetches rules (asked for only with `serve --require-token`), `author` reads and edits rule files,
`publisher` also publishes, reverts and sees the fleet.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import msgspec

from .files import write_atomic
from .limits import RateLimit
from .manifest import moment, timestamp
from .problems import Problem

Address = tuple[str, int]
Role = Literal["reader", "author", "publisher"]
ROLES: tuple[Role, ...] = ("reader", "author", "publisher")
_PREFIX = {"reader": "rgr_", "author": "rga_", "publisher": "rgp_"}
_TOKEN = re.compile(rb"rg[rap]_[A-Za-z0-9_-]{43}\Z")
LOCAL = "local"
"""Id of the token that stands for a browser of this machine."""
LOOPBACK = frozenset(("127.0.0.1", "::1"))
RECHECK = 0.5
"""Seconds between looks at the token file: a revoked token is refused everywhere within a second."""


class Token(msgspec.Struct, frozen=True):
    """`hash` is SHA-256 of the token text: 256 random bits need no slow hash. `channels` empty = all."""

    id: str
    hash: str
    role: Role
    name: str
    channels: tuple[str, ...]
    created: str
    expires: str


class Tokens:
    """The token file. Shared by commands and servers, so it is read again when it changes."""

    def __init__(self, path: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._path = path
        self._now = now
        self._stamp: tuple[int, int, int] | None = None
        self._looked: datetime | None = None
        self._by_hash: dict[str, Token] = {}

    def all(self) -> list[Token]:
        self._load()
        return list(self._by_hash.values())

    def issue(self, role: Role, name: str, channels: Iterable[str] = (), days: int = 90) -> str:
        """The token text; it is shown once and never stored."""
        text = _PREFIX[role] + secrets.token_urlsafe(32)
        now = self._now()
        token = Token(
            secrets.token_hex(4), _hash(text.encode()), role, name, tuple(channels), timestamp(now),
            timestamp(now + timedelta(days=days)),
        )  # fmt: skip
        self._save([*self.all(), token])
        return text

    def revoke(self, identity: str) -> bool:
        tokens = self.all()
        kept = [t for t in tokens if t.id != identity]
        self._save(kept)
        return len(kept) < len(tokens)

    def find(self, text: bytes) -> Token | None:
        """The valid token of that text. The look-up is by hash, so its timing tells nothing about the token."""
        if not _TOKEN.match(text):
            return None
        now = self._now()
        if self._looked is None or abs((now - self._looked).total_seconds()) >= RECHECK:
            self._load()
            self._looked = now
        token = self._by_hash.get(_hash(text))
        return token if token is not None and now < moment(token.expires) else None

    def _load(self) -> None:
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            self._by_hash, self._stamp = {}, None
            return
        stamp = (stat.st_mtime_ns, stat.st_ino, stat.st_size)
        if stamp != self._stamp:
            tokens = msgspec.json.decode(self._path.read_bytes(), type=list[Token])
            self._by_hash = {token.hash: token for token in tokens}
            self._stamp = stamp

    def _save(self, tokens: list[Token]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(self._path, msgspec.json.format(msgspec.json.encode(tokens), indent=1), 0o600)
        self._load()


class Access:
    """The one question each route asks: may the sender of these headers do this?"""

    def __init__(self, tokens: Tokens, require_reader: bool = False, local_author: bool = False) -> None:
        self.tokens = tokens
        self.require_reader = require_reader
        self.local_author = local_author
        """A browser of this machine may do everything without a token; the guard holds Host and Origin to our own."""
        self._failures = RateLimit(burst=10, per_second=0.1)

    def read(self, headers: Iterable[tuple[bytes, bytes]], channel: str | None) -> None:
        """Raises Problem `unauthorized` or `forbidden`."""
        if self.require_reader:
            self.need("reader", headers, channel)

    def need(
        self, role: Role, headers: Iterable[tuple[bytes, bytes]], channel: str | None, client: Address | None = None
    ) -> Token:
        """The token, when it has at least that role for the channel (None = any).

        With `client`, an address that keeps guessing is told to wait.
        """
        address = client[0] if client else ""
        if client:
            self._failures.peek(address)
        text = next((value for name, value in headers if name == b"authorization"), b"")
        if self.local_author and not text and address in LOOPBACK and _asked_locally(headers):
            return Token(LOCAL, "", "publisher", "本机", (), "", "")
        scheme, _, credentials = text.partition(b" ")
        token = self.tokens.find(credentials.strip()) if scheme.lower() == b"bearer" else None
        if token is None:
            if client:
                self._failures.take(address)
            raise Problem("unauthorized")
        if ROLES.index(token.role) < ROLES.index(role):
            raise Problem("forbidden", f"令牌的角色是 {token.role}，这里需要 {role}")
        if channel is not None and token.channels and channel not in token.channels:
            raise Problem("forbidden", f"令牌不能用于频道 {channel}")
        return token


def _asked_locally(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Behind a proxy on this machine every address is 127.0.0.1; the name that was asked for, or a trace of it, tells."""
    found = dict(headers)
    host = found.get(b"host", b"").lower()
    name = host if host.endswith(b"]") else host.rpartition(b":")[0] or host
    proxied = any(name in found for name in (b"x-forwarded-for", b"x-real-ip", b"forwarded", b"via"))
    return name in (b"localhost", b"127.0.0.1", b"[::1]") and not proxied


def _hash(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()
