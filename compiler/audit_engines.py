"""The two engines as a process of an audit runs them: conversations in, for each a list of findings out, both as JSON.

`v8` is the browser's engine (extension/src/audit, built into one script) in an embedded V8, several times as fast as `python`,
the reference engine. They find the same: docs/engine.md.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Literal

EngineName = Literal["v8", "python"]
Check = Callable[[bytes], bytes]
"""Conversations → a list of findings for each."""

SCRIPT: Final = Path(__file__).with_name("built") / "engine.js"
_HEAP: Final = 1 << 30
"""Bytes that V8 may take before it gives up. A batch is some megabytes."""


def lacking(engine: EngineName) -> str:
    """How to get what an engine lacks on this machine, "" when it lacks nothing."""
    if engine == "python":
        return ""
    if find_spec("py_mini_racer") is None:
        return "pip install mini-racer"
    return "" if SCRIPT.is_file() else "cd extension && node build.mjs"


class V8:
    """An isolate of its own, with the engine in it."""

    def __init__(self, bundle: bytes, automaton: bytes) -> None:
        from py_mini_racer import JSFunction, MiniRacer

        self._isolate = MiniRacer()  # ends when nothing refers to it, whoever holds its functions
        self._isolate.set_hard_memory_limit(_HEAP)
        self._isolate.eval(SCRIPT.read_text(encoding="ascii"))
        for file in (bundle, automaton):
            room = self._isolate.eval(f"ReplyGuard.room({len(file)})")
            assert isinstance(room, memoryview)
            room[:] = file
        self._isolate.eval("ReplyGuard.load()")
        check = self._isolate.eval("ReplyGuard.check")
        assert isinstance(check, JSFunction)
        self._check = check

    def __call__(self, conversations: bytes) -> bytes:
        return str(self._check(conversations.decode())).encode()


def python(bundle: bytes, _automaton: bytes) -> Check:
    import msgspec

    from compiler.matcher.conversation import Conversation
    from compiler.matcher.engine import Engine, decode

    engine = Engine(decode(bundle))
    read, write = msgspec.json.Decoder(list[Conversation]).decode, msgspec.json.Encoder().encode
    return lambda conversations: write([engine.check(one) for one in read(conversations)])


ENGINES: Final[dict[EngineName, Callable[[bytes, bytes], Check]]] = {"v8": V8, "python": python}
"""Each makes the check of a release: its bundle and its automaton, of which the Python engine makes its own."""
