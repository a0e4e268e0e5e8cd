"""Reports of browsers: what is taken, what is refused, what the page and Prometheus are told."""

from __future__ import annotations

import httpx
import pytest

from server.limits import RateLimit
from server.store import StoreError

from .conftest import live

pytestmark = pytest.mark.anyio


def status(**changes: object) -> dict[str, object]:
    return {
        "schema": 1,
        "install": "0123456789abcdef" * 2,
        "channel": "default",
        "epoch": 1,
        "version": 1,
        "bundle": "",
        "engine": 1,
        "extension": 10203,
        "browser": "chrome",
        "state": "ok",
        "refused": "none",
        "latency": 84,
        **changes,
    }


async def test_reports_become_counts(make, rules):
    async with live(make()) as running, httpx.AsyncClient(base_url=running.url) as client:
        await running.version(1)
        bundle = running.service.releases.current["default"].manifest.bundle.sha256[:16]
        for n in range(5):
            answer = await client.post("/v1/status", json=status(install=f"{n:032x}", bundle=bundle, hits=[[1, 3]]))
            assert (answer.status_code, answer.content) == (204, b"")
        late = status(install="f" * 32, version=0, state="refused", refused="signature", latency=-1, browser="edge")
        assert (await client.post("/v1/status", json=late)).status_code == 204
        fleet = (await client.get("/v1/fleet")).json()
        assert fleet["active_day"] == 6
        assert fleet["versions"] == [["default", 1, 1, 5], ["default", 1, 0, 1]]
        assert dict(map(tuple, fleet["states"])) == {"ok": 5, "refused": 1}
        assert fleet["refusals"] == [["signature", 1]]
        assert fleet["rules"] == [["default", "r2", 15]]
        assert [row[0] for row in fleet["behind"]] == ["ffffffff"]
        assert fleet["served"] == [["default", 1, 1]]
        metrics = (await client.get("/metrics")).text
        assert 'replyguard_status_reports_total{state="ok"} 5' in metrics
        assert 'replyguard_activation_milliseconds_bucket{le="100"} 5' in metrics
        assert 'replyguard_release_version{channel="default"} 1' in metrics


async def test_behind_is_measured_by_what_is_served_not_by_who_is_ahead(make, rules):
    async with live(make()) as running, httpx.AsyncClient(base_url=running.url) as client:
        await running.version(1)
        assert (await client.post("/v1/status", json=status())).status_code == 204
        assert (await client.get("/v1/fleet")).json()["behind"] == []
        (rules / "a.yaml").write_text((rules / "a.yaml").read_text() + "r6: 新\n")
        await running.version(2)
        fleet = (await client.get("/v1/fleet")).json()
        assert fleet["served"] == [["default", 1, 2]]
        assert [row[:4] for row in fleet["behind"]] == [["01234567", "default", 1, 1]], "nobody has it yet"


@pytest.mark.parametrize(
    "changes",
    [
        {"text": "加微信"},
        {"schema": 2},
        {"install": "加微信" * 10},
        {"install": "0" * 31},
        {"install": "0" * 32 + "\n"},
        {"channel": "加我微信"},
        {"channel": "nowhere"},
        {"bundle": "xyz"},
        {"browser": "Mozilla/5.0"},
        {"state": "fine"},
        {"refused": "加微信"},
        {"version": "1"},
        {"version": -1},
        {"version": 1.5},
        {"latency": 10**9},
        {"hits": [["加微信", 1]]},
        {"hits": [[0, 1, 2]]},
        {"hits": [[0, 0]]},
        {"hits": [[0, 1]] * 65},
        {"hits": {"r1": 1}},
    ],
)
async def test_anything_but_enumerations_integers_and_hex_is_refused(make, changes, tmp_path):
    async with live(make()) as running, httpx.AsyncClient(base_url=running.url) as client:
        await running.version(1)
        answer = await client.post("/v1/status", json=status(**changes))
        assert answer.status_code == 400
        await running.service.fleet.flush()
        stored = b"".join(p.read_bytes() for p in (tmp_path / "data").glob("fleet*"))
        assert "加".encode() not in stored


async def test_size_type_and_rate(make):
    async with live(make()) as running, httpx.AsyncClient(base_url=running.url) as client:
        await running.version(1)
        big = await client.post("/v1/status", json=status(hits=[[1, 1]] * 64, padding="x" * 2000))
        assert big.status_code == 413
        plain = await client.post("/v1/status", content=b"{}", headers={"content-type": "text/plain"})
        assert plain.status_code == 415
        answers = [(await client.post("/v1/status", json=status())).status_code for _ in range(25)]
        assert answers[:20] == [204] * 20
        assert 429 in answers
        other = await client.post("/v1/status", json=status(install="e" * 32))
        assert other.status_code == 204, "one that floods does not silence the others"


async def test_reports_outlive_a_database_that_cannot_be_written(make, tmp_path):
    async with live(make()) as running, httpx.AsyncClient(base_url=running.url) as client:
        await running.version(1)
        blocked = tmp_path / "data/fleet.sqlite3"
        blocked.mkdir()
        assert (await client.post("/v1/status", json=status())).status_code == 204
        await running.service.fleet.flush()
        answer = await client.get("/v1/fleet")
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
        blocked.rmdir()
        assert (await client.get("/v1/fleet")).json()["active_day"] == 1


async def test_readiness_needs_a_release_but_not_good_yaml(make, rules):
    (rules / "a.yaml").write_text("broken\n")
    async with live(make()) as running, httpx.AsyncClient(base_url=running.url) as client:
        answer = await client.get("/readyz")
        assert answer.status_code == 503
        assert (await client.get("/healthz")).status_code == 200
        (rules / "a.yaml").write_text("r1: 好\n")
        await running.version(1)
        assert (await client.get("/readyz")).status_code == 200
        (rules / "a.yaml").write_text("broken again\n")
        async with httpx.AsyncClient(base_url=running.url) as waiting:
            while (await waiting.get("/v1/build")).json()["state"] != "faulty":
                pass
        assert (await client.get("/readyz")).status_code == 200


async def test_a_store_that_stopped_answering_shows_in_readiness(make, clock, monkeypatch):
    async with live(make()) as running, httpx.AsyncClient(base_url=running.url) as client:
        await running.version(1)
        assert (await client.get("/readyz")).status_code == 200

        async def silent(channel: str) -> None:
            raise StoreError("the engine is gone")

        # The reader's own tick may be under way: its answer counts from when it asked, before the clock moves.
        monkeypatch.setattr(running.service.releases.store, "latest", silent)
        clock.forward(seconds=31)
        answer = await client.get("/readyz")
        assert (answer.status_code, "has not answered" in answer.text) == (503, True)


async def test_many_installations_together_are_limited_too(make):
    """An installation's id is of its own making: who makes new ones gets no further."""
    service = make()
    service.fleet._rate_all = RateLimit(burst=5, per_second=0.01)
    async with live(service) as running, httpx.AsyncClient(base_url=running.url) as client:
        await running.version(1)
        answers = [(await client.post("/v1/status", json=status(install=f"{n:032x}"))).status_code for n in range(7)]
    assert answers == [204] * 5 + [429] * 2
