"""The keyring: which keys sign, which stand by, which clients are told to trust.

`keys/keyring.json` is public; each private key is a PEM file of its own (0600), so that a standby key can be kept on
another disk until it is needed. Every change raises the trust version, which reaches clients inside the next manifest.
"""

from __future__ import annotations

import base64
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from .files import write_atomic
from .manifest import Trust, TrustKey, timestamp
from .signing import fingerprint, keyid, public_bytes

Role = Literal["active", "standby", "revoked"]
MAX_KEYS = 8


class KeyringError(Exception):
    """A change of the keyring that cannot be made; the text says why, in Chinese, for the command line."""


class KeyRecord(msgspec.Struct):
    keyid: str
    public: str
    role: Role
    created: str

    @property
    def fingerprint(self) -> str:
        return fingerprint(base64.b64decode(self.public))


class _Document(msgspec.Struct):
    server: str
    epoch: int
    version: int
    threshold: int
    keys: list[KeyRecord]


class Keyring:
    """Reads `directory` at once; made there, with one active and one standby key, when it does not exist."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._path = directory / "keyring.json"
        self.created = not self._path.exists()
        if self.created:
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._document = _Document(
                secrets.token_hex(8), 1, 1, 1, [self._generate("active"), self._generate("standby")]
            )
            self._save()
        self.reload()

    def reload(self) -> bool:
        """True when the file said something new: a command beside the running server changed the keys."""
        stat = self._path.stat()
        stamp = (stat.st_mtime_ns, stat.st_ino, stat.st_size)
        if getattr(self, "_stamp", None) == stamp:
            return False
        try:
            self._document = msgspec.json.decode(self._path.read_bytes(), type=_Document)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise KeyringError(f"密钥清单坏了，请从备份恢复：{self._path}") from error
        self._stamp = stamp
        return True

    @property
    def server(self) -> str:
        return self._document.server

    @property
    def epoch(self) -> int:
        return self._document.epoch

    @property
    def keys(self) -> list[KeyRecord]:
        return self._document.keys

    @property
    def trust(self) -> Trust:
        keys = tuple(TrustKey(k.keyid, "ed25519", k.public) for k in self.keys if k.role != "revoked")
        return Trust(self._document.version, self._document.threshold, keys)

    def known(self) -> dict[str, bytes]:
        """keyid → raw public key of every key this server ever had, revoked ones included."""
        return {k.keyid: base64.b64decode(k.public) for k in self.keys}

    def signers(self) -> list[Ed25519PrivateKey]:
        """Private keys of all active keys. Raises OSError or ValueError when a file is missing or damaged."""
        return [self._private(k.keyid) for k in self.keys if k.role == "active"]

    def new(self) -> KeyRecord:
        """A further standby key."""
        if sum(k.role != "revoked" for k in self.keys) >= MAX_KEYS:
            raise KeyringError(f"最多 {MAX_KEYS} 把密钥，请先吊销一把")
        record = self._generate("standby")
        self.keys.append(record)
        self._changed()
        return record

    def rotate(self) -> KeyRecord:
        """The oldest standby key begins to sign, a new one stands by; the old key signs on until it is revoked."""
        record = self._promote()
        self.keys.append(self._generate("standby"))
        self._changed()
        return record

    def revoke(self, prefix: str) -> KeyRecord:
        """Trust a key no more, and stop signing with it. Its private file is deleted."""
        found = [k for k in self.keys if k.keyid.startswith(prefix) and k.role != "revoked"]
        if len(found) != 1:
            raise KeyringError(f"{prefix!r} 对应 {len(found)} 把有效密钥，请写全 keyid")
        record = found[0]
        if record.role == "active" and self._count("active") <= self._document.threshold:
            self._promote()
        if self._count("active") + self._count("standby") <= 1:
            raise KeyringError("这是最后一把密钥，请先 keys new")
        record.role = "revoked"
        if not self._count("standby"):
            self.keys.append(self._generate("standby"))
        self._changed()
        (self.directory / f"{record.keyid}.pem").unlink(missing_ok=True)
        return record

    def set_threshold(self, threshold: int) -> None:
        """How many different signatures a client asks for. That many keys must be active."""
        if threshold < 1 or threshold > MAX_KEYS - 1:
            raise KeyringError(f"门限须在 1 到 {MAX_KEYS - 1} 之间")
        while self._count("active") < threshold:
            self._promote()
        self._document.threshold = threshold
        self._changed()

    def raise_epoch(self) -> int:
        """After a restored backup: releases of the new epoch count as newer than all of the old one."""
        self._document.epoch += 1
        self._changed()
        return self._document.epoch

    def _count(self, role: Role) -> int:
        return sum(k.role == role for k in self.keys)

    def _promote(self) -> KeyRecord:
        for record in self.keys:
            if record.role == "standby":
                self._private(record.keyid)  # a key whose file was moved away must be brought back first
                record.role = "active"
                return record
        raise KeyringError("没有备用密钥，请先 keys new")

    def _private(self, name: str) -> Ed25519PrivateKey:
        path = self.directory / f"{name}.pem"
        try:
            key = serialization.load_pem_private_key(path.read_bytes(), None)
        except FileNotFoundError as error:
            raise KeyringError(f"私钥文件不在：{path}") from error
        if not isinstance(key, Ed25519PrivateKey) or keyid(public_bytes(key)) != name:
            raise KeyringError(f"私钥文件与密钥不符：{path}")
        return key

    def _generate(self, role: Role) -> KeyRecord:
        key = Ed25519PrivateKey.generate()
        public = public_bytes(key)
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        write_atomic(self.directory / f"{keyid(public)}.pem", pem, 0o600)
        return KeyRecord(keyid(public), base64.b64encode(public).decode(), role, timestamp(datetime.now(UTC)))

    def _changed(self) -> None:
        self._document.version += 1
        self._save()

    def _save(self) -> None:
        write_atomic(self._path, msgspec.json.format(msgspec.json.encode(self._document), indent=2), 0o600)


def grouped(fingerprint: str) -> str:
    """A fingerprint as people compare it: groups of four."""
    return " ".join(fingerprint[i : i + 4] for i in range(0, len(fingerprint), 4))
