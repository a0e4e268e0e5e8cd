"""`/metrics` in Prometheus' text format, and `/readyz`."""

from __future__ import annotations

from datetime import UTC, datetime

from .builds import Builds
from .fleet import BUCKETS, Fleet
from .manifest import moment
from .push import Hub
from .releases import Releases

READER_DEAD_AFTER = 30.0
"""Seconds without an answer of the store."""


def render(releases: Releases, builds: Builds, hub: Hub, fleet: Fleet, now: datetime) -> str:
    lines: list[str] = []

    def family(name: str, kind: str, text: str, samples: list[tuple[str, float]]) -> None:
        lines.append(f"# HELP replyguard_{name} {text}")
        lines.append(f"# TYPE replyguard_{name} {kind}")
        lines.extend(f"replyguard_{name}{labels} {value:g}" for labels, value in samples)

    current = releases.current.items()
    family("streams", "gauge", "Open event streams.", [("", hub.streams)])
    family("stream_messages_total", "counter", "Messages handed to the hub.", [("", hub.published)])
    family("release_version", "gauge", "Version served.", [(_label(channel=c), r.manifest.version) for c, r in current])
    family("release_rules", "gauge", "Rules served.", [(_label(channel=c), r.manifest.rules) for c, r in current])
    family(
        "release_expires_seconds", "gauge", "Seconds until the served signature expires.",
        [(_label(channel=c), (moment(r.manifest.expires) - now).total_seconds()) for c, r in current],
    )  # fmt: skip
    family(
        "build_ok", "gauge", "1 when the rules folder compiles and is published.", [("", builds.state.state == "ok")]
    )
    family("build_faults", "gauge", "Errors in the rules folder.", [("", builds.state.faults)])
    reports = [(_label(state=state), float(count)) for state, count in sorted(fleet.received.items())]
    family("status_reports_total", "counter", "Reports of browsers by state.", reports)
    sent = [(_label(encoding=name.decode()), float(n)) for name, n in sorted(releases.artifacts.sent.items())]
    family("artifact_responses_total", "counter", "Bundles and automata sent, by encoding; dcz is a difference.", sent)
    told = [(_label(patch=name), float(n)) for name, n in sorted(releases.patches.told.items())]
    family("releases_told_total", "counter", "Releases told to followers, with a patch or too large for one.", told)
    total = 0
    lines.append("# HELP replyguard_activation_milliseconds From the event's arrival in a browser to activation.")
    lines.append("# TYPE replyguard_activation_milliseconds histogram")
    for bound, count in zip([*map(str, BUCKETS), "+Inf"], fleet.latencies, strict=True):
        total += count
        lines.append(f"replyguard_activation_milliseconds_bucket{_label(le=bound)} {total}")
    lines.append(f"replyguard_activation_milliseconds_sum {fleet.latency_sum}")
    lines.append(f"replyguard_activation_milliseconds_count {total}")
    return "\n".join(lines) + "\n"


def readiness(releases: Releases, hub: Hub, now: datetime | None = None) -> list[str]:
    """Why not ready; empty = ready. A rulebook with faults is no reason: the last good release is served."""
    reasons = []
    now = now or datetime.now(UTC)
    if releases.healthy_at is None:
        reasons.append("the store has not answered yet")
    elif abs((now - releases.healthy_at).total_seconds()) > READER_DEAD_AFTER:
        reasons.append("the store has not answered for a while")
    if not releases.current:
        reasons.append("no release to serve")
    if hub.closing:
        reasons.append("shutting down")
    return reasons


def _label(**labels: str) -> str:
    """Values are ids and enumerations: nothing to escape."""
    return "{" + ",".join(f'{name}="{value}"' for name, value in labels.items()) + "}"
