"""Whatever happens to the folder: the last good release is kept, the final content is always reached."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

from compiler.bundle import decode
from compiler.rulebook import rule_files
from server.watch import folders, scan

from .conftest import DEADLINE, TinyBuilder, TinyDiagnostic, events, live

pytestmark = pytest.mark.anyio


async def rules_served(running, count: int) -> None:
    """Wait until the served release has that many rules."""
    async with asyncio.timeout(DEADLINE), contextlib.aclosing(events(running.url)) as stream:
        async for name, _, _ in stream:
            if name == "manifest" and running.service.releases.current["default"].manifest.rules == count:
                return


async def state(running, wanted: str) -> dict:
    import json

    async with (
        asyncio.timeout(DEADLINE),
        contextlib.aclosing(events(running.url, path="/v1/build/events")) as stream,
    ):
        async for name, _, data in stream:
            if name == "build" and json.loads(data)["state"] == wanted:
                return json.loads(data)
    raise AssertionError(wanted)


def lines(count: int) -> str:
    return "".join(f"r{n}: 词{n}\n" for n in range(count))


@pytest.fixture(params=["inotify", "watchfiles", "polling"])
def running(request, make, monkeypatch):
    monkeypatch.setattr("server.watch.TICK", 3600.0)  # what is not told of would not be seen
    if request.param == "watchfiles":  # as on systems without inotify

        def none() -> None:
            raise OSError

        monkeypatch.setattr("server.watch.Inotify", none)
    return live(make(polling=request.param == "polling"))


async def test_a_save_in_place(running, rules):
    async with running as service:
        await rules_served(service, 5)
        (rules / "a.yaml").write_text(lines(9))
        await rules_served(service, 9)


async def test_a_save_is_compiled_once_however_small_the_rulebook(running, rules):
    """Compiling takes less time than it takes to tell whether the save is complete: that is waited for, not tried again."""
    async with running as service:
        await rules_served(service, 5)
        builder = service.service.builds._builder
        for count in (6, 7, 8):
            before = builder.builds
            (rules / "a.yaml.tmp").write_text(lines(count))
            (rules / "a.yaml.tmp").replace(rules / "a.yaml")
            await rules_served(service, count)
            assert builder.builds == before + 1


async def test_a_file_in_a_new_folder(running, rules):
    async with running as service:
        await rules_served(service, 5)
        (rules / "more/of/them").mkdir(parents=True)
        (rules / "more/of/them/b.yaml").write_text("b1: 词\nb2: 词\n")
        await rules_served(service, 7)
        (rules / "more/of/them/b.yaml").write_text("b1: 词\nb2: 词\nb3: 词\n")
        await rules_served(service, 8)


async def test_an_editor_renames_a_new_file_over_the_old(running, rules):
    async with running as service:
        await rules_served(service, 5)
        (rules / "a.yaml.tmp").write_text(lines(7))
        (rules / "a.yaml.tmp").replace(rules / "a.yaml")
        await rules_served(service, 7)


async def test_an_editor_moves_the_old_file_away_first(running, rules):
    async with running as service:
        await rules_served(service, 5)
        (rules / "a.yaml").rename(rules / "a.yaml~")
        (rules / "a.yaml").write_text(lines(8))
        (rules / "a.yaml~").unlink()
        await rules_served(service, 8)


async def test_two_saves_within_a_second_of_the_same_size(running, rules):
    async with running as service:
        await rules_served(service, 5)
        for text in ("r1: 甲\n" * 5, "r1: 乙\n" * 5):
            (rules / "b.yaml").write_text(lines(6) + text)
            await rules_served(service, 6)
        async with asyncio.timeout(DEADLINE), contextlib.aclosing(events(service.url)) as stream:
            async for name, _, _ in stream:
                if name == "manifest":
                    digest = service.service.releases.current["default"].manifest.bundle.sha256
                    if "乙" in decode(await service.service.store.get_blob(digest)).atoms.literals:
                        break


async def test_a_file_written_in_pieces_ends_as_the_whole(running, rules):
    async with running as service:
        await rules_served(service, 5)
        with (rules / "b.yaml").open("w") as file:
            for n in range(40):
                file.write(f"more{n}: 词")
                file.flush()
                await asyncio.sleep(0.003)
                file.write(f"{n}\n")
                file.flush()
        await rules_served(service, 45)


async def test_git_checkout_of_many_files(running, rules):
    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.invalid", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *identity, *arguments], cwd=rules, check=True, capture_output=True)

    git("init", "-q", "-b", "main")
    git("add", ".")
    git("commit", "-qm", "one")
    git("checkout", "-qb", "other")
    for n in range(120):
        (rules / f"f{n}.yaml").write_text(f"other{n}: 词{n}\n")
    git("add", ".")
    git("commit", "-qm", "two")
    async with running as service:
        await rules_served(service, 125)
        (rules / "keep.yaml").write_text("".join(f"keep{n}: 词\n" for n in range(600)))
        await rules_served(service, 725)
        git("checkout", "-q", "main")
        await rules_served(service, 605)
        git("checkout", "-q", "other")
        await rules_served(service, 725)


async def test_the_folder_is_deleted_and_made_again(running, rules):
    async with running as service, httpx.AsyncClient(base_url=service.url) as client:
        await rules_served(service, 5)
        shutil.rmtree(rules)
        await state(service, "no-rules")
        assert (await client.get("/v1/channels/default/manifest")).status_code == 200
        rules.mkdir()
        (rules / "a.yaml").write_text(lines(6))
        await rules_served(service, 6)
        (rules / "a.yaml").write_text(lines(7))
        await rules_served(service, 7)


async def test_kubernetes_swaps_the_data_link(running, rules):
    def generation(name: str, count: int) -> None:
        (rules / name).mkdir()
        (rules / name / "a.yaml").write_text(lines(count))
        (rules / "..data_tmp").symlink_to(name)
        (rules / "..data_tmp").replace(rules / "..data")

    (rules / "a.yaml").unlink()
    generation("..2026_01_01", 10)
    (rules / "a.yaml").symlink_to("..data/a.yaml")
    async with running as service:
        await rules_served(service, 10)
        generation("..2026_01_02", 11)
        shutil.rmtree(rules / "..2026_01_01")
        await rules_served(service, 11)


async def test_a_save_that_loses_many_rules_is_held(running, rules):
    (rules / "a.yaml").write_text(lines(20))
    async with running as service:
        await rules_served(service, 20)
        (rules / "a.yaml").write_text(lines(15))
        held = (await state(service, "held"))["held"]
        assert (held["was"], held["now"]) == (20, 15)
        assert service.service.releases.current["default"].manifest.rules == 20
        (rules / "a.yaml").write_text(lines(16))
        await rules_served(service, 16)


async def test_a_folder_that_moves_while_it_is_compiled_is_compiled_again(make, rules):
    builder = TinyBuilder(rules)

    def meddle() -> None:
        if builder.builds == 1:
            (rules / "a.yaml").write_text(lines(30))

    builder.on_build = meddle
    async with live(make(builder=builder)) as service:
        await rules_served(service, 30)
        assert service.service.releases.current["default"].manifest.version == 1


async def test_the_compiler_failing_is_told_and_survived(make, rules):
    builder = TinyBuilder(rules)
    async with live(make(builder=builder)) as service:
        await rules_served(service, 5)

        def crash() -> None:
            raise RuntimeError("a bug")

        builder.on_build = crash
        (rules / "a.yaml").write_text(lines(6))
        found = await state(service, "faulty")
        assert "a bug" in found["diagnostics"][0]["text_zh"]
        builder.on_build = lambda: None
        (rules / "a.yaml").write_text(lines(7))
        await rules_served(service, 7)


async def test_a_fault_that_only_the_examples_find_reaches_no_channel(make, rules):
    """The examples are run once for a save, with the first channel."""
    (rules / "channels.txt").write_text("one\ntwo\nthree\n")

    class Examined(TinyBuilder):
        failing = False

        def build(self, channel: str = "", *, examples: bool = True, **options):
            build = super().build(channel, **options)
            if examples and self.failing:
                build.release, build.diagnostics = None, [TinyDiagnostic("error", "a.yaml", 1)]
            return build

    builder = Examined(rules)
    async with live(make(builder=builder)) as service:
        for channel in ("one", "two", "three"):
            await service.version(1, channel)
        builder.failing = True
        (rules / "a.yaml").write_text(lines(7))
        await state(service, "faulty")
        assert {c: r.manifest.version for c, r in service.service.releases.current.items()} == {
            "one": 1, "two": 1, "three": 1,
        }  # fmt: skip
        builder.failing = False
        (rules / "a.yaml").write_text(lines(8))
        for channel in ("one", "two", "three"):
            await service.version(2, channel)


def test_scan_sees_rules_only(tmp_path: Path):
    (tmp_path / ".git").mkdir()
    for name in (".git/x.yaml", ".a.yaml.swp", ".b.yaml", "notes.txt", "a.yaml~", "4913"):
        (tmp_path / name).write_text("x")
    (tmp_path / "sites").mkdir()
    (tmp_path / "sites/jd.yml").write_text("x")
    (tmp_path / "a.yaml").write_text("x")
    os.symlink("gone", tmp_path / "dangling.yaml")
    assert set(scan(tmp_path)) == {"a.yaml", "sites/jd.yml"}
    assert scan(tmp_path / "missing") == {}


async def test_a_rulebook_that_is_read_half_written_is_forgotten(make, rules):
    """Of an empty rulebook.yaml there is one channel, "default"; the next build finds others."""
    (rules / "channels.txt").write_text("default\n")
    builder = TinyBuilder(rules)
    async with live(make(builder=builder)) as service:
        await rules_served(service, 5)

        def written() -> None:
            (rules / "channels.txt").write_text("dev\n")

        builder.on_build = written
        (rules / "a.yaml").write_text(lines(7))
        await service.version(1, "dev")
        assert (await state(service, "ok"))["channels"][0]["id"] == "dev"
        (rules / "a.yaml").write_text(lines(8))
        await service.version(2, "dev")


async def test_a_fault_in_one_shops_settings_holds_up_no_other_shop(make, rules):
    (rules / "channels.txt").write_text("one\ntwo\nthree\n")

    class Shops(TinyBuilder):
        def build(self, channel: str = "", **options):
            build = super().build(channel, **options)
            if channel == "two" and "r6" in (rules / "a.yaml").read_text():
                build.release, build.diagnostics = None, [TinyDiagnostic("error", "shops/two.yaml", 1)]
            return build

    async with live(make(builder=Shops(rules))) as service:
        for channel in ("one", "two", "three"):
            await service.version(1, channel)
        (rules / "a.yaml").write_text(lines(7))
        for channel in ("one", "three"):
            await service.version(2, channel)
        assert (await state(service, "faulty"))["diagnostics"][0]["path"] == "shops/two.yaml"
        assert service.service.releases.current["two"].manifest.version == 1


def test_links_that_lead_in_circles_are_followed_only_so_far(tmp_path: Path):
    """Two of them would be 2**40 folders."""
    (tmp_path / "a.yaml").write_text("topic: a\n")
    for name in ("x", "y"):
        (tmp_path / name).symlink_to(".")
    found = set(scan(tmp_path))
    assert found == set(rule_files(tmp_path))
    assert {"a.yaml", "x/a.yaml", "x/y/a.yaml"} <= found
    assert len(found) < 1000
    assert len([*folders(tmp_path)]) < 2000
