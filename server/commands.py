"""Commands on a data directory, beside a running server or without one: keys, tokens, publish, revert, history, trail.

A server that runs on the same directory takes a new release over within seconds, keys and tokens at once.
"""

from __future__ import annotations

import argparse
import asyncio
import getpass
import json
import os
import sys
from pathlib import Path

from . import crx, retention
from .artifacts import Artifacts
from .audit import Audit
from .auth import ROLES, Tokens
from .builds import MAX_SHRINK
from .changes import ChangeLog
from .current import Note
from .enrolment import code, default_channel
from .files import write_atomic
from .keys import Keyring, grouped
from .push import Hub
from .releases import Releases
from .retention import KEEP
from .store import DirStore, Store

EXTENSION = Path(__file__).parent.parent / "extension" / "dist"
KEY_ROLES = {"active": "签名中", "standby": "备用", "revoked": "已吊销"}
KINDS = {"publish": "发布", "revert": "回退", "rollout": "灰度"}


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    keys = subparsers.add_parser("keys", help="签名密钥：list new rotate revoke threshold epoch")
    actions = keys.add_subparsers(dest="action", required=True)
    for name, text in (
        ("list", "列出密钥和指纹"),
        ("new", "加一把备用密钥"),
        ("rotate", "备用密钥开始签名，并生成新的备用密钥"),
        ("revoke", "吊销一把密钥"),
        ("threshold", "客户端要求几个不同的签名"),
        ("epoch", "恢复旧备份之后：让新发布的版本高于以前所有版本"),
    ):
        action = _with_data(actions.add_parser(name, help=text))
        if name == "revoke":
            action.add_argument("keyid")
        if name == "threshold":
            action.add_argument("count", type=int)
    keys.set_defaults(run=run_keys)

    tokens = subparsers.add_parser("tokens", help="访问令牌：list new revoke")
    actions = tokens.add_subparsers(dest="action", required=True)
    _with_data(actions.add_parser("list", help="列出令牌"))
    new = _with_data(actions.add_parser("new", help="发一个令牌（只显示一次）"))
    new.add_argument("--role", choices=ROLES, required=True)
    new.add_argument("--name", required=True, help="谁用")
    new.add_argument("--channel", action="append", default=[], help="只能用于这些频道")
    new.add_argument("--days", type=int, default=90, help="有效天数")
    revoke = _with_data(actions.add_parser("revoke", help="吊销令牌"))
    revoke.add_argument("id")
    tokens.set_defaults(run=run_tokens)

    publish = _with_store(subparsers.add_parser("publish", help="编译并发布到一个频道"))
    publish.add_argument("rules", type=Path, nargs="?", default=Path("rules"))
    publish.add_argument("--channel", default="", help="默认是第一个频道")
    publish.add_argument(
        "--percent", type=int, choices=range(101), metavar="0-100", help="灰度百分比；默认按 rulebook.yaml 的 rollout"
    )
    publish.add_argument("--accept-shrink", action="store_true", help="规则少了五分之一以上也发布")
    publish.add_argument("--comment", default="")
    publish.set_defaults(run=run_publish)

    history = _with_store(subparsers.add_parser("history", help="一个频道的发布记录"))
    history.add_argument("channel")
    history.set_defaults(run=run_history)

    back = _with_store(subparsers.add_parser("revert", help="把旧版本的内容作为新版本发布"))
    back.add_argument("channel")
    back.add_argument("version", type=int)
    back.add_argument("--comment", default="")
    back.set_defaults(run=run_revert)

    pack = _with_store(subparsers.add_parser("pack", help="打包扩展，供 Chrome、Edge 的企业策略自动安装"))
    pack.add_argument("--server", required=True, help="浏览器看到的地址，如 https://rules.example.cn")
    pack.add_argument("--channel", default="", help="绑定到哪个频道；默认 stable 或 default")
    pack.add_argument("--extension", type=Path, default=EXTENSION, help="构建好的扩展目录")
    pack.set_defaults(run=run_pack)

    prune = _with_store(subparsers.add_parser("prune", help="删除不再需要的旧版本（服务每天自己做一次）"))
    prune.add_argument("--keep", type=int, default=KEEP, help=f"每个频道保留最近几个版本，默认 {KEEP}")
    prune.set_defaults(run=run_prune)

    trail = _with_data(subparsers.add_parser("trail", help="谁做了什么；检查记录有没有被改过"))
    trail.set_defaults(run=run_trail)


def run_keys(arguments: argparse.Namespace) -> int:
    keyring = Keyring(arguments.data / "keys")
    match arguments.action:
        case "new":
            done = f"新备用密钥 {keyring.new().keyid}"
        case "rotate":
            done = f"{keyring.rotate().keyid} 开始签名；旧密钥继续签名，确认浏览器都更新后用 keys revoke 吊销"
        case "revoke":
            done = f"已吊销 {keyring.revoke(arguments.keyid).keyid}；运行中的服务在一分钟内改用新的信任列表"
        case "threshold":
            keyring.set_threshold(arguments.count)
            done = f"现在需要 {arguments.count} 个不同的签名"
        case "epoch":
            done = f"现在是第 {keyring.raise_epoch()} 纪元"
        case _:
            done = ""
    trust = keyring.trust
    if done:
        _trail(arguments).record(_who(), f"keys {arguments.action}", trust=trust.version)
        print(done)
    print(f"信任版本 {trust.version} · 门限 {trust.threshold} · 纪元 {keyring.epoch} · 服务器 {keyring.server}")
    for key in keyring.keys:
        print(f"  {key.keyid}  {KEY_ROLES[key.role]}  {key.created}\n    {grouped(key.fingerprint)}")
    return 0


def run_tokens(arguments: argparse.Namespace) -> int:
    tokens = Tokens(arguments.data / "tokens.json")
    if arguments.action == "new":
        text = tokens.issue(arguments.role, arguments.name, arguments.channel, arguments.days)
        token = tokens.all()[-1]
        _trail(arguments).record(_who(), "tokens new", token=token.id, role=token.role, name=token.name)
        print(f"{text}\n（编号 {token.id},{token.expires} 到期；只显示这一次）")
        return 0
    if arguments.action == "revoke":
        if not tokens.revoke(arguments.id):
            print(f"没有令牌 {arguments.id}", file=sys.stderr)
            return 1
        _trail(arguments).record(_who(), "tokens revoke", token=arguments.id)
        print(f"已吊销 {arguments.id}")
    for token in tokens.all():
        print(
            f"  {token.id}  {token.role:9}  {token.name}  {' '.join(token.channels) or '全部频道'}  到期 {token.expires}"
        )
    return 0


def run_publish(arguments: argparse.Namespace) -> int:
    from compiler.build import Builder

    builder = Builder(arguments.rules)
    build = builder.build(arguments.channel)
    for diagnostic in build.diagnostics:
        print(diagnostic.render("zh"), file=sys.stderr)
    channels = {c.id: c.rollout for c in builder.channels()}
    channel = arguments.channel or next(iter(channels))
    if channel not in channels:
        raise LookupError(f"没有频道 {channel}(有 {' '.join(channels)})")
    percent = channels[channel] if arguments.percent is None else arguments.percent
    release = build.release
    if release is None:
        print("规则有错误，没有发布", file=sys.stderr)
        return 1

    async def work(releases: Releases) -> int:
        before = await releases.refresh(channel)
        was = before.manifest.rules if before else 0
        if release.rule_count < was * (1 - MAX_SHRINK) and not arguments.accept_shrink:
            print(f"规则从 {was} 条变成 {release.rule_count} 条；确认无误请加 --accept-shrink", file=sys.stderr)
            return 1
        note = Note("publish", author=_who(), comment=arguments.comment)
        current = await releases.publish(
            channel, release.bundle, release.automaton, release.rule_count, percent=percent, note=note
        )
        version = current.manifest.version
        _trail(arguments).record(_who(), "publish", channel=channel, version=version, percent=percent)
        print(f"{channel} 第 {version} 版，{current.manifest.rules} 条规则，{percent}%")
        return 0

    return _with_releases(arguments, work)


def run_revert(arguments: argparse.Namespace) -> int:
    async def work(releases: Releases) -> int:
        note = Note("revert", author=_who(), comment=arguments.comment)
        current = await releases.revert(arguments.channel, arguments.version, expected=None, note=note)
        version = current.manifest.version
        _trail(arguments).record(
            _who(), "revert", channel=arguments.channel, version=version, reverts=arguments.version
        )
        print(f"{arguments.channel} 第 {version} 版 = 第 {arguments.version} 版的内容")
        return 0

    return _with_releases(arguments, work)


def run_history(arguments: argparse.Namespace) -> int:
    async def work(releases: Releases) -> int:
        for manifest, note, changes in await releases.history(arguments.channel):
            print(
                f"第 {manifest.version} 版  {note.at}  {KINDS.get(note.kind, note.kind)}  {note.author}  {note.comment}"
            )
            for sign, rules in zip("+-~", (changes.added, changes.removed, changes.changed), strict=True):
                if rules:
                    print(f"    {sign} {' '.join(rules)}")
        return 0

    return _with_releases(arguments, work)


def run_pack(arguments: argparse.Namespace) -> int:
    if not (arguments.extension / "manifest.json").is_file():
        print("扩展还没有构建：请在项目目录运行 make build", file=sys.stderr)
        return 1
    folder = arguments.data / "extension"
    folder.mkdir(parents=True, exist_ok=True)
    key = crx.private_key(arguments.data / "keys" / "extension.pem")
    public = crx.public_bytes(key)
    identity = crx.extension_id(public)
    server = arguments.server.rstrip("/")
    version = json.loads((arguments.extension / "manifest.json").read_bytes())["version"]
    channel = arguments.channel or default_channel(dict.fromkeys(_published(arguments), ""))
    policy = crx.policy(identity, server, code(Keyring(arguments.data / "keys"), server, channel))
    write_atomic(folder / crx.CRX, crx.package(crx.zipped(arguments.extension, public, server), key))
    # Last: who reads the new version's number must find its package.
    write_atomic(folder / crx.UPDATES, crx.updates(identity, version, f"{server}/download/{crx.CRX}").encode())
    write_atomic(folder / crx.POLICY, json.dumps(policy, ensure_ascii=False, indent=2).encode())
    _trail(arguments).record(_who(), "pack", extension=identity, version=version)
    print(f"扩展 {identity} {version}，频道 {channel}：{folder / crx.CRX}\n企业策略：{folder / crx.POLICY}")
    return 0


def _published(arguments: argparse.Namespace) -> list[str]:
    async def channels() -> list[str]:
        store = store_of(arguments)
        try:
            return await store.channels()
        finally:
            await store.close()

    return asyncio.run(channels())


def run_prune(arguments: argparse.Namespace) -> int:
    async def work(releases: Releases) -> int:
        done = await retention.prune(releases.store, max(arguments.keep, 1))
        print(f"删除了 {done.entries} 条旧记录和 {done.blobs} 份不再用到的内容")
        return 0

    return _with_releases(arguments, work)


def run_trail(arguments: argparse.Namespace) -> int:
    trail = _trail(arguments)
    for line in reversed(trail.read()):
        details = " ".join(f"{k}={v}" for k, v in line.items() if k not in ("at", "who", "action", "before"))
        print(f"{line['at']}  {line['who']}  {line['action']}  {details}")
    broken = trail.broken_at()
    print(f"记录在第 {broken} 行断开：有人改过或删过" if broken else "记录完整")
    return 1 if broken else 0


def _with_data(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("--data", type=Path, default=Path("data"), help="密钥和发布记录的目录")
    return parser


def _with_store(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    add_cluster(parser)
    return _with_data(parser)


def add_cluster(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--redis", default="", metavar="URL", help="多台机器：Redis 地址（或环境变量 REPLYGUARD_REDIS）"
    )
    parser.add_argument("--blobs", default="", metavar="URL", help="多台机器：对象存储，如 s3://bucket/replyguard")


def store_of(arguments: argparse.Namespace) -> Store:
    """The cluster's when Redis is named, as the servers on it have; else the one in the data directory."""
    redis_url = arguments.redis or os.environ.get("REPLYGUARD_REDIS", "")
    if not redis_url:
        return DirStore(arguments.data / "releases")
    from .store_redis import RedisStore

    return RedisStore(redis_url, arguments.blobs or (arguments.data / "objects").resolve().as_uri())


def _with_releases(arguments: argparse.Namespace, work) -> int:  # type: ignore[no-untyped-def]
    async def main() -> int:
        store = store_of(arguments)
        artifacts = Artifacts(store)
        log = ChangeLog(arguments.data / "changes", store)
        try:
            return int(await work(Releases(store, Keyring(arguments.data / "keys"), artifacts, Hub(), log)))
        finally:
            artifacts.close()
            log.close()
            await store.close()

    return asyncio.run(main())


def _trail(arguments: argparse.Namespace) -> Audit:
    return Audit(arguments.data / "audit.jsonl")


def _who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "cli"
