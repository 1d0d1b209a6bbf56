"""`python -m bot.testing.splunk --port 0`: prints the address of a simulated Splunk server, and is it."""

from __future__ import annotations

import argparse
import socket
import sys
from pathlib import Path

from bot.testing.splunk.knobs import Load, index
from bot.testing.splunk.server import serve
from bot.testing.splunk.settings import Settings
from bot.testing.splunk.simulator import Simulator


def main(argv: list[str]) -> int:
    """Starts the server."""
    parser = argparse.ArgumentParser(
        prog="python -m bot.testing.splunk", description="A simulated Splunk server, for tests."
    )
    parser.add_argument("--port", type=int, default=8089, help="0: any that is free")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--settings", type=Path, help="JSON: accounts, tokens, apps, macros, limits")
    parser.add_argument("--events", type=Path, help='JSON: {"events": [{"raw": "...", "time": 1700000000}]}')
    given = parser.parse_args(argv)
    simulator = Simulator(Settings.model_validate_json(given.settings.read_text()) if given.settings else None)
    if given.events:
        index(simulator.events, Load.model_validate_json(given.events.read_text()).events)
    with socket.create_server((given.host, given.port), backlog=256) as listening:
        host, port = listening.getsockname()[:2]
        sys.stdout.write(f"http://{host}:{port}\n")
        sys.stdout.flush()
        serve(simulator, listening)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
