"""Running the service under uvicorn: deadlines, caps and a shutdown that does not wait for streams."""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import socket

import uvicorn

from .app import Service
from .connection import Limits, guarded

log = logging.getLogger("replyguard")


BACKLOG = 4096
"""Connections that wait to be accepted."""


class HttpServer(uvicorn.Server):
    """uvicorn waits for open streams at shutdown, for ever; the hub ends them first."""

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self._service = service

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._service.hub.close()
        await super().shutdown(sockets)


def http_server(service: Service, limits: Limits | None = None) -> HttpServer:
    """Not yet bound: call `serve(sockets=[…])`."""
    config = uvicorn.Config(
        service.app,
        http=guarded(limits or Limits()),  # type: ignore[arg-type]
        loop="uvloop" if importlib.util.find_spec("uvloop") else "asyncio",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,  # addresses of agents' browsers are nobody's business
        server_header=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=3,
        backlog=BACKLOG,
        proxy_headers=False,
    )
    return HttpServer(config, service)


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens: who comes before the service is up waits, and is not refused. Raises OSError when the port
    is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Accepted sockets inherit it. Without it the body of a small answer waits 40 ms for the ACK of its head.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.bind((host, port))
    listener.listen(BACKLOG)
    listener.set_inheritable(False)
    return listener


def run(service: Service, listener: socket.socket) -> None:
    """Until SIGINT or SIGTERM."""
    server = http_server(service)
    factory = server.config.get_loop_factory()
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(server.serve(sockets=[listener]))
