"""A simulated vendor in a process of its own, and what only a test may do with it."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Sequence
from typing import Any, Self


class Vendor:
    """Runs inside `with`; `module` is the simulator's. With a certificate and its key it speaks HTTPS."""

    def __init__(self, module: str, *tls: str) -> None:
        self._module = module
        self._tls = ["--certificate", tls[0], "--key", tls[1]] if tls else []
        self._seen = 0

    def __enter__(self) -> Self:
        argv = [sys.executable, "-m", self._module, "--port", "0", *self._tls]
        self._process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        assert self.url, "it did not start"
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(10)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def begins(self) -> None:
        """A new test: what was asked before is not its business, and nothing goes wrong."""
        self.mended()
        self.knob("PUT", "account", {"forgotten": True})
        self.knob("PUT", "webhooks", {"forgotten": True})
        self._seen = len(self.knob("GET", "journal"))

    def breaks(self, *faults: dict[str, object]) -> None:
        """What goes wrong from now on; see `bot.testing.wire.Fault`."""
        self.knob("PUT", "faults", {"faults": list(faults)})

    def mended(self) -> None:
        """Nothing goes wrong any more."""
        self.knob("DELETE", "faults")

    def asked(self, path: str = "/") -> Sequence[dict[str, Any]]:
        """Every request of this test to such paths, in order."""
        lines = self.knob("GET", f"journal?since={self._seen}")
        return [line for line in lines if line["path"].startswith(path)]

    def knob(self, method: str, path: str, body: object = None) -> Any:
        """What no vendor has."""
        return self._ask(method, f"simulator/{path}", body, {})

    def _ask(self, method: str, path: str, body: object, headers: dict[str, str]) -> Any:
        request = urllib.request.Request(
            f"{self.url}/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"content-type": "application/json", **headers},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)
