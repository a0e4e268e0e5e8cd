"""The extension as a signed package (CRX3) with the update manifest and the policy that put it into managed browsers.

CRX3: "Cr24", version, length of a protobuf header, the header, the zip. The header has two levels of three fields, so it is
written by hand. The extension's id is the hash of the public key: who has the private key can publish updates.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import struct
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.sax.saxutils import quoteattr

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from .files import write_atomic

CRX = "replyguard.crx"
UPDATES = "updates.xml"
POLICY = "policy.json"
_SIGNED = b"CRX3 SignedData\0"
_TIME = (2020, 1, 1, 0, 0, 0)
"""A fixed time: the same files give the same zip."""


def private_key(path: Path) -> rsa.RSAPrivateKey:
    """Read, or made at the first use. Raises ValueError when the file holds something else."""
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except FileNotFoundError:
        key = rsa.generate_private_key(65537, 2048)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        write_atomic(path, pem, 0o600)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError(f"{path} is no RSA key")
    return key


def public_bytes(key: rsa.RSAPrivateKey) -> bytes:
    """DER, SubjectPublicKeyInfo."""
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def extension_id(public: bytes) -> str:
    """32 letters a to p: the first half of the key's hash."""
    return "".join(chr(ord("a") + int(digit, 16)) for digit in hashlib.sha256(public).hexdigest()[:32])


def zipped(folder: Path, public: bytes, server: str) -> bytes:
    """The built extension with `public` as its manifest's key, so that its id is the package's, and with leave to reach
    `server`: a policy that enrols cannot ask the person for it.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix != ".map"):
            data = path.read_bytes()
            name = path.relative_to(folder).as_posix()
            if name == "manifest.json":
                manifest = json.loads(data)
                manifest["key"] = base64.b64encode(public).decode()
                # Match patterns have no port.
                address = urlsplit(server)
                manifest["host_permissions"].append(f"{address.scheme}://{address.hostname}/*")
                data = json.dumps(manifest, ensure_ascii=False, indent=2).encode()
            archive.writestr(zipfile.ZipInfo(name, _TIME), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def package(archive: bytes, key: rsa.RSAPrivateKey) -> bytes:
    public = public_bytes(key)
    signed = _field(1, hashlib.sha256(public).digest()[:16])
    message = _SIGNED + struct.pack("<I", len(signed)) + signed + archive
    signature = key.sign(message, padding.PKCS1v15(), hashes.SHA256())
    header = _field(2, _field(1, public) + _field(2, signature)) + _field(10_000, signed)
    return b"Cr24" + struct.pack("<II", 3, len(header)) + header + archive


def updates(identity: str, version: str, crx: str) -> str:
    """The update manifest that Chrome and Edge ask for every few hours. `crx` is an address."""
    return (
        "<?xml version='1.0' encoding='UTF-8'?>\n"
        "<gupdate xmlns='http://www.google.com/update2/response' protocol='2.0'>\n"
        f"  <app appid={quoteattr(identity)}>\n"
        f"    <updatecheck codebase={quoteattr(crx)} version={quoteattr(version)}/>\n"
        "  </app>\n"
        "</gupdate>\n"
    )


def policy(identity: str, server: str, enrolment: str) -> dict[str, Any]:
    """For `policies/managed/` of Chrome and Edge alike; more keys of `managed_schema.json` may be added by hand."""
    return {
        "ExtensionSettings": {
            identity: {
                "installation_mode": "force_installed",
                "update_url": f"{server}/download/{UPDATES}",
                "override_update_url": True,
                "toolbar_pin": "force_pinned",
            }
        },
        "3rdparty": {"extensions": {identity: {"enrolment": enrolment}}},
    }


def _field(number: int, data: bytes) -> bytes:
    """A length-delimited field of a protobuf message."""
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])
