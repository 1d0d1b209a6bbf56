"""The shop's release tool: says which release of a service runs, and switches it.

It knows nothing of Tocsin. Every attempt to switch, successful or not, is one JSON line in `shop.log`,
with the process that asked for it, so that afterwards nobody has to guess who changed the shop.

Exit codes: 0 done, or yes; 1 no (`check` only); 2 the request makes no sense (unknown service or version);
3 this release already runs, nothing was done; 4 refused, releases are frozen.
"""

from __future__ import annotations

import argparse
import fcntl
import getpass
import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn, TypedDict

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


class Switched(TypedDict):
    """One line of a service's history: when, from which release to which, and by which process."""

    at: str
    was: str | None
    now: str
    pid: int


class Ledger(TypedDict):
    """The file `releases/SERVICE.json`: what exists, what runs, and how it came to run."""

    service: str
    current: str
    releases: dict[str, dict[str, float]]
    history: list[Switched]


class Refused(Exception):
    """The tool will not do it; `code` is the exit code, the message says why."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """The shop's folder: `releases/`, `shop.log` and, while releases are frozen, `frozen`."""

    folder: Path

    def file(self, service: str) -> Path:
        """Where the ledger of one service lies; refuses a name that could leave the folder."""
        if not NAME.fullmatch(service):
            raise Refused(2, f"not the name of a service: {service!r}")
        return self.folder / "releases" / f"{service}.json"

    def ledger(self, service: str) -> Ledger:
        """Read the ledger of one service; raises Refused when the shop has no such service."""
        try:
            text = self.file(service).read_text()
        except FileNotFoundError:
            raise Refused(2, f"the shop has no service {service!r}") from None
        ledger: Ledger = json.loads(text)
        return ledger

    def found(self, service: str, releases: dict[str, dict[str, float]], current: str) -> None:
        """Open the ledger of a new service, which runs `current` from now on."""
        began = Switched(at=_now(), was=None, now=current, pid=os.getpid())
        self._write(Ledger(service=service, current=current, releases=releases, history=[began]))

    def switch(self, service: str, version: str) -> str:
        """Make `version` the running release; returns the one that ran before. Logs the attempt either way."""
        with self._locked():
            ledger = self.ledger(service)
            was = ledger["current"]
            try:
                self._allow(ledger, version)
            except Refused as refused:
                self._log(service, was, version, outcome="refused", why=str(refused))
                raise
            entry = Switched(at=_now(), was=was, now=version, pid=os.getpid())
            self._write({**ledger, "current": version, "history": [*ledger["history"], entry]})
            self._log(service, was, version, outcome="switched", why="")
        return was

    def previous(self, service: str) -> str:
        """The release that ran before the current one; raises Refused for a service that never changed."""
        was = self.ledger(service)["history"][-1]["was"]
        if was is None:
            raise Refused(2, f"{service} has only ever had one release")
        return was

    def freeze(self, why: str) -> None:
        """Refuse every switch from now on, and say why."""
        (self.folder / "frozen").write_text(why)

    def _allow(self, ledger: Ledger, version: str) -> None:
        frozen = self.folder / "frozen"
        if frozen.exists():
            raise Refused(4, f"releases are frozen: {frozen.read_text().strip()}")
        if version not in ledger["releases"]:
            known = ", ".join(sorted(ledger["releases"]))
            raise Refused(2, f"{ledger['service']} has no release {version!r}; it has {known}")
        if version == ledger["current"]:
            raise Refused(3, f"{ledger['service']} already runs {version}")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Two switches at once happen one after the other, so the second sees what the first did."""
        with (self.folder / "releases" / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _write(self, ledger: Ledger) -> None:
        """Replace the ledger in one move: a service reads either the old release or the new one."""
        path = self.file(ledger["service"])
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(ledger, indent=2) + "\n")
        draft.replace(path)

    def _log(self, service: str, was: str, to: str, *, outcome: str, why: str) -> None:
        line = {
            "at": _now(),
            "what": outcome,
            "service": service,
            "was": was,
            "to": to,
            "why": why,
            "who": getpass.getuser(),
            "pid": os.getpid(),
            "of": ancestors(),
            "argv": sys.argv,
        }
        with (self.folder / "shop.log").open("a") as log:
            log.write(json.dumps(line) + "\n")


def ancestors() -> list[int]:
    """The ids of the processes that this one comes from, the nearest first."""
    found = [os.getppid()]
    while found[-1] > 1:
        stat = Path(f"/proc/{found[-1]}/stat").read_text()
        found.append(int(stat.rpartition(")")[2].split()[1]))
    return found


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="release.py", description="Say which release of a service runs, and switch it."
    )
    parser.add_argument("--dir", type=Path, required=True, metavar="DIR", help="the shop's folder")
    words = parser.add_subparsers(dest="word", required=True, metavar="COMMAND")
    for word, help_text, more in (
        ("current", "print the release that runs", ()),
        ("previous", "print the release that ran before it", ()),
        ("history", "print every switch, the last one last, as JSON", ()),
        ("check", "exit 0 if this release runs, 1 if another one does", ("version",)),
        ("switch", "make this release the running one", ("version",)),
        ("undo", "go back to the release that ran before", ()),
    ):
        command = words.add_parser(word, help=help_text)
        command.add_argument("service")
        for name in more:
            command.add_argument(name)
    words.add_parser("freeze", help="refuse every switch from now on").add_argument("why")
    return parser


def _run(shop: Shop, asked: argparse.Namespace) -> int:
    match asked.word:
        case "current":
            print(shop.ledger(asked.service)["current"])
        case "previous":
            print(shop.previous(asked.service))
        case "history":
            print(json.dumps(shop.ledger(asked.service)["history"], indent=2))
        case "check":
            return 0 if shop.ledger(asked.service)["current"] == asked.version else 1
        case "switch":
            print(f"{asked.service}: {shop.switch(asked.service, asked.version)} -> {asked.version}")
        case "undo":
            back = shop.previous(asked.service)
            print(f"{asked.service}: {shop.switch(asked.service, back)} -> {back}")
        case "freeze":
            shop.freeze(asked.why)
        case unknown:
            raise AssertionError(unknown)
    return 0


def main() -> NoReturn:
    """Do what the command line says; what went wrong goes to standard error in one line."""
    asked = _parser().parse_args()
    try:
        code = _run(Shop(folder=asked.dir), asked)
    except Refused as refused:
        print(f"release.py: {refused}", file=sys.stderr)
        code = refused.code
    sys.exit(code)


if __name__ == "__main__":
    main()
