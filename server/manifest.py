"""The records a release is announced with. `docs/protocol.md` is their specification."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import msgspec

from compiler import rulebook

SCHEMA = 1
CHANNEL = re.compile(rf"{rulebook.CHANNEL.pattern}\Z")
DIGEST = re.compile(r"[0-9a-f]{64}\Z")


class Artifact(msgspec.Struct, frozen=True):
    """Size (bytes) and hash are of the decoded content."""

    sha256: str
    size: int
    url: str


class Pair(msgspec.Struct, frozen=True):
    bundle: Artifact
    automaton: Artifact


class Rollout(msgspec.Struct, frozen=True):
    """`otherwise` is what installations outside the percentage run; None = what they already have."""

    percent: int
    salt: str
    otherwise: Pair | None = None


class TrustKey(msgspec.Struct, frozen=True):
    keyid: str
    alg: str
    public: str


class Trust(msgspec.Struct, frozen=True):
    version: int
    threshold: int
    keys: tuple[TrustKey, ...]


class Manifest(msgspec.Struct, frozen=True):
    schema: int
    epoch: int
    channel: str
    version: int
    created: str
    expires: str
    min_engine: int
    rules: int
    bundle: Artifact
    automaton: Artifact
    rollout: Rollout
    trust: Trust

    @property
    def pair(self) -> Pair:
        return Pair(self.bundle, self.automaton)


class Signature(msgspec.Struct, frozen=True):
    keyid: str
    alg: str
    sig: str


class Envelope(msgspec.Struct, frozen=True):
    signed: str
    signatures: tuple[Signature, ...]


def timestamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
