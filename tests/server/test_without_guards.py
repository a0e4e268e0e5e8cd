"""Each guard of the server: with it the attack fails, and with that one guard taken out the same attack works."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from server import auth, builds, connection, fleet, guard, limits, serve, signing, site, store
from server.connection import Limits

from . import attacks

pytestmark = pytest.mark.anyio
Patch = pytest.MonkeyPatch
Remove = Callable[[Patch, attacks.Target], None]


class Everything(set):
    def __contains__(self, item: object) -> bool:
        return True


def patch(where: Any, name: str, value: Any) -> Remove:
    return lambda monkeypatch, _: monkeypatch.setattr(where, name, value)


def set_limits(**values: float) -> Remove:
    def remove(_: Patch, target: attacks.Target) -> None:
        for name, value in values.items():
            setattr(target.limits, name, value)

    return remove


def without_headers(*names: str) -> Remove:
    def remove(monkeypatch: Patch, _: attacks.Target) -> None:
        for name in names:
            monkeypatch.delitem(site.SECURITY, name)

    return remove


def blind_to(header: bytes) -> Remove:
    def remove(monkeypatch: Patch, _: attacks.Target) -> None:
        check = guard.Guard.check
        monkeypatch.setattr(
            guard.Guard, "check", lambda self, headers: check(self, [h for h in headers if h[0] != header])
        )

    return remove


def any_host(monkeypatch: Patch, _: attacks.Target) -> None:
    begin = guard.Guard.__init__

    def open_to_all(self: guard.Guard, hosts: Any) -> None:
        begin(self, hosts)
        self.hosts = Everything()

    monkeypatch.setattr(guard.Guard, "__init__", open_to_all)


def unscoped(**changes: Any) -> Remove:
    def remove(monkeypatch: Patch, _: attacks.Target) -> None:
        find = auth.Tokens.find

        def found(self: auth.Tokens, text: bytes) -> auth.Token | None:
            token = find(self, text)
            return token and msgspec.structs.replace(token, **changes)

        monkeypatch.setattr(auth.Tokens, "find", found)

    return remove


def link_over(monkeypatch: Patch, _: attacks.Target) -> None:
    monkeypatch.setattr(store, "create_exclusive", lambda temporary, path: temporary.replace(path))


def no_hash(monkeypatch: Patch, _: attacks.Target) -> None:
    def read(self: store.DirStore, digest: str) -> bytes | None:
        path = self._blob_path(digest)
        return path.read_bytes() if path.exists() else None

    monkeypatch.setattr(store.DirStore, "_get_blob", read)


def no_rate(monkeypatch: Patch, _: attacks.Target) -> None:
    monkeypatch.setattr(limits.RateLimit, "take", lambda self, key: None)
    monkeypatch.setattr(limits.RateLimit, "peek", lambda self, key: None)


Attack = Callable[[attacks.Target], Awaitable[bool]]
CASES: list[tuple[str, Attack, Remove]] = [
    ("Host allow-list", attacks.rebinding, any_host),
    ("Origin", attacks.foreign_page_publishes, patch(guard.Guard, "_allowed", lambda *_: True)),
    ("Sec-Fetch-Site", attacks.foreign_page_embeds, blind_to(b"sec-fetch-site")),
    ("header deadline", attacks.slow_loris, set_limits(header_deadline=1e6)),
    ("body deadline", attacks.trickled_body, set_limits(body_deadline=1e6, header_deadline=0.5)),
    ("write deadline", attacks.deaf_reader, set_limits(write_deadline=1e6)),
    ("header cap", attacks.huge_header, patch(connection, "MAX_HEADER", 1 << 30)),
    ("body cap", attacks.huge_body, patch(connection, "MAX_BODY", 1 << 40)),
    ("cap of a report", attacks.padded_status, patch(fleet, "MAX_STATUS", 1 << 30)),
    ("connection cap", attacks.many_connections, set_limits(max_connections=1000)),
    ("stream cap", attacks.many_connections, lambda _, target: target.options.update(max_streams=1000)),
    ("limit of guesses", attacks.guessing, no_rate),
    ("limit of reports", attacks.flood_of_reports, no_rate),
    ("limit of publishing", attacks.flood_of_publishing, no_rate),
    ("hashed tokens", attacks.stolen_token_file, patch(auth, "_hash", lambda text: text.decode())),
    ("roles of tokens", attacks.reader_publishes, unscoped(role="publisher")),
    ("channels of tokens", attacks.publisher_of_another_channel, unscoped(channels=())),
    ("expiry of tokens", attacks.expired_token, patch(auth, "moment", lambda _: datetime(9999, 1, 1, tzinfo=UTC))),
    ("who is local", attacks.through_a_proxy, patch(auth, "_asked_locally", lambda _: True)),
    ("signature of what the store holds", attacks.foreign_release, patch(signing, "_verifies", lambda *_: True)),
    ("hash of what the store holds", attacks.damaged_content, no_hash),
    ("one winner", attacks.two_winners, link_over),
    ("shrinking saves wait", attacks.half_a_file, patch(builds, "MAX_SHRINK", 1.0)),
    (
        "goodbye at shutdown",
        attacks.cut_off_at_shutdown,
        patch(serve.HttpServer, "shutdown", serve.uvicorn.Server.shutdown),
    ),
    ("Trusted Types and script-src", attacks.script_in_a_page, without_headers("content-security-policy")),
    ("framing", attacks.framed, without_headers("content-security-policy", "x-frame-options")),
]


@pytest.mark.parametrize("removed", [False, True], ids=["guarded", "without"])
@pytest.mark.parametrize(("name", "attack", "remove"), CASES, ids=[name for name, _, _ in CASES])
async def test_the_attack_works_only_without_its_guard(
    make: Any, rules: Path, tmp_path: Path, monkeypatch: Patch, name: str, attack: Attack, remove: Remove, removed: bool
):
    target = attacks.Target(make, rules, tmp_path / "data")
    if "deadline" in name:
        target.limits = {
            "header deadline": Limits(header_deadline=0.2, body_deadline=0.5),
            "body deadline": Limits(header_deadline=0.5, body_deadline=0.2),
            "write deadline": Limits(header_deadline=0.5, write_deadline=0.2),
        }[name]
    if name == "connection cap":
        target.limits = Limits(max_connections=5)
    if name == "stream cap":
        target.options["max_streams"] = 5
    if removed:
        remove(monkeypatch, target)
    assert await attack(target) is removed
