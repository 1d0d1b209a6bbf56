"""python -m tests.kill.launcher CONFIG BOUNDARY MARKER: the real Tocsin, which stands still at a boundary.

It makes the file MARKER when it is there, and goes on when somebody removes it.
"""

import sys
from pathlib import Path

from bot.app.serve import main
from tests.kill.watched import watching

if __name__ == "__main__":
    config, boundary, marker = sys.argv[1:]
    sys.exit(main(Path(config), lambda line: print(line, flush=True), open_a_store=watching(boundary, Path(marker))))
