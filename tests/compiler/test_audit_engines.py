"""Both engines of an audit write the same bytes; and an engine that cannot be used, hangs or dies is told of and stops nothing else."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from compiler import audit, audit_engines, audit_workers
from compiler.audit import Options, audit_file, conversation
from compiler.audit_engines import EngineName
from compiler.audit_input import Case, day
from compiler.audit_workers import EngineError, Workers
from compiler.build import Builder, Release
from compiler.matcher.conversation import Turn
from tests.engine.test_differential import Generator, literals

ROOT = Path(__file__).parents[2]
EXTENSION = ROOT / "extension"
RULEBOOKS = int(os.environ.get("REPLYGUARD_DIFFERENTIAL", "60")) // 10
CONVERSATIONS = 400
ENTITIES = [
    "<number>",
    "<money>",
    "<phone>",
    "<qq_number>",
    "<wechat_id>",
    "<url>",
    "<email>",
    "<address>",
    "<id_card>",
]
HOLDING = [
    "共3件", "三块五", "￥99", "微信号abc_123", "vx:xiaomei88", "qq 1234567", "扣扣一二三四五六七", "www.x.cn", "a@b.com",
    "138 0013 8000", "零壹叁捌零零壹叁捌零零零", "浙江省杭州市西湖区文三路1号", "11010519491231002X", "加 v . 信", "微~信", "😀",
]  # fmt: skip
TIMES = ["", "2026-01-31 23:59", "2026/2/1", "2026-02-15T10:00:00", "20260301", "2026年3月2日", "1774000000"]
RULES = """\
topic: contact
title: 站外联系
rules:
  - {id: contact.wechat, title: 不得加微信, level: block, find: [加微信], bad: [〔加微信〕吧]}
"""


@pytest.fixture(scope="module", autouse=True)
def script() -> None:
    """The engine's script, built anew when a source is newer."""
    target = audit_engines.SCRIPT
    sources = [p for folder in ("audit", "engine") for p in (EXTENSION / "src" / folder).rglob("*.ts")]
    if not target.exists() or target.stat().st_mtime < max(p.stat().st_mtime for p in sources):
        subprocess.run([shutil.which("node") or "node", "build.mjs"], cwd=EXTENSION, check=True)


@pytest.fixture
def release(tmp_path: Path) -> Release:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "contact.yaml").write_text(RULES, encoding="utf-8")
    release = Builder(tmp_path / "rules").build().release
    assert release is not None
    return release


def cases(count: int) -> list[Case]:
    return [Case(str(n), f"{n} 加微信" if n % 3 else "您好") for n in range(count)]


def workers(engine: EngineName, release: Release, jobs: int = 1) -> Workers:
    return Workers(engine, release.bundle, release.automaton, jobs)


def audited(release: Release, path: Path, engine: EngineName | None, jobs: int = 1, form: str = "jsonl") -> bytes:
    out = path.with_suffix(f".{engine}.{form}")
    assert audit_file(release, Options(path, form, out, None, "zh", jobs=jobs, engine=engine)) == 0
    return out.read_bytes()


# --- the same findings ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def own() -> Release:
    release = Builder(ROOT / "rules").build(examples=False).release
    assert release is not None
    return release


def test_the_projects_rulebook_on_its_labelled_conversations(tmp_path: Path, own: Release) -> None:
    path = Path(shutil.copy(ROOT / "tests" / "eval" / "cases.jsonl", tmp_path))
    found = audited(own, path, "v8")
    assert found == audited(own, path, "python")
    assert found.count(b'"rule"') > 5_000


def test_emoji_dates_and_an_export_as_shops_have_it(tmp_path: Path, own: Release) -> None:
    path = tmp_path / "chat.csv"
    lines = (ROOT / "tests" / "eval" / "heldout.jsonl").read_text(encoding="utf-8").splitlines()
    rows = ["会话,角色,时间,平台,类目,内容"]
    for n, line in enumerate(lines):
        talk = json.loads(line)
        said = [*((turn["role"], turn["text"]) for turn in talk["turns"]), ("agent", talk["reply"])]
        where = f"{TIMES[n % len(TIMES)]},{('tmall', 'jd', 'pdd', '')[n % 4]},{('food', '')[n % 2]}"
        for role, text in said:
            lively = "👍" + text.replace("，", "😊🤝").replace('"', "”") if n % 3 else text.replace('"', "”")
            rows.append(f'{n // 7},{role},{where},"{lively}"')
    path.write_text("\n".join(rows), encoding="utf-8")
    assert audited(own, path, "v8", form="table") == audited(own, path, "python", form="table")


class AuditGenerator(Generator):
    """More of what differs between the languages of the engines, and of what an export adds to a conversation."""

    def piece(self) -> str:
        return self.random.choice(ENTITIES) if self.chance(0.15) else super().piece()

    def rule(self, n: int) -> dict[str, Any]:
        rule = super().rule(n)
        if "find" not in rule and self.chance(0.7):  # absence: what must be said once it was asked
            rule["unless"] = self.words(1, 3)
        if self.chance(0.2):
            rule["categories"] = [self.random.choice(["food", "adult"])]
        if rule["level"] == "remind":
            rule["follow_up"] = {"do": "备注", "within": "今天"}
        return rule

    def overlay(self, rulebook: dict[str, Any]) -> dict[str, Any]:
        changed = self.random.choice(rulebook["rules"])["id"]
        return {
            "topic": "own",
            "rules": [{**self.rule(0), "id": "own.0"}],
            "set": {changed: {"level": self.random.choice(["block", "warn", "hint"])}},
            "allow": [{"text": self.word(), "reason": "ours"}],
        }

    def text(self, near: list[str]) -> str:
        text = super().text(near)
        return text + self.random.choice(HOLDING) if self.chance(0.3) else text

    def case(self, n: int, near: list[str]) -> dict[str, Any]:
        case = self.conversation(near)
        del case["date"]
        category = self.random.choice(["", "food", "adult"])
        return {**case, "id": str(n), "category": category, "time": self.random.choice(TIMES)}


def test_random_rulebooks(tmp_path: Path) -> None:
    seen: Counter[str] = Counter()

    @settings(max_examples=max(RULEBOOKS, 1), deadline=None, database=None, phases=(Phase.generate,), derandomize=False)
    @given(st.integers(0, 2**62))
    def run(seed: int) -> None:
        generator = AuditGenerator(seed)
        rulebook = generator.rulebook()
        rules = tmp_path / "rules"
        (rules / "shops").mkdir(parents=True, exist_ok=True)
        (rules / "rules.yaml").write_bytes(msgspec.json.encode(rulebook))  # JSON is YAML
        (rules / "rulebook.yaml").write_bytes(
            msgspec.json.encode({"name": "random", "channels": [{"id": "plain"}, {"id": "shop", "overlay": "shop"}]})
        )
        (rules / "shops" / "shop.yaml").write_bytes(msgspec.json.encode(generator.overlay(rulebook)))
        near = literals(rulebook)
        for channel in ("plain", "shop"):
            release = Builder(rules).build(channel, examples=False).release
            seen[f"{channel} {release is not None}"] += 1
            if release is None:  # an idle phrase, say: the compiler's own tests are about those
                continue
            path = tmp_path / "chats.jsonl"
            lines = [msgspec.json.encode(generator.case(n, near)) for n in range(CONVERSATIONS)]
            path.write_bytes(b"\n".join(lines))
            found = audited(release, path, "v8")
            assert found == audited(release, path, "python")
            seen["findings"] += found.count(b'"rule"')

    run()
    # A run in which little happened would prove little.
    assert seen["plain True"] + seen["shop True"] > RULEBOOKS
    assert seen["findings"] > 20 * RULEBOOKS, seen


@pytest.mark.parametrize("engine", ["v8", "python"])
def test_draft_rules_are_found_and_not_told(tmp_path: Path, release: Release, engine: EngineName) -> None:
    (tmp_path / "rules" / "contact.yaml").write_text(RULES.replace("level:", "status: draft, level:"), encoding="utf-8")
    draft = Builder(tmp_path / "rules").build().release
    assert draft is not None
    with workers(engine, draft) as checking:
        ((_, (finding,)),) = checking.check([[Case("1", "加微信")]], conversation)
    assert finding.silent
    path = tmp_path / "a.jsonl"
    path.write_text('{"id":"1","reply":"加微信"}', encoding="utf-8")
    assert audited(draft, path, engine) == b'{"id":"1","findings":[]}\n'


def test_what_no_engine_looks_at_is_not_sent() -> None:
    turns = [Turn("agent", "1"), Turn("buyer", "2"), Turn("robot", "3"), Turn("buyer", "4"), Turn("agent", "5")]
    case = Case("1", "6", turns=tuple(turns), time="2026/1/2 10:00")
    seen = conversation(case, "jd", "food")
    assert [turn.text for turn in seen.turns] == ["2", "4", "5"]
    assert (seen.platform, seen.category, seen.date) == ("jd", "food", day(case.time))
    case.turns = (*turns, Turn("robot", "7"))
    assert [turn.text for turn in conversation(case).turns] == ["2", "4"]


# --- processes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_the_order_is_kept(release: Release, jobs: int) -> None:
    batches = [[Case(f"{n}.{m}", "加微信" * m) for m in range(n % 5)] for n in range(30)]
    with workers("v8", release, jobs) as checking:
        found = list(checking.check(batches, conversation))
    assert [case.id for case, _ in found] == [case.id for batch in batches for case in batch]
    assert all(len(findings) == case.reply.count("加微信") for case, findings in found)


def test_what_was_read_before_a_fault_is_checked(release: Release) -> None:
    def batches() -> Iterator[list[Case]]:
        yield cases(3)
        raise ValueError("line 4")

    with workers("v8", release) as checking:
        found = checking.check(batches(), conversation)
        assert [case.id for case, _ in (next(found), next(found), next(found))] == ["0", "1", "2"]
        with pytest.raises(ValueError, match="line 4"):
            next(found)


def child() -> int:
    (process,) = multiprocessing.active_children()
    assert process.pid is not None
    return process.pid


def after_one(do: Any) -> Iterator[list[Case]]:
    yield cases(3)
    do()
    yield cases(3)


@pytest.mark.parametrize("engine", ["v8", "python"])
def test_an_engine_that_dies_is_told_of(release: Release, engine: EngineName) -> None:
    with workers(engine, release) as checking, pytest.raises(EngineError, match="ended: SIGKILL"):
        list(checking.check(after_one(lambda: os.kill(child(), signal.SIGKILL)), conversation))
    assert not multiprocessing.active_children()


def test_an_engine_that_hangs_is_told_of(release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang() -> None:
        os.kill(child(), signal.SIGSTOP)
        monkeypatch.setattr(audit_workers, "_PATIENCE", 0.0)

    with workers("v8", release) as checking, pytest.raises(EngineError, match="no answer for 0 s"):
        list(checking.check(after_one(hang), conversation))
    assert not multiprocessing.active_children()


def test_an_engine_that_fails_says_why_in_a_line(release: Release) -> None:
    with pytest.raises(EngineError, match=r"^JSEvalException: .*ReleaseError: bundle: \S+ is off$"):
        Workers("v8", b"{}", release.automaton, 1)
    with pytest.raises(EngineError, match=r"^ReleaseError: "):
        Workers("python", b"{}", release.automaton, 2)
    assert not multiprocessing.active_children()


def test_the_audit_ends_with_what_the_engine_died_of(
    tmp_path: Path, release: Release, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def dying(read: Iterable[Case]) -> Iterator[list[Case]]:
        return after_one(lambda: os.kill(child(), signal.SIGKILL))

    monkeypatch.setattr(audit, "batches", dying)
    path = tmp_path / "a.jsonl"
    path.touch()
    assert audit_file(release, Options(path, "jsonl", tmp_path / "out.jsonl", None, "zh")) == 1
    assert (
        capsys.readouterr().err
        == "replyguard: 检查引擎出错：进程结束了 / its process ended: SIGKILL · --engine python ?\n"
    )


@pytest.mark.parametrize("missing", ["mini-racer", "script"])
def test_without_v8_the_python_engine_checks(
    missing: str, tmp_path: Path, release: Release, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\n".join(map(msgspec.json.encode, cases(2_500))))
    found = audited(release, path, "v8")
    capsys.readouterr()
    if missing == "script":
        monkeypatch.setattr(audit_engines, "SCRIPT", tmp_path / "engine.js")
        hint = "cd extension && node build.mjs"
    else:
        monkeypatch.setattr(audit_engines, "find_spec", lambda name: None)
        hint = "pip install mini-racer"
    assert audited(release, path, None, jobs=2) == found
    told = [line for line in capsys.readouterr().err.splitlines() if "V8" in line]
    assert told == [f"replyguard: V8 用不了（{hint}），改用 Python 引擎，要慢好几倍"]
    assert audit_file(release, Options(path, "jsonl", path.with_suffix(".out"), None, "en", engine="v8")) == 1
    assert hint in capsys.readouterr().err


def test_ctrl_c_ends_it_at_once(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "contact.yaml").write_text(RULES, encoding="utf-8")
    chats = tmp_path / "chats.jsonl"
    os.mkfifo(chats)  # a file that never ends
    command = [
        sys.executable,
        "-m",
        "server.cli",
        "audit",
        str(chats),
        "--rules",
        str(tmp_path / "rules"),
        "--jobs",
        "2",
    ]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    with process, chats.open("w", encoding="utf-8") as file:
        assert process.stdout is not None
        # The answer to the first thousand comes once the third is read, and fits into a pipe.
        file.writelines(f'{{"id":"{n}","reply":"您好"}}\n' for n in range(3_000))
        file.flush()
        assert process.stdout.readline().startswith('{"id":"0"')
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of them
        _, err = process.communicate()  # ends when nobody has the pipes any more, the workers neither
    assert process.returncode == 130
    assert err == ""
