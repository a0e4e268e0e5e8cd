"""How a release reaches the real extension: as a patch or a difference, after a restart of the server, and after the worker was
ended.
"""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, Worker

from .conftest import Browser, Server, enrolled, make_rules, start_server
from .workbench import Workbench, eventually

TITLE = "不得引导买家用微信联系"


def metric(server: Server, name: str) -> float:
    try:
        answer = urllib.request.urlopen(f"{server.url}/metrics")
    except urllib.error.URLError:
        return -1.0  # it is not there (yet)
    with answer:
        found = re.search(rf"^replyguard_{re.escape(name)} (\S+)$", answer.read().decode(), re.M)
    return float(found[1]) if found else 0.0


@pytest.fixture(scope="module")
def own(playwright_: Playwright, built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser and a server that this file may restart."""
    rules = make_rules(tmp_path_factory.mktemp("rules") / "rules")
    server = start_server(rules, tmp_path_factory.mktemp("data"))
    with enrolled(playwright_, tmp_path_factory.mktemp("profile"), built, server) as browser:
        yield browser
    if browser.server.process.poll() is None:
        browser.server.stop()


def retitle(browser: Browser, new: str) -> None:
    path = browser.server.rules / "rules.yaml"
    text = path.read_text(encoding="utf-8")
    title = re.search(rf"{TITLE}\S*", text)
    assert title
    path.write_text(text.replace(title[0], TITLE + new), encoding="utf-8")


def open_page(browser: Browser) -> Workbench:
    bench = browser.open("pdd")
    bench.type("加微信")
    bench.expect_card(TITLE)
    eventually(lambda: metric(browser.server, "streams"), lambda streams: streams == 1)
    return bench


def artifacts_sent(server: Server) -> float:
    return sum(
        metric(server, f'artifact_responses_total{{encoding="{name}"}}')
        for name in ("br", "dcz", "gzip", "identity", "zstd")
    )


def test_a_changed_rule_travels_as_a_patch(own: Browser) -> None:
    """With the event: nothing is asked for, by the worker or by the page."""
    bench = open_page(own)
    retitle(own, "（先）")
    bench.expect_card(f"{TITLE}（先）")
    before = artifacts_sent(own.server)
    for n in range(12):  # more than are stored as steps
        retitle(own, f"（差{n}）")
        bench.expect_card(f"{TITLE}（差{n}）")
    assert artifacts_sent(own.server) == before
    bench.page.close()


def stored(worker: Worker) -> dict[str, list[str]]:
    """The artifacts in the database: whole ones, and steps."""
    return dict(
        worker.evaluate("""async () => {
          const open = indexedDB.open("replyguard", 1);
          await new Promise((done) => { open.onsuccess = done; });
          const blobs = open.result.transaction("blobs").objectStore("blobs");
          const [keys, values] = [blobs.getAllKeys(), blobs.getAll()];
          await new Promise((done) => { values.onsuccess = done; });
          open.result.close();
          const of = (whole) => keys.result.filter((_, n) => values.result[n] instanceof ArrayBuffer === whole);
          return { whole: of(true), steps: of(false) };
        }""")
    )


def end_worker(own: Browser, bench: Workbench) -> None:
    session = own.context.new_cdp_session(bench.page)
    workers = [t for t in session.send("Target.getTargets")["targetInfos"] if t["type"] == "service_worker"]
    assert len(workers) == 1
    session.send("Target.closeTarget", {"targetId": workers[0]["targetId"]})
    eventually(lambda: metric(own.server, "streams"), lambda streams: streams == 0)


def test_what_is_stored_as_steps_is_there_for_the_next_life_of_the_worker(own: Browser) -> None:
    bench = open_page(own)
    retitle(own, "（步一）")
    bench.expect_card(f"{TITLE}（步一）")
    retitle(own, "（步二）")
    bench.expect_card(f"{TITLE}（步二）")
    (worker,) = own.context.service_workers
    kept = stored(worker)
    assert kept["steps"], "whole artifacts were written"
    assert kept["whole"], "of which the steps are made"
    assert len(kept["whole"]) + len(kept["steps"]) < 2 * 12, "what nobody needs is gone"
    before = artifacts_sent(own.server)
    end_worker(own, bench)
    bench.page.close()
    bench = open_page(own)
    bench.expect_card(f"{TITLE}（步二）")
    assert artifacts_sent(own.server) == before, "it had to be fetched again"
    bench.page.close()


def test_a_damaged_step_is_healed_by_the_next_save(own: Browser) -> None:
    bench = open_page(own)
    for n in range(2):
        retitle(own, f"（损{n}）")
        bench.expect_card(f"{TITLE}（损{n}）")
    (worker,) = own.context.service_workers
    damaged = worker.evaluate("""async () => {
      const open = indexedDB.open("replyguard", 1);
      await new Promise((done) => { open.onsuccess = done; });
      const blobs = open.result.transaction("blobs", "readwrite").objectStore("blobs");
      const [keys, values] = [blobs.getAllKeys(), blobs.getAll()];
      await new Promise((done) => { values.onsuccess = done; });
      const steps = keys.result.filter((_, n) => !(values.result[n] instanceof ArrayBuffer));
      for (const [n, key] of steps.entries())
        blobs.put({ from: n % 2 ? key : steps[0], pieces: [[0, 2 ** 40]] }, key);
      await new Promise((done) => { blobs.transaction.oncomplete = done; });
      open.result.close();
      return steps.length;
    }""")
    assert damaged
    end_worker(own, bench)
    bench.page.close()
    bench = own.open("pdd")
    bench.type("可以加微信")
    eventually(lambda: metric(own.server, "streams"), lambda streams: streams == 1)
    (worker,) = own.context.service_workers
    active = "async () => (await chrome.storage.local.get('active')).active?.epoch ?? 0"
    assert worker.evaluate(active) == 0, "what is damaged is used by nobody"
    retitle(own, "（修好）")
    bench.expect_card(f"{TITLE}（修好）")
    assert worker.evaluate(active) == 1
    bench.page.close()


def test_a_patch_to_something_else_costs_a_difference(own: Browser) -> None:
    """The worker was away for a save: what it has is not what the next patch is made of."""
    bench = open_page(own)
    (worker,) = own.context.service_workers
    worker.evaluate("""() => {
      const { parse } = JSON;
      self.mend = () => { JSON.parse = parse; };
      JSON.parse = (text, ...more) => {
        const value = parse(text, ...more);
        for (const patch of value?.patches ?? []) patch.from = "0".repeat(64);
        return value;
      };
    }""")
    before = metric(own.server, 'artifact_responses_total{encoding="dcz"}')
    retitle(own, "（隔）")
    bench.expect_card(f"{TITLE}（隔）")
    assert metric(own.server, 'artifact_responses_total{encoding="dcz"}') > before
    worker.evaluate("() => self.mend()")
    bench.page.close()


def test_an_ended_worker_comes_back_when_the_composer_is_entered_and_hears_of_the_next_save(own: Browser) -> None:
    bench = open_page(own)
    end_worker(own, bench)
    bench.composer.blur()
    bench.type("可以加微信")
    bench.expect_card(TITLE)
    eventually(lambda: metric(own.server, "streams"), lambda streams: streams == 1)
    retitle(own, "（醒来）")
    bench.expect_card(f"{TITLE}（醒来）")
    bench.page.close()


def test_after_a_restart_of_the_server_the_open_page_hears_of_the_next_save(own: Browser) -> None:
    bench = open_page(own)
    data = Path(own.server.process.args[own.server.process.args.index("--data") + 1])
    port = int(own.server.url.rsplit(":", 1)[1])
    own.server.stop()
    bench.type("再加微信")
    bench.expect_card(TITLE)
    own.server = start_server(own.server.rules, data, port)
    eventually(lambda: metric(own.server, "streams"), lambda streams: streams == 1, timeout=40)
    retitle(own, "（重启）")
    bench.expect_card(f"{TITLE}（重启）")
    bench.page.close()


def test_a_page_has_the_release_when_the_worker_gives_its_word(own: Browser) -> None:
    bench = open_page(own)
    (worker,) = own.context.service_workers
    worker.evaluate("""() => {
      self.asked = 0;
      chrome.runtime.onMessage.addListener((message) => { if (message.replyguard === "release.get") self.asked++; });
    }""")
    retitle(own, "（先到）")
    bench.expect_card(f"{TITLE}（先到）")
    assert worker.evaluate("self.asked") == 0
    bench.page.close()


def test_what_the_worker_refuses_after_all_is_used_by_no_page(own: Browser) -> None:
    bench = open_page(own)
    (worker,) = own.context.service_workers
    worker.evaluate("""() => {
      const { put } = IDBObjectStore.prototype;
      self.mend = () => { IDBObjectStore.prototype.put = put; };
      IDBObjectStore.prototype.put = function (...call) {
        if (this.name === "records") throw new Error("the disk is full");
        return put.apply(this, call);
      };
    }""")
    retitle(own, "（不算）")
    refused = "async () => (await chrome.storage.local.get('health')).health.refused"
    eventually(lambda: worker.evaluate(refused), lambda code: code == "storage")
    bench.type("可以加微信吗")
    assert "（不算）" not in bench.expect_card(TITLE)
    worker.evaluate("() => self.mend()")
    retitle(own, "（算）")
    bench.expect_card(f"{TITLE}（算）")
    bench.page.close()


def test_where_nothing_is_pushed_the_alarm_asks_and_is_set_again(own: Browser) -> None:
    """Without a workbench page there is no stream; a worker that was ended is woken by the alarm alone."""
    bench = open_page(own)
    bench.page.close()
    eventually(lambda: metric(own.server, "streams"), lambda streams: streams == 0)
    served = 'release_version{channel="default"}'
    before = metric(own.server, served)
    retitle(own, "（巡）")
    version = eventually(lambda: metric(own.server, served), lambda version: version > before)
    page = own.extension_page("options")
    active = "async () => (await chrome.storage.local.get('active')).active.version"
    assert page.evaluate(active) == before
    page.evaluate("chrome.alarms.create('poll', {when: Date.now()})")
    eventually(lambda: page.evaluate(active), lambda found: found == version)
    left = page.evaluate("async () => (await chrome.alarms.get('poll')).scheduledTime - Date.now()")
    assert 40_000 < left < 80_000
    page.close()


def test_a_draft_is_told_to_nobody_and_counted_once_a_reply(own: Browser) -> None:
    draft = "topic: tried\ntitle: 试\nrules: [{id: tried.out, title: 试, level: block, status: draft, find: [先试试看], bad: [先试试看]}]\n"
    before = metric(own.server, 'release_version{channel="default"}')
    (own.server.rules / "tried.yaml").write_text(draft, encoding="utf-8")
    bench = open_page(own)
    eventually(lambda: metric(own.server, 'release_version{channel="default"}'), lambda version: version > before)
    panel = own.extension_page("panel")
    stored = "async (key) => (await chrome.storage.local.get(key))[key] ?? {}"

    def counted() -> int:
        bench.type("先试试看吧")
        bench.page.keyboard.press("Enter")
        return int(panel.evaluate(stored, "unreported").get("tried.out", 0))

    panel.evaluate("chrome.storage.local.remove(['counts', 'unreported'])")
    bench.composer.press("Control+A")
    bench.composer.press("Delete")
    sent = len(bench.sent())
    times = eventually(counted, lambda found: found > 0)
    eventually(lambda: len(bench.sent()), lambda now: now > sent)  # nothing was held
    assert times <= len(bench.sent()) - sent
    assert "tried.out" not in panel.evaluate(stored, "counts").get("shown", {})
    panel.close()
    bench.page.close()
