"""One telling of the demo, run as a person runs it, and what it leaves behind."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil

from tests.house.tree import ROOT

DEMO = ROOT / "deploy" / "demo" / "demo.py"


class Telling:
    """A running demo whose words go to a file."""

    def __init__(self, folder: Path, prometheus: str, *flags: str, stdin: int = subprocess.DEVNULL) -> None:
        self.folder = folder / "out"
        self._words = folder / "words"
        command = [sys.executable, str(DEMO), "--out", str(self.folder), "--prometheus", prometheus, *flags]
        with self._words.open("wb") as words:
            self._process = subprocess.Popen(
                command, stdin=stdin, stdout=words, stderr=subprocess.STDOUT, start_new_session=True
            )
        self.pid = self._process.pid

    def __enter__(self) -> "Telling":
        return self

    def __exit__(self, *_: object) -> None:
        """A test that failed half-way leaves nothing running either."""
        if self._process.poll() is None:
            os.killpg(self.pid, signal.SIGTERM)
            self._process.wait(30)

    @property
    def words(self) -> str:
        """All it has said so far."""
        return self._words.read_text()

    def says(self, text: str, *, within: float) -> None:
        """Returns once it has said this; fails when it ends, or the seconds are over, before."""
        deadline = time.monotonic() + within
        while text not in self.words:
            assert self._process.poll() is None, f"it ended before it said {text!r}:\n{self.words}"
            assert time.monotonic() < deadline, f"it did not say {text!r} within {within} s:\n{self.words}"
            time.sleep(0.1)

    def ends(self, *, within: float) -> int:
        """Its exit code."""
        return self._process.wait(within)

    def send(self, number: signal.Signals) -> None:
        """Sends the demo itself a signal."""
        self._process.send_signal(number)

    def tocsin(self) -> int:
        """The process id of its Tocsin."""
        said = re.search(r"Tocsin: \S+, process (\d+)", self.words)
        assert said, self.words
        return int(said[1])

    def shop_log(self) -> list[dict[str, Any]]:
        """What the release tool wrote down: who switched what, and when."""
        return [json.loads(line) for line in (self.folder / "shop" / "shop.log").read_text().splitlines()]

    def left_behind(self, *, within: float = 0.0) -> list[str]:
        """Command lines of processes that still work in its folder, after giving them some seconds to end."""
        deadline = time.monotonic() + within
        while (found := self._living()) and time.monotonic() < deadline:
            time.sleep(0.1)
        return found

    def _living(self) -> list[str]:
        lines = (" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"]))
        return [line for line in lines if str(self.folder) in line]
