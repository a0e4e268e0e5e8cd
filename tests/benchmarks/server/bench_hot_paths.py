"""CPU per request of the hot paths beside nginx serving the same bytes from files, in one run.

    python -m tests.benchmarks.server.bench_hot_paths [requests]

CPU is utime + stime of the server process over keep-alive requests from one client; rates on a shared machine mean
little, the ratio does. The rounds alternate, so that a busy minute hits both.
"""

from __future__ import annotations

import gzip
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

import httpx

ROUNDS = 5
TICKS = os.sysconf("SC_CLK_TCK")
ROOT = Path(__file__).parents[3]

NGINX = """
daemon off; master_process off; worker_processes 1; pid {root}/nginx.pid; error_log stderr warn;
events {{ worker_connections 512; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 10000000; gzip_static on; types {{ application/json json; }}
  client_body_temp_path {root}/a; proxy_temp_path {root}/b; fastcgi_temp_path {root}/c; uwsgi_temp_path {root}/d;
  scgi_temp_path {root}/e;
  server {{ listen 127.0.0.1:{port}; root {root}/www; }}
}}
"""


def cpu(pid: int) -> float:
    """Seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def load(port: int, path: str, headers: dict[str, str], count: int, status: int) -> None:
    """`count` requests, one after another, on one kept connection."""
    lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", *(f"{k}: {v}" for k, v in headers.items()), "", ""]
    request = "\r\n".join(lines).encode()
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        first = _answer(connection, request)
        assert first.startswith(b"HTTP/1.1 %d " % status), first[:200]
        size = len(first)
        for _ in range(count - 1):
            connection.sendall(request)
            left = size
            while left > 0:
                got = connection.recv(1 << 20)
                assert got
                left -= len(got)


def _answer(connection: socket.socket, request: bytes) -> bytes:
    connection.sendall(request)
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(1 << 20)
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(h.split(b":")[1]) for h in head.split(b"\r\n") if h.lower().startswith(b"content-length")), 0)
    if b" 304 " in head.split(b"\r\n")[0]:
        length = 0
    while len(body) < length:
        body += connection.recv(1 << 20)
    return head + b"\r\n\r\n" + body


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main(count: int) -> None:
    nginx_binary = shutil.which("nginx") or "/usr/sbin/nginx"
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        os.chmod(root, 0o755)
        www = root / "www"
        www.mkdir()
        ours = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.server.fixture_server", str(root / "data"), "360000"],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        port, bundle = ours.stdout.readline().split()
        manifest = httpx.get(f"http://127.0.0.1:{port}/v1/channels/default/manifest")
        data = httpx.get(f"http://127.0.0.1:{port}{bundle}", headers={"accept-encoding": "identity"}).content
        (www / "manifest.json").write_bytes(manifest.content)
        (www / "bundle.json").write_bytes(data)
        (www / "bundle.json.gz").write_bytes(gzip.compress(data, 6, mtime=0))
        nginx_port = free_port()
        (root / "nginx.conf").write_text(NGINX.format(root=root, port=nginx_port))
        nginx = subprocess.Popen([nginx_binary, "-p", str(root), "-c", str(root / "nginx.conf")])
        try:
            etag = _retry(f"http://127.0.0.1:{nginx_port}/manifest.json").headers["etag"]
            cases = {
                "manifest, 304": (
                    (int(port), "/v1/channels/default/manifest", {"If-None-Match": manifest.headers["etag"]}, 304),
                    (nginx_port, "/manifest.json", {"If-None-Match": etag}, 304),
                    count,
                ),
                "manifest, 200": (
                    (int(port), "/v1/channels/default/manifest", {}, 200),
                    (nginx_port, "/manifest.json", {}, 200),
                    count,
                ),
                "bundle, gzip": (
                    (int(port), bundle, {"Accept-Encoding": "gzip"}, 200),
                    (nginx_port, "/bundle.json", {"Accept-Encoding": "gzip"}, 200),
                    count // 10,
                ),
                "bundle, br": (
                    (int(port), bundle, {"Accept-Encoding": "br"}, 200),
                    (nginx_port, "/bundle.json", {"Accept-Encoding": "gzip"}, 200),
                    count // 10,
                ),
            }
            print(f"{'':16} {'ours µs':>9} {'nginx µs':>9} {'ratio':>6}   CPU per request, median of {ROUNDS} rounds")
            for case, (a, b, requests) in cases.items():
                ratios, first, second = [], [], []
                for _ in range(ROUNDS):
                    mine = measure(ours.pid, requests, *a)
                    theirs = measure(nginx.pid, requests, *b)
                    first.append(mine)
                    second.append(theirs)
                    ratios.append(mine / theirs)
                print(f"{case:16} {median(first):9.1f} {median(second):9.1f} {median(ratios):6.1f}", flush=True)
        finally:
            nginx.terminate()
            nginx.wait()
            ours.stdin.close()
            ours.wait()


def measure(pid: int, count: int, port: int, path: str, headers: dict[str, str], status: int) -> float:
    """Microseconds of CPU per request."""
    before = cpu(pid)
    load(port, path, headers, count, status)
    return (cpu(pid) - before) / count * 1e6


def _retry(url: str) -> httpx.Response:
    while True:
        try:
            return httpx.get(url)
        except httpx.ConnectError:
            continue


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 4_000)
