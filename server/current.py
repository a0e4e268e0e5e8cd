"""A published release: who published it and why, and the answers to the manifest request, made once."""

from __future__ import annotations

import hashlib
from typing import Any, Literal

import msgspec

from .manifest import Manifest
from .store import Entry


class Note(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who, when and what: kept beside the envelope, never sent to readers."""

    kind: Literal["publish", "revert", "rollout", "resign"] = "publish"
    author: str = ""
    at: str = ""
    comment: str = ""
    reverts: int = 0


class Current:
    """The newest release of a channel, with the answers to the manifest request ready-made."""

    def __init__(self, entry: Entry, manifest: Manifest) -> None:
        self.revision = entry.revision
        self.manifest = manifest
        self.envelope = entry.envelope.encode()
        self.etag = b'"' + hashlib.sha256(self.envelope).hexdigest()[:32].encode() + b'"'
        shared = [(b"etag", self.etag), (b"cache-control", b"no-cache"), (b"x-content-type-options", b"nosniff")]
        headers = [
            *shared,
            (b"content-type", b"application/json"),
            (b"content-length", str(len(self.envelope)).encode()),
        ]
        self.full: tuple[dict[str, Any], dict[str, Any]] = (
            {"type": "http.response.start", "status": 200, "headers": headers},
            {"type": "http.response.body", "body": self.envelope},
        )
        self.not_modified: tuple[dict[str, Any], dict[str, Any]] = (
            {"type": "http.response.start", "status": 304, "headers": shared},
            {"type": "http.response.body", "body": b""},
        )
