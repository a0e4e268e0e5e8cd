"""Ed25519 envelopes: sign the exact bytes, verify before parsing.

A client implements the same in `extension/src/background`; the server verifies what it reads back from its own store,
so that a corrupted or foreign file is never served.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from .manifest import Envelope, Manifest, Signature, Trust

CONTEXT = b"replyguard-manifest-v1\0"
MAX_ENVELOPE = 64 * 1024
MAX_SIGNATURES = 8


class Refused(Exception):
    """`code` is one of the refusal codes of docs/protocol.md."""

    def __init__(self, code: str, detail: str = "") -> None:
        self.code = code
        super().__init__(f"{code}: {detail}" if detail else code)


def public_bytes(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()


def fingerprint(public: bytes) -> str:
    """64 hex characters."""
    return hashlib.sha256(public).hexdigest()


def keyid(public: bytes) -> str:
    return fingerprint(public)[:16]


def sign(manifest: Manifest, keys: Sequence[Ed25519PrivateKey]) -> bytes:
    """The envelope as JSON on one line."""
    signed = msgspec.json.encode(manifest)
    signatures = tuple(
        Signature(keyid(public_bytes(key)), "ed25519", base64.b64encode(key.sign(CONTEXT + signed)).decode())
        for key in keys
    )
    return msgspec.json.encode(Envelope(base64.b64encode(signed).decode(), signatures))


def trusted_keys(trust: Trust) -> dict[str, bytes]:
    """keyid → raw public key, recomputed: a stated keyid proves nothing."""
    keys = {}
    for key in trust.keys:
        public = base64.b64decode(key.public, validate=True)
        keys[keyid(public)] = public
    return keys


def open_envelope(data: bytes, keys: Mapping[str, bytes], threshold: int) -> Manifest:
    """Verify, then parse.

    Raises
    ------
    Refused
        `malformed`, `signature` or `schema`.
    """
    if len(data) > MAX_ENVELOPE:
        raise Refused("malformed", "envelope too large")
    try:
        envelope = msgspec.json.decode(data, type=Envelope)
        signed = base64.b64decode(envelope.signed, validate=True)
        if len(envelope.signatures) > MAX_SIGNATURES:
            raise Refused("malformed", "too many signatures")
        signatures = [(s.keyid, base64.b64decode(s.sig, validate=True)) for s in envelope.signatures]
    except (msgspec.DecodeError, binascii.Error, UnicodeDecodeError) as error:
        raise Refused("malformed", str(error)) from error
    valid = {name for name, sig in signatures if name in keys and _verifies(keys[name], sig, signed)}
    if len(valid) < max(threshold, 1):
        raise Refused("signature", f"{len(valid)} of {threshold} signatures are valid")
    try:
        manifest = msgspec.json.decode(signed, type=Manifest)
    except msgspec.DecodeError as error:
        raise Refused("malformed", str(error)) from error
    if manifest.schema != 1:
        raise Refused("schema", str(manifest.schema))
    return manifest


def peek(data: bytes) -> Manifest:
    """The manifest of an envelope that was verified before."""
    return msgspec.json.decode(base64.b64decode(msgspec.json.decode(data, type=Envelope).signed), type=Manifest)


def _verifies(public: bytes, signature: bytes, signed: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, CONTEXT + signed)
    except (InvalidSignature, ValueError):
        return False
    return True
