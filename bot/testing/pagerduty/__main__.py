"""`python -m bot.testing.pagerduty --port 0`: prints the address of a simulated PagerDuty, and is it."""

from __future__ import annotations

import sys

from bot.testing.pagerduty.server import application
from bot.testing.wire import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], "bot.testing.pagerduty", application))
