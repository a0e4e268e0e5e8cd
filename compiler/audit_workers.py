"""The processes of an audit: this one reads and writes, each of the others has an engine and checks.

An engine in a process of its own may hang, run out of memory or take the process down (V8 does, where it is refused memory):
the audit says so and ends, and Ctrl+C waits for none of them.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Final, Self, TypeVar

import msgspec

from compiler.audit_engines import ENGINES, EngineName, lacking
from compiler.matcher.conversation import Conversation, Finding

_PATIENCE: Final = 300.0
"""Seconds that a batch may take: some hundred times what the slowest needs."""
_SHOWN: Final = 300
"""Characters of what an engine says of its failure."""

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(list[list[Finding]]).decode
T = TypeVar("T")


class EngineError(Exception):
    """An engine that cannot be used or has failed; the message says why, in one line."""


class _Worker:
    """One process with an engine; batches go in and come out one by one."""

    def __init__(self, engine: EngineName, bundle: bytes, automaton: bytes) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs, engine, bundle, automaton), daemon=True)
        self._process.start()
        theirs.close()

    def ask(self, batch: bytes) -> None:
        """To be called only when the last answer was taken: a worker that is not listening would not be heard out."""
        with suppress(OSError):  # the answer will tell
            self._pipe.send_bytes(batch)

    def answer(self) -> bytes:
        """What comes next: nothing, once the engine is ready; then the answer to each batch.

        Raises
        ------
        EngineError
            The engine failed, its process ended, or it has said nothing for too long.
        """
        if not self._pipe.poll(_PATIENCE):
            raise EngineError(f"{_PATIENCE:.0f} 秒没有回答 / no answer for {_PATIENCE:.0f} s")
        try:
            good, said = self._pipe.recv()
        except (EOFError, OSError):
            self._process.join()
            code = self._process.exitcode or 0
            how = f"status {code}" if code >= 0 else signal.Signals(-code).name
            raise EngineError(f"进程结束了 / its process ended: {how}") from None
        if not good:
            raise EngineError(said)
        return bytes(said)

    def end(self) -> None:
        self._process.kill()
        self._process.join()
        self._pipe.close()


class Workers:
    """Check batches side by side, in their order. A context: when it ends, so do the processes, whatever they are at."""

    def __init__(self, engine: EngineName, bundle: bytes, automaton: bytes, jobs: int) -> None:
        """Raises EngineError when the engine cannot be used here."""
        if lack := lacking(engine):
            raise EngineError(lack)
        self._workers: list[_Worker] = []
        try:
            for _ in range(jobs):
                self._workers.append(_Worker(engine, bundle, automaton))
            for worker in self._workers:
                worker.answer()
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.end()

    def check(
        self, batches: Iterable[list[T]], conversation: Callable[[T], Conversation]
    ) -> Iterator[tuple[T, list[Finding]]]:
        """Each item of the batches with its findings; when no more can be read, first those of what was read.

        The next batch is read while the workers check, and no more are in memory than there are workers, and this one.
        """
        free = deque(self._workers)
        asked: deque[tuple[_Worker, list[T]]] = deque()
        fault: Exception | None = None
        try:
            for batch in batches:
                message = _encode([conversation(item) for item in batch])
                worker, items, findings = (free.popleft(), [], []) if free else _next(asked)
                worker.ask(message)
                asked.append((worker, batch))
                yield from zip(items, findings, strict=True)
        except (OSError, ValueError) as error:
            fault = error
        while asked:
            _, items, findings = _next(asked)
            yield from zip(items, findings, strict=True)
        if fault:
            raise fault


def _next(asked: deque[tuple[_Worker, list[T]]]) -> tuple[_Worker, list[T], list[list[Finding]]]:
    worker, items = asked.popleft()
    return worker, items, _decode(worker.answer())


def _work(pipe: Connection, engine: EngineName, bundle: bytes, automaton: bytes) -> None:
    """What a worker does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is told to all; the audit ends its workers
    try:
        check = ENGINES[engine](bundle, automaton)
        said = b""
        while True:
            pipe.send((True, said))
            said = check(pipe.recv_bytes())
    except EOFError:  # the audit is over
        pass
    except Exception as error:
        # After the first line of a JavaScript error comes the script, which is one line too.
        text = f"{type(error).__name__}: {error}".partition("\n")[0][:_SHOWN]
        with suppress(OSError):
            pipe.send((False, text))
    os._exit(0)  # V8's threads can keep an interpreter from ending
