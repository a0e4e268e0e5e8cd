"""What a browser needs to know before it trusts a server, as JSON and as a code people can paste."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from .keys import Keyring
from .signing import fingerprint


def describe(keyring: Keyring, channels: Mapping[str, str], url: str, token_required: bool) -> dict[str, Any]:
    """The body of `GET /v1/enrol`. `channels`: id → title; `url`: how the asker reaches us."""
    trust = keyring.trust
    keys = [
        {"keyid": k.keyid, "alg": k.alg, "public": k.public, "fingerprint": fingerprint(base64.b64decode(k.public))}
        for k in trust.keys
    ]
    default = default_channel(channels)
    return {
        "schema": 1,
        "server": keyring.server,
        "epoch": keyring.epoch,
        "channels": [
            {"id": channel, "title": title, "code": code(keyring, url, channel)} for channel, title in channels.items()
        ],
        "default_channel": default,
        "trust": {"version": trust.version, "threshold": trust.threshold, "keys": keys},
        "token_required": token_required,
    }


def default_channel(channels: Mapping[str, str]) -> str:
    for name in ("stable", "default"):
        if name in channels:
            return name
    return next(iter(channels), "default")


def code(keyring: Keyring, url: str, channel: str, token: str = "") -> str:
    """`rg1.<payload>.<check>`; pins the keys, so that the first contact is already verified."""
    trust = keyring.trust
    document: dict[str, Any] = {
        "v": 1,
        "url": url,
        "channel": channel,
        "server": keyring.server,
        "trust": {"version": trust.version, "threshold": trust.threshold, "keys": [k.public for k in trust.keys]},
    }
    if token:
        document["token"] = token
    payload = base64.urlsafe_b64encode(msgspec.json.encode(document)).rstrip(b"=")
    return f"rg1.{payload.decode()}.{hashlib.sha256(payload).hexdigest()[:8]}"
