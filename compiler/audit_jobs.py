"""An audit on several cores: this process reads and writes, the others check; the order of the file is kept."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from typing import Final

import msgspec

from compiler.audit_input import Case
from compiler.bundle import encode
from compiler.matcher.bulk import BulkCheck
from compiler.matcher.conversation import Finding
from compiler.matcher.engine import Engine, decode

_CHUNK: Final = 500
"""Cases that go to a process at once."""
_AHEAD: Final = 3
"""Chunks that wait for each process: enough to keep it busy, and no more, so that memory stays flat."""

_Found = list[tuple[int, list[Finding]]]
_decode_found = msgspec.msgpack.Decoder(_Found).decode
_encode = msgspec.msgpack.Encoder().encode


def check_in_processes(
    engine: Engine, cases: Iterable[Case], jobs: int, platform: str = "", category: str = ""
) -> Iterator[tuple[Case, list[Finding]]]:
    """As `compiler.audit.check`, by `jobs` processes."""
    bundle = encode(engine.bundle)
    cases = iter(cases)
    running: deque[tuple[list[Case], Future[bytes]]] = deque()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, context, initializer=_begin, initargs=(bundle, platform, category)) as pool:
        while True:
            while len(running) < jobs * _AHEAD and (chunk := list(islice(cases, _CHUNK))):
                running.append((chunk, pool.submit(_check, _encode(chunk))))
            if not running:
                return
            done, future = running.popleft()
            found = dict(_decode_found(future.result()))
            for n, case in enumerate(done):
                yield case, found.get(n, [])


class _Worker:
    """What a process needs, once."""

    bulk: BulkCheck
    fill: tuple[str, str]
    decode = staticmethod(msgspec.msgpack.Decoder(list[Case]).decode)


def _begin(bundle: bytes, platform: str, category: str) -> None:
    _Worker.bulk = BulkCheck(Engine(decode(bundle)))
    _Worker.fill = (platform, category)


def _check(chunk: bytes) -> bytes:
    from compiler.audit import check

    results = check(_Worker.bulk, _Worker.decode(chunk), *_Worker.fill)
    return _encode([(n, findings) for n, (_, findings) in enumerate(results) if findings])
