"""Behind the nginx of docs/deploy.md: the configuration is read from there, so that the page cannot go stale."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import ipaddress
import re
import shutil
import socket
import ssl
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from .conftest import DEADLINE, live, service_hosts

NGINX = shutil.which("nginx") or (Path("/usr/sbin/nginx").exists() and "/usr/sbin/nginx")
pytestmark = [pytest.mark.anyio, pytest.mark.skipif(not NGINX, reason="no nginx (apt install nginx-light)")]
NAME = "rules.example.cn"


def certificate(directory: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(NAME), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .sign(key, hashes.SHA256())
    )
    chain, private = directory / "chain.pem", directory / "key.pem"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return chain, private


def configuration(tmp_path: Path, upstream: int, port: int) -> Path:
    page = (Path(__file__).parents[2] / "docs/deploy.md").read_text()
    block = re.search(r"    upstream replyguard.*?\n    }\n", page, re.S)
    assert block, "docs/deploy.md no longer shows the nginx configuration"
    chain, key = certificate(tmp_path)
    text = block.group()
    text = text.replace("127.0.0.1:8765", f"127.0.0.1:{upstream}").replace("listen 443", f"listen 127.0.0.1:{port}")
    text = re.sub(r"(ssl_certificate\s+)\S+;", rf"\1{chain};", text)
    text = re.sub(r"(ssl_certificate_key\s+)\S+;", rf"\1{key};", text)
    temporary = "".join(
        f"{kind}_temp_path {tmp_path}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    path = tmp_path / "nginx.conf"
    path.write_text(
        f"daemon off; master_process off; pid {tmp_path}/pid; error_log stderr;\nevents {{}}\n"
        f"http {{ access_log off; {temporary} {text} }}\n"
    )
    return path


@contextlib.asynccontextmanager
async def nginx(tmp_path: Path, upstream: int):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    path = configuration(tmp_path, upstream, port)
    process = await asyncio.create_subprocess_exec(NGINX, "-p", str(tmp_path), "-c", str(path))
    try:
        async with asyncio.timeout(DEADLINE):
            while True:
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.close()
                    break
                assert process.returncode is None, "nginx refused the configuration"
                await asyncio.sleep(0.01)
        yield port
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def test_the_documented_proxy_passes_events_at_once_and_etags_unchanged(make, rules, tmp_path):
    async with live(make(public_url=f"https://{NAME}")) as running:
        service_hosts(running.service).add(NAME.encode())
        await running.version(1)
        async with nginx(tmp_path, int(running.url.rsplit(":", 1)[1])) as port:
            trust = ssl.create_default_context(cafile=str(tmp_path / "chain.pem"))
            headers = {"host": NAME}
            async with httpx.AsyncClient(
                base_url=f"https://127.0.0.1:{port}", verify=trust, headers=headers, timeout=DEADLINE
            ) as client:
                answer = await client.get("/v1/channels/default/manifest")
                etag = running.service.releases.current["default"].etag.decode()
                assert (answer.status_code, answer.headers["etag"]) == (200, etag)
                assert answer.headers["strict-transport-security"]
                again = await client.get("/v1/channels/default/manifest", headers={"if-none-match": etag})
                assert again.status_code == 304
                enrol = (await client.get("/v1/enrol")).json()
                assert enrol["channels"][0]["code"].startswith("rg1.")
                assert (await client.get("/v1/enrol", headers={"host": "evil.example"})).status_code == 421
                async with client.stream("GET", "/v1/channels/default/events") as stream:
                    lines = stream.aiter_lines()
                    assert await anext(lines) == "event: manifest"
                    (rules / "a.yaml").write_text((rules / "a.yaml").read_text() + "r6: 新\n")
                    async with asyncio.timeout(DEADLINE):
                        async for line in lines:
                            if line == "id: 2":
                                break
