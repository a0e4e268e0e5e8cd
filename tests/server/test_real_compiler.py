"""The server and its commands with the real compiler: a rulebook of two rules."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import re
from pathlib import Path

import httpx
import pytest

from compiler.build import Builder
from compiler.bundle import decode
from server.app import Options, Service
from server.cli import main

from .conftest import DEADLINE, events, live

RULEBOOK = """
name: 试验
channels:
  - {id: dev, title: 试用}
  - {id: stable, title: 正式, follows: dev}
"""
TOPIC = """
topic: contact
title: 站外联系
defaults: {level: block}
rules:
  - id: contact.wechat
    title: 不得引导买家加微信
    find: [加微信]
    bad: [您〔加微信〕吧]
    good: [您好]
  - id: contact.phone
    title: 不得留电话
    find: [打我电话]
    bad: [您〔打我电话〕]
    good: [在的]
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    root = tmp_path / "rules"
    root.mkdir()
    (root / "rulebook.yaml").write_text(RULEBOOK)
    (root / "contact.yaml").write_text(TOPIC)
    return root


@pytest.mark.anyio
async def test_a_save_is_published_and_a_broken_one_is_explained(rules, tmp_path):
    service = Service(Options(rules=rules, data=tmp_path / "data", hosts=frozenset()), Builder(rules))
    async with live(service) as running, httpx.AsyncClient(base_url=running.url, timeout=DEADLINE) as client:
        await running.version(1, "dev")
        manifest = service.releases.current["dev"].manifest
        bundle = decode((await client.get(manifest.bundle.url)).content)
        assert [rule.id for rule in bundle.rules] == ["contact.wechat", "contact.phone"]
        assert bundle.channel == "dev"
        async with contextlib.aclosing(events(running.url, path="/v1/build/events")) as stream:
            (rules / "contact.yaml").write_text(TOPIC.replace("find: [加微信]", "fnd: [加微信]"))
            async with asyncio.timeout(DEADLINE):
                async for name, _, data in stream:
                    if name == "build" and json.loads(data)["state"] == "faulty":
                        break
        found = json.loads(data)["diagnostics"]
        assert any("contact.yaml:8:5" in d["text_zh"] and "find" in d["text_zh"] and "^" in d["text_zh"] for d in found)
        assert service.releases.current["dev"].manifest.version == 1
        for rubbish in (b"", b"\xff\xfe", "你好".encode("gbk"), b"[" * 5000, b"&a [" + b"*a," * 50000):
            (rules / "contact.yaml").write_bytes(rubbish)
            sequence = service.builds.state.sequence
            async with asyncio.timeout(DEADLINE):
                while service.builds.state.sequence == sequence:
                    await asyncio.sleep(0.01)
            assert service.releases.current["dev"].manifest.version == 1
        (rules / "contact.yaml").write_text(TOPIC.replace("不得留电话", "不得留手机"))
        await running.version(2, "dev")


def test_publish_history_revert_and_trail_by_command(rules, tmp_path, capsys):
    data = ["--data", str(tmp_path / "data")]
    assert main(["publish", str(rules), "--channel", "stable", "--comment", "第一次", *data]) == 0
    (rules / "contact.yaml").write_text(TOPIC.replace("find: [加微信]", "find: [加微信, 加v信]"))
    assert main(["publish", str(rules), "--channel", "stable", "--percent", "20", *data]) == 0
    one_rule = TOPIC[: TOPIC.index("  - id: contact.phone")]
    (rules / "contact.yaml").write_text(one_rule)
    assert main(["publish", str(rules), "--channel", "stable", *data]) == 1
    assert "2 条变成 1 条" in capsys.readouterr().err
    assert main(["publish", str(rules), "--channel", "stable", "--accept-shrink", *data]) == 0
    assert main(["revert", "stable", "1", "--comment", "改错了", *data]) == 0
    assert main(["revert", "stable", "9", *data]) == 1
    capsys.readouterr()
    assert main(["history", "stable", *data]) == 0
    text = capsys.readouterr().out
    assert re.findall(r"第 (\d) 版 .*?(发布|回退)", text) == [
        ("4", "回退"),
        ("3", "发布"),
        ("2", "发布"),
        ("1", "发布"),
    ]
    assert "+ contact.phone" in text
    assert "- contact.phone" in text
    assert "~ contact.wechat" in text
    assert main(["trail", *data]) == 0
    assert "记录完整" in capsys.readouterr().out


def test_by_command_too_the_percentage_is_that_of_the_rulebook(rules, tmp_path, capsys):
    (rules / "rulebook.yaml").write_text(RULEBOOK.replace("follows: dev", "follows: dev, rollout: 30"))
    for given, percent in (([], 30), (["--percent", "50"], 50)):
        assert main(["publish", str(rules), "--channel", "stable", *given, "--data", str(tmp_path / "data")]) == 0
        assert f"{percent}%" in capsys.readouterr().out


def test_what_cannot_be_published_is_said(rules, tmp_path, capsys):
    data = ["--data", str(tmp_path / "data")]
    assert main(["publish", str(rules), "--channel", "nowhere", *data]) == 1
    (rules / "contact.yaml").write_text(TOPIC.replace("[加微信]", "[加支付宝]"))
    assert main(["publish", str(rules), "--channel", "stable", *data]) == 1
    assert "contact.yaml" in capsys.readouterr().err
    assert not (tmp_path / "data/releases").exists()


def test_tokens_by_command(tmp_path, capsys):
    data = ["--data", str(tmp_path)]
    assert main(["tokens", "new", "--role", "publisher", "--name", "张三", "--channel", "stable", *data]) == 0
    text = capsys.readouterr().out
    token = re.search(r"rgp_[A-Za-z0-9_-]{43}", text).group()
    assert token not in "".join(p.read_text() for p in tmp_path.rglob("*") if p.is_file())
    assert main(["tokens", "list", *data]) == 0
    listed = capsys.readouterr().out
    assert "张三" in listed
    assert token not in listed
    identity = listed.split()[0]
    assert main(["tokens", "revoke", identity, *data]) == 0
    assert main(["tokens", "revoke", identity, *data]) == 1


@pytest.mark.anyio
async def test_a_start_publishes_nothing_that_is_only_numbered_otherwise(rules, tmp_path):
    options = Options(rules=rules, data=tmp_path / "data", hosts=frozenset())
    service = Service(options, Builder(rules))
    async with live(service) as running:
        await running.version(1, "dev")
        (rules / "contact.yaml").write_text(TOPIC.replace("find: [加微信]", "find: [加微信号, 加微信]"))
        await running.version(2, "dev")
    fresh = Builder(rules)
    release = fresh.build("dev").release
    assert release is not None
    published = service.releases.current["dev"].manifest
    assert hashlib.sha256(release.bundle).hexdigest() != published.bundle.sha256
    again = Service(options, fresh)
    async with live(again) as running:
        await running.version(2, "dev")
        async with asyncio.timeout(DEADLINE):
            while again.builds.state.sequence == 0:
                await asyncio.sleep(0.01)
        assert again.releases.current["dev"].manifest == published
        (rules / "contact.yaml").write_text(TOPIC)
        await running.version(3, "dev")
