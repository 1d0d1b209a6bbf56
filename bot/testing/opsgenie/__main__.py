"""`python -m bot.testing.opsgenie --port 0`: prints the address of a simulated Opsgenie, and is it."""

from __future__ import annotations

import sys

from bot.testing.opsgenie.server import application
from bot.testing.wire import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], "bot.testing.opsgenie", application))
