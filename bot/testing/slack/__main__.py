"""`python -m bot.testing.slack --port 0`: prints the address of a simulated Slack, and is it."""

from __future__ import annotations

import sys

from bot.testing.slack.server import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
