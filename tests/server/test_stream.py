"""The extension's end of the push stream, over made-up connections in made-up time: when it asks again, and when it gives up.

A sleeping laptop and a changed network both look like a stream that says nothing more; a restarting server like one that
ends, or like a refused connection.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from .hostile import Changes, Client, build

BEAT = ": hb\n\n"
EVENT = 'event: manifest\nid: 7\ndata: {"signed":"%s"}\n\n'
LEASE = 'event: bye\ndata: {"reason":"lease"}\n\n'
SHUTDOWN = 'event: bye\ndata: {"reason":"shutdown"}\n\n'
MINUTE = 60_000
SETS: dict[str, Changes] = {
    "whole": [],
    "deaf": [("stream", "silent.abort(), SILENCE);\n    try {", "{}, SILENCE);\n    try {")],
    "hasty": [("stream", "1000 * 2 ** attempt++", "1000")],
    "in-step": [("stream", "Math.random() * Math.min(MAX_BACKOFF", "Math.min(MAX_BACKOFF")],
    "impolite": [("stream", "Math.max(pause, wait)", "pause")],
    "asleep": [("stream", "this.#parts.alive();", "")],
    "greedy": [("stream", "if (buffer.length > MAX_BUFFER)", "if (false)")],
}


@pytest.fixture(scope="session")
def streams(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stream")
    build(folder, SETS)
    return folder


def run(
    node: Client, streams: Path, lines: list[dict[str, Any]], until: float, random: float = 1.0, script: str = "whole"
) -> dict[str, Any]:
    node.load(streams / f"{script}.js")
    return dict(node.call("stream", lines, random, until))


def waits(asked: list[int]) -> list[int]:
    return [b - a for a, b in itertools.pairwise(asked)]


FAILS = {"says": [], "fails": True}


def test_it_backs_off_to_a_minute_with_full_jitter(node: Client, streams: Path):
    latest = run(node, streams, [FAILS] * 10, 5 * MINUTE)["asked"]
    assert waits(latest)[:8] == [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]
    half = run(node, streams, [FAILS] * 10, 5 * MINUTE, random=0.5)["asked"]
    assert waits(half)[:8] == [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]
    assert run(node, streams, [FAILS] * 10, MINUTE, script="hasty")["asked"][:4] == [0, 1000, 2000, 3000]
    assert run(node, streams, [FAILS] * 10, MINUTE, random=0.5, script="in-step")["asked"][:3] == [0, 1000, 3000]


@pytest.mark.parametrize("goodbye", [SHUTDOWN, ""])
def test_a_restarting_server_is_asked_again_soon_and_never_by_all_at_once(node: Client, streams: Path, goodbye: str):
    said = [[100, EVENT % "one"], *([[200, goodbye]] if goodbye else [])]
    lines = [{"says": said, "end": 200}, FAILS, FAILS, {"says": [[10, EVENT % "two"]]}]
    after = run(node, streams, lines, MINUTE / 2, random=0.5)
    assert after["envelopes"] == ['{"signed":"one"}', '{"signed":"two"}']
    assert waits(after["asked"]) == [200 + 500, 1000, 2000]
    assert after["connected"] == [True, False, False, False, True, False]


def test_after_a_lease_it_comes_back_within_two_seconds_however_often(node: Client, streams: Path):
    lines = [{"says": [[10, LEASE]], "end": 10}] * 5
    assert waits(run(node, streams, lines, 20_000)["asked"])[:4] == [2010] * 4


def test_a_stream_that_lived_wipes_the_slate_clean(node: Client, streams: Path):
    long = {"says": [[n * 20_000, BEAT] for n in range(4)], "end": 61_000}
    after = run(node, streams, [FAILS, FAILS, FAILS, long, FAILS], 3 * MINUTE)["asked"]
    assert waits(after)[:5] == [1000, 2000, 4000, 62_000, 2000]


@pytest.mark.parametrize("what", ["the laptop slept", "the network changed"])
def test_a_stream_that_falls_silent_is_dropped_and_asked_for_anew(node: Client, streams: Path, what: str):
    heard = [[n * 20_000, BEAT] for n in range(5)]
    lines = [{"says": heard}, {"says": [[5, EVENT % what]]}]
    after = run(node, streams, lines, 5 * MINUTE)
    assert after["aborted"][0] == 80_000 + 50_000
    assert after["asked"][:2] == [0, 130_000 + 1000]
    assert after["envelopes"] == [f'{{"signed":"{what}"}}']
    deaf = run(node, streams, [{"says": []}], 5 * MINUTE, script="deaf")
    assert deaf["asked"] == [0], "without the guard it waits for ever"


def test_heartbeats_keep_it_and_keep_the_worker_awake(node: Client, streams: Path):
    beats = [[n * 20_000, BEAT] for n in range(40)]
    after = run(node, streams, [{"says": beats}], 13 * MINUTE)
    assert (after["asked"], after["alive"]) == ([0], 40)
    asleep = run(node, streams, [{"says": beats}], 13 * MINUTE, script="asleep")
    assert asleep["alive"] == 0


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_heeded(node: Client, streams: Path, status: int):
    lines = [{"status": status, "retry": "30", "says": []}, {"says": []}]
    assert waits(run(node, streams, lines, 40_000)["asked"]) == [30_000]
    assert waits(run(node, streams, lines, 40_000, script="impolite")["asked"]) == [1000]


def test_events_in_pieces_and_several_at_once(node: Client, streams: Path):
    text = (EVENT % "号一") + BEAT + (EVENT % "号二")
    pieces = [[n, character] for n, character in enumerate(text)]
    assert run(node, streams, [{"says": pieces}], 1000)["envelopes"] == ['{"signed":"号一"}', '{"signed":"号二"}']
    assert len(run(node, streams, [{"says": [[1, text]]}], 1000)["envelopes"]) == 2


def test_a_patch_goes_with_the_envelope_behind_it_and_with_no_other(node: Client, streams: Path):
    text = (EVENT % "一") + 'event: patch\ndata: {"patches":[]}\n\n' + BEAT + (EVENT % "二") + (EVENT % "三")
    after = run(node, streams, [{"says": [[1, text]]}], 1000)
    assert after["patches"] == ["", '{"patches":[]}', ""]
    cut = [{"says": [[1, "event: patch\ndata: {}\n\n"]], "end": 2}, {"says": [[1, EVENT % "四"]]}]
    assert run(node, streams, cut, 5000)["patches"] == [""], "a connection that ends takes it along"


def test_an_event_without_end_is_cut_off(node: Client, streams: Path):
    flood = [[n, "x" * 65_536] for n in range(100)]
    after = run(node, streams, [{"says": flood}, {"says": []}], 3000)
    assert after["asked"] == [0, 4 + 1000]
    assert run(node, streams, [{"says": flood}], 3000, script="greedy")["asked"] == [0]
