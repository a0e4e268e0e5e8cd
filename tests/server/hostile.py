"""A server that may say anything, against the extension's own updater run in node (client/harness.ts)."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from server.manifest import Artifact, Envelope, Manifest, Pair, Rollout, Signature, Trust, TrustKey
from server.signing import CONTEXT, keyid, public_bytes

HERE = Path(__file__).parent / "client"
URL = "http://127.0.0.1:1"
INSTALL = "0123456789abcdef" * 2
KEYS = [Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in range(1, 5)]
"""The first two are pinned; the last belongs to nobody."""
Changes = list[tuple[str, str, str]]
"""(file in extension/src/background, text, what stands there instead)"""
Answers = dict[str, tuple[Any, ...]]


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def public(key: Ed25519PrivateKey) -> str:
    return b64(public_bytes(key))


def trust_of(*keys: Ed25519PrivateKey, version: int = 1, threshold: int = 1) -> Trust:
    return Trust(version, threshold, tuple(TrustKey(keyid(public_bytes(k)), "ed25519", public(k)) for k in keys))


PINNED = trust_of(*KEYS[:2])


class Content(msgspec.Struct, frozen=True):
    """Two artifacts and where they are."""

    bundle: bytes
    automaton: bytes

    @property
    def pair(self) -> Pair:
        parts = []
        for data, kind in ((self.bundle, "bundle"), (self.automaton, "bin")):
            digest = hashlib.sha256(data).hexdigest()
            parts.append(Artifact(digest, len(data), f"/v1/bundles/{digest}.{kind}"))
        return Pair(*parts)

    @property
    def answers(self) -> Answers:
        return {
            self.pair.bundle.url: (200, {}, b64(self.bundle)),
            self.pair.automaton.url: (200, {}, b64(self.automaton)),
        }


def manifest(content: Content, version: int = 1, **changes: Any) -> Manifest:
    pair = content.pair
    fields: dict[str, Any] = {
        "schema": 1,
        "epoch": 1,
        "channel": "default",
        "version": version,
        "created": "2026-11-21T08:00:00Z",
        "expires": "2126-11-28T08:00:00Z",
        "min_engine": 1,
        "rules": 2,
        "bundle": pair.bundle,
        "automaton": pair.automaton,
        "rollout": Rollout(100, "0" * 16),
        "trust": PINNED,
    }
    return Manifest(**{**fields, **changes})


def envelope(
    signed: Manifest | bytes,
    *keys: Ed25519PrivateKey,
    context: bytes = CONTEXT,
    names: tuple[str, ...] = (),
) -> str:
    """`names` are stated instead of the keys' own ids."""
    data = signed if isinstance(signed, bytes) else msgspec.json.encode(signed)
    signatures = []
    for n, key in enumerate(keys):
        name = names[n] if names else keyid(public_bytes(key))
        signatures.append(Signature(name, "ed25519", b64(key.sign(context + data))))
    return msgspec.json.encode(Envelope(b64(data), tuple(signatures))).decode()


class Client:
    """The updater of one installation, in a node process that can load another build of it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [_node(), HERE / "run.mjs"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def load(self, script: Path) -> None:
        self.call("load", str(script))

    def call(self, name: str, *arguments: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"name": name, "args": arguments}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert "error" not in answer, answer["error"]
        return answer["value"]

    def enrol(self, trust: Trust = PINNED, seed: Content | None = None, token: str = "") -> None:
        pinned = {"version": trust.version, "threshold": trust.threshold, "keys": [k.public for k in trust.keys]}
        enrolment = {
            "url": URL, "channel": "default", "server": "0" * 16, "trust": pinned, "token": token, "managed": False,
        }  # fmt: skip
        self.call("enrol", "it", enrolment, INSTALL, seed and [b64(seed.bundle), b64(seed.automaton)])

    def offer(self, envelope: str, answers: Answers, patches: str = "") -> dict[str, Any]:
        return self.call("offer", "it", envelope, answers, patches)

    def refusal(self, envelope: str, answers: Answers) -> str:
        return str(self.offer(envelope, answers)["health"]["refused"])

    def close(self) -> None:
        with self._process:
            assert self._process.stdin is not None
            self._process.stdin.close()


def build(folder: Path, sets: dict[str, Changes]) -> None:
    """The harness once for each set of changes to the extension's sources, as `<folder>/<name>.js`."""
    subprocess.run([_node(), HERE / "build.mjs", folder], input=json.dumps(sets), text=True, check=True)


def _node() -> str:
    node = shutil.which("node")
    if node is None:
        pytest.fail("node is not on PATH: run `make setup`, or put Node 20 or later on PATH")
    return node
