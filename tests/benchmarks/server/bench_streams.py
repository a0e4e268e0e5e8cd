"""Ten thousand readers of one event stream on one worker: publish → last reader, memory a connection, idle CPU.

    python -m tests.benchmarks.server.bench_streams [readers] [publishes]

The client is one epoll loop on the same machine, so its own work is in the times. A hundred readers never read.
"""

from __future__ import annotations

import resource
import select
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from .bench_hot_paths import ROOT, cpu

DEAF = 100


def rss(pid: int) -> int:
    """Bytes."""
    line = next(x for x in Path(f"/proc/{pid}/status").read_text().splitlines() if x.startswith("VmRSS"))
    return int(line.split()[1]) * 1024


def main(readers: int, publishes: int) -> None:
    need = readers + DEAF + 500
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (need if hard == resource.RLIM_INFINITY else min(need, hard), hard))
    with tempfile.TemporaryDirectory() as name:
        server = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.server.fixture_server", name, "60000"],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        port = int(server.stdout.readline().split()[0])
        request = f"GET /v1/channels/default/events HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
        before = rss(server.pid)
        poll = select.epoll()
        open_: dict[int, socket.socket] = {}
        began = time.monotonic()
        for n in range(readers):
            connection = socket.create_connection(("127.0.0.1", port))
            connection.setblocking(False)
            connection.send(request)
            open_[connection.fileno()] = connection
            poll.register(connection.fileno(), select.EPOLLIN)
            if n % 200 == 199:
                drain(poll, open_, set(), 0)
        drain(poll, open_, set(open_), 60, seen_first=True)
        each = (rss(server.pid) - before) / readers
        print(
            f"{readers} readers connected in {time.monotonic() - began:.1f} s, {each / 1024:.1f} KiB a connection (server RSS)"
        )
        deaf = []
        for _ in range(DEAF):
            connection = socket.create_connection(("127.0.0.1", port))
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.send(request)
            deaf.append(connection)
        times, costs = [], []
        for _ in range(publishes):
            used = cpu(server.pid)
            server.stdin.write("publish\n")
            server.stdin.flush()
            start = float(server.stdout.readline())
            last = drain(poll, open_, set(open_), 60)
            assert server.stdout.readline().startswith("done")
            times.append((last - start) * 1000)
            costs.append((cpu(server.pid) - used) / readers * 1e6)
        print(
            f"publish → last of {readers}: median {median(times):.0f} ms, worst {max(times):.0f} ms of {publishes}; "
            f"{median(costs):.1f} µs CPU a reader; {DEAF} readers that never read were connected"
        )
        print(f"after it: {(rss(server.pid) - before) / readers / 1024:.1f} KiB a connection")
        for connection in (*open_.values(), *deaf):
            connection.close()
        server.stdin.close()
        server.wait()


def drain(
    poll: select.epoll, open_: dict[int, socket.socket], waiting: set[int], seconds: float, seen_first: bool = False
) -> float:
    """Read until all of `waiting` got something; the time of the last."""
    deadline = time.monotonic() + seconds
    last = 0.0
    if seen_first:
        waiting = {f for f in waiting if f not in _seen}
    while True:
        for handle, _ in poll.poll(0 if not waiting else 1, 2000):
            if open_[handle].recv(65536):
                _seen.add(handle)
                if handle in waiting:
                    waiting.discard(handle)
                    last = time.monotonic()
        if not waiting:
            return last
        assert time.monotonic() < deadline, f"{len(waiting)} readers heard nothing"


_seen: set[int] = set()

if __name__ == "__main__":
    main(*([int(a) for a in sys.argv[1:]] + [10_000, 10][len(sys.argv) - 1 :]))
