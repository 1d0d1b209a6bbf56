"""`python -m bot.testing.kubernetes --folder DIR`: prints where a simulated cluster is to be found, and is it."""

from __future__ import annotations

import argparse
import asyncio
import signal
import socket
import sys
from pathlib import Path

from aiohttp import web

from bot.testing.kubernetes.access import ADMIN_TOKEN
from bot.testing.kubernetes.cluster import Cluster
from bot.testing.kubernetes.controllers import controllers
from bot.testing.kubernetes.identity import certified, kubeconfig
from bot.testing.kubernetes.knobs import Knobs
from bot.testing.kubernetes.schema import Schema
from bot.testing.kubernetes.server import Server


def main(argv: list[str]) -> int:
    """Starts the server; it prints the address of the API, then that of the knobs, once it answers at both."""
    parser = argparse.ArgumentParser(
        prog="python -m bot.testing.kubernetes", description="A simulated Kubernetes API server, for tests."
    )
    parser.add_argument("--port", type=int, default=0, help="of the API; 0: any that is free")
    parser.add_argument("--knobs-port", type=int, default=0, help="of /_sim; 0: any that is free")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--folder", type=Path, required=True, help="where it writes kubeconfig and ca.crt")
    given = parser.parse_args(argv)
    given.folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(_serve(given.host, given.port, given.knobs_port, given.folder))
    return 0


async def _serve(host: str, port: int, knobs_port: int, folder: Path) -> None:
    cluster = Cluster(Schema.installed(), controllers())
    server = Server(cluster)
    tls = certified(folder, host)
    runners = [web.AppRunner(made, access_log=None) for made in (server.application(), Knobs(cluster).application())]
    with (
        socket.create_server((host, port), backlog=256) as api,
        socket.create_server((host, knobs_port), backlog=64) as knobs,
    ):
        for runner in runners:
            await runner.setup()
        await web.SockSite(runners[0], api, ssl_context=tls, shutdown_timeout=1).start()
        await web.SockSite(runners[1], knobs, shutdown_timeout=1).start()
        url = f"https://{host}:{api.getsockname()[1]}"
        kubeconfig(folder, url, ADMIN_TOKEN)
        sys.stdout.write(f"{url}\nhttp://{host}:{knobs.getsockname()[1]}\n")
        sys.stdout.flush()
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for one in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(one, stop.set)
        alive = asyncio.create_task(cluster.live())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({alive, stopping}, return_when=asyncio.FIRST_COMPLETED)
        server.stopping = True
        cluster.store.wake()
        alive.cancel()
        for runner in runners:
            await runner.cleanup()
    if not stop.is_set():
        await alive  # it never ends by itself: this raises what ended it


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
