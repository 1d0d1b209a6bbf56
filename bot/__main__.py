"""`python -m bot`: the same as the command `tocsin`."""

import sys

from bot.cli.main import main

sys.exit(main())
