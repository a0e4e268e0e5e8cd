"""What a client refuses, tried on the server's own reading of an envelope (the extension mirrors it)."""

from __future__ import annotations

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from server.manifest import Artifact, Manifest, Rollout, Trust
from server.signing import CONTEXT, Refused, keyid, open_envelope, public_bytes, sign

KEYS = [Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in range(1, 4)]
PUBLIC = {keyid(public_bytes(key)): public_bytes(key) for key in KEYS[:2]}


def manifest(**changes: object) -> Manifest:
    artifact = Artifact("0" * 64, 1, "/v1/bundles/" + "0" * 64 + ".bundle")
    fields = {
        "schema": 1,
        "epoch": 1,
        "channel": "default",
        "version": 1,
        "created": "2026-11-21T08:00:00Z",
        "expires": "2026-11-28T08:00:00Z",
        "min_engine": 1,
        "rules": 1,
        "bundle": artifact,
        "automaton": artifact,
        "rollout": Rollout(100, "00"),
        "trust": Trust(1, 1, ()),
    }
    return Manifest(**{**fields, **changes})


def refusal(data: bytes, threshold: int = 1) -> str:
    with pytest.raises(Refused) as caught:
        open_envelope(data, PUBLIC, threshold)
    return caught.value.code


def test_a_flip_of_any_bit_of_the_signed_bytes_is_refused():
    envelope = json.loads(sign(manifest(), KEYS[:1]))
    signed = base64.b64decode(envelope["signed"])
    assert open_envelope(json.dumps(envelope).encode(), PUBLIC, 1) == manifest()
    for position in range(len(signed)):
        for bit in range(8):
            flipped = bytearray(signed)
            flipped[position] ^= 1 << bit
            envelope["signed"] = base64.b64encode(flipped).decode()
            assert refusal(json.dumps(envelope).encode()) == "signature"


def test_a_flip_of_any_bit_of_the_signature_is_refused():
    envelope = json.loads(sign(manifest(), KEYS[:1]))
    signature = base64.b64decode(envelope["signatures"][0]["sig"])
    for position in range(len(signature)):
        flipped = bytearray(signature)
        flipped[position] ^= 1
        envelope["signatures"][0]["sig"] = base64.b64encode(flipped).decode()
        assert refusal(json.dumps(envelope).encode()) == "signature"


def test_a_signature_without_our_context_is_refused():
    envelope = json.loads(sign(manifest(), KEYS[:1]))
    signed = base64.b64decode(envelope["signed"])
    for context in (b"", b"replyguard-manifest-v1", b"replyguard-manifest-v2\0"):
        assert context != CONTEXT
        envelope["signatures"][0]["sig"] = base64.b64encode(KEYS[0].sign(context + signed)).decode()
        assert refusal(json.dumps(envelope).encode()) == "signature"


def test_keys_that_are_not_pinned_do_not_count():
    assert refusal(sign(manifest(), KEYS[2:])) == "signature"
    assert open_envelope(sign(manifest(), [KEYS[2], KEYS[0]]), PUBLIC, 1).version == 1


def test_a_threshold_wants_different_keys():
    assert refusal(sign(manifest(), KEYS[:1]), 2) == "signature"
    assert refusal(sign(manifest(), [KEYS[0], KEYS[0]]), 2) == "signature"
    assert refusal(sign(manifest(), [KEYS[0], KEYS[2]]), 2) == "signature"
    assert open_envelope(sign(manifest(), KEYS[:2]), PUBLIC, 2).version == 1


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff",
        b'{"signed": 1, "signatures": []}',
        b'{"signed": "*", "signatures": []}',
        b" " * 70000,
    ],
)
def test_malformed_envelopes(data):
    assert refusal(data) == "malformed"


def test_another_schema_and_signed_rubbish():
    assert refusal(sign(manifest(schema=2), KEYS[:1])) == "schema"
    rubbish = b'{"schema": "1"}'
    envelope = {
        "signed": base64.b64encode(rubbish).decode(),
        "signatures": [
            {
                "keyid": keyid(public_bytes(KEYS[0])),
                "alg": "ed25519",
                "sig": base64.b64encode(KEYS[0].sign(CONTEXT + rubbish)).decode(),
            }
        ],
    }
    assert refusal(json.dumps(envelope).encode()) == "malformed"
