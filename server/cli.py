"""The `replyguard` command: the compiler's subcommands, and `serve` and the data directory's beside them."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path

import msgspec

from . import commands
from .keys import KeyringError, grouped
from .store import Conflict, StoreError


def main(argv: list[str] | None = None) -> int:
    from compiler.cli import build_parser

    parser, subparsers = build_parser()
    add_commands(subparsers)
    arguments = parser.parse_args(argv)
    try:
        if owner := _owner(getattr(arguments, "data", Path("/nowhere"))):
            print(
                f"{arguments.data} 属于 {owner}：请用 sudo -u {owner} 运行，否则服务会读不到这里写下的文件",
                file=sys.stderr,
            )
            return 1
        return int(arguments.run(arguments) or 0)
    except KeyringError as error:
        print(f"密钥：{error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # `… | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (Conflict, StoreError, LookupError, OSError, msgspec.DecodeError) as error:
        print(f"没有完成：{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def add_commands(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    serve = subparsers.add_parser("serve", help="监视规则、签名发布，并提供网页")
    serve.add_argument("--rules", type=Path, default=Path("rules"), help="规则目录")
    serve.add_argument("--data", type=Path, default=Path("data"), help="密钥和发布记录的目录")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8765)
    serve.add_argument(
        "--public-url", default="", help="浏览器看到的地址（在反向代理后面时），如 https://rules.example.cn"
    )
    serve.add_argument("--allow-host", action="append", default=[], metavar="HOST:PORT", help="另外接受的 Host")
    serve.add_argument("--channel", action="append", default=[], help="保存后自动发布到的频道，可多次；默认见文档")
    serve.add_argument("--poll", action="store_true", help="轮询文件（网络盘、Docker 挂载）")
    commands.add_cluster(serve)
    serve.add_argument("--require-token", action="store_true", help="读取规则也需要令牌")
    serve.add_argument("--local-author", action="store_true", help="本机浏览器不用令牌就能在 /author 编写和发布规则")
    serve.add_argument("--git-commit", action="store_true", help="在 /author 发布后提交到规则目录的 git")
    serve.set_defaults(run=run_serve)
    commands.add(subparsers)


def run_serve(arguments: argparse.Namespace) -> int:
    from compiler.build import Builder

    from .app import Options, Service
    from .guard import host_names
    from .serve import bind, run

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("replyguard").setLevel(logging.INFO)
    if arguments.local_author and (arguments.public_url or arguments.host not in ("127.0.0.1", "::1", "localhost")):
        print("--local-author 只用于本机：不能与 --public-url 或对外的 --host 一起用", file=sys.stderr)
        return 1
    try:
        listener = bind(arguments.host, arguments.port)
    except OSError as error:
        print(f"端口 {arguments.port} 用不了：{error.strerror}。换一个：--port 8766", file=sys.stderr)
        return 1
    port = listener.getsockname()[1]
    hosts = host_names(arguments.host, port, arguments.public_url, arguments.allow_host)
    options = Options(
        rules=arguments.rules,
        data=arguments.data,
        hosts=frozenset(hosts),
        public_url=arguments.public_url,
        follow=tuple(arguments.channel),
        polling=arguments.poll,
        require_token=arguments.require_token,
        local_author=arguments.local_author,
        git_commit=arguments.git_commit,
    )
    try:
        service = Service(options, Builder(arguments.rules), store=commands.store_of(arguments))
    except OSError as error:
        print(f"数据目录用不了：{error}", file=sys.stderr)
        return 1
    base = (
        arguments.public_url.rstrip("/")
        or f"http://{'127.0.0.1' if arguments.host == '0.0.0.0' else arguments.host}:{port}"
    )
    active = next(k for k in service.keyring.keys if k.role == "active")
    print(
        f"ReplyGuard 高压线 已启动\n"
        f"  开始页    {base}/\n"
        f"  演示      {base}/demo     （不用安装，打开就能试）\n"
        f"  安装扩展  {base}/install\n"
        f"  规则目录  {arguments.rules.resolve()}  （保存即生效）\n"
        f"  签名指纹  {grouped(active.fingerprint)}\n"
        f"按 Ctrl+C 停止",
        flush=True,
    )
    run(service, listener)
    return 0


def _owner(data: Path) -> str:
    """Whose the data directory is, when root is about to write into it; "" otherwise.

    The server could not read what root writes there: a keyring changed so would stop it from signing.
    """
    if getattr(os, "geteuid", lambda: -1)() != 0 or not data.exists() or data.stat().st_uid == 0:
        return ""
    try:
        return data.owner()
    except KeyError:  # a number without a name, as in containers
        return f"#{data.stat().st_uid}"


if __name__ == "__main__":
    sys.exit(main())
