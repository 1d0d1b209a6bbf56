"""One case of the kill test: its folder, its processes, the person who answers, and a world that gets well again."""

import http.client
import json
import os
import re
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from tests.integrations.prometheus.remote_write import write
from tests.kill.stories import STORIES
from tests.servers import PrometheusServer, ServerProcess
from tests.soak import many

EFFECT = Path(__file__).with_name("effect.py")
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy is no way to this machine
NO_ANSWER = (OSError, http.client.HTTPException)
STEP_SECONDS = 6  # each change's `timeout`; see stories.py
PATIENCE = many(60, 300)  # seconds; cores are shared, and in a soak by six at a time

CONFIG = """\
http: {{listen: "127.0.0.1:0"}}
store: {{url: "{database}"}}
integrations:
  prom: {{use: prometheus, url: "{prometheus}"}}
  hosts:
    use: ssh
    hosts: {{here: {{local: true}}}}
    write: {write}
rules: [{{files: [rules.yaml], source: prom}}]
runbooks: [mend.yaml]
route: {{receiver: on-call, group_by: [alertname], group_wait: 500ms}}
receivers: [{{name: on-call}}]
"""
RULES = """\
groups:
  - name: kill
    interval: 1s
    rules:
      - {{alert: Broken, expr: 'broken{{case="{name}"}} == 1', labels: {{severity: critical}}}}
"""


class Process(ServerProcess):
    """One Tocsin: the real command, or the launcher that stands still at a boundary."""

    def __init__(self, folder: Path, number: int, boundary: str = "", token: str = "tocsin.token") -> None:
        self.marker = folder / f"standing-{number}"
        self.token = folder / token
        config = str(folder / "tocsin.yaml")
        watched = [sys.executable, "-m", "tests.kill.launcher", config, boundary, str(self.marker)]
        super().__init__(
            watched
            if boundary
            else [sys.executable, "-m", "bot", "-c", config, "run"],  # of this tree, not the installed
            log=folder / f"tocsin-{number}.log",
            ready=lambda: self.address is not None or self.marker.exists(),  # a start may reach the boundary first
            env={"TOCSIN_TOKEN_FILE": str(self.token)},
        )

    @property
    def address(self) -> str | None:
        """Where it answers, once it says so."""
        found = re.search(r"ready at (http://[0-9.:]+[0-9])", self.log.read_text())
        return found[1] if found else None

    @property
    def fell_over(self) -> str:
        """The end of its log, when it has ended and nobody killed it."""
        ended = self._process is not None and self._process.poll() is not None
        return self.log.read_text()[-3000:] if ended else ""

    def start(self, *, within: float = PATIENCE) -> Self:
        """See `ServerProcess`."""
        return super().start(within=within)

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal, and waits for nothing."""
        os.kill(self.pid, number)


class Scene:
    """Everything of one case but Tocsin's own processes, which it only starts."""

    def __init__(
        self, folder: Path, prometheus: PrometheusServer, *, probe: bool, database: str = "", story: str = "mend"
    ) -> None:
        self.folder = folder
        self.name = folder.name
        self.story = STORIES[story]
        self.database = database or f"sqlite:///{folder / 'tocsin.db'}"
        self._prometheus = prometheus
        self._started = 0
        self._healed = False
        self._paused, self._resumed, self._cancelled = False, False, False
        self.stays_broken = False
        argv = {name: [sys.executable, "-IS", str(EFFECT), str(folder), "do", name] for name in self.story.changes}
        probes = {name: {"probe": [*line[:-2], "did", name]} if probe else {} for name, line in argv.items()}
        write = json.dumps([{"argv": line, **probes[name]} for name, line in argv.items()])
        self._write("tocsin.yaml", CONFIG.format(prometheus=prometheus.url, database=self.database, write=write))
        self._write("rules.yaml", RULES.format(name=self.name))
        runbook = self.story.runbook
        for name, line in argv.items():
            runbook = runbook.replace(f"<{name}>", json.dumps(line))
        self._write("mend.yaml", runbook)
        for name, number in self.story.fails.items():
            self._write(f"fails-{name}", str(number))
        self._report(1.0)

    def _write(self, file: str, text: str) -> None:
        (self.folder / file).write_text(text)

    def _report(self, broken: float) -> None:
        labels = {"__name__": "broken", "case": self.name}
        write(self._prometheus.url, [(labels, datetime.now(UTC), broken)])

    def tocsin(self, boundary: str = "", token: str = "tocsin.token") -> Process:
        """The next Tocsin, not started yet."""
        self._started += 1
        return Process(self.folder, self._started, boundary, token)

    # ---- the change ------------------------------------------------------------------------------------------------

    @property
    def effects(self) -> Mapping[str, Sequence[datetime]]:
        """When each change happened, as the outside keeps it; more often than allowed is what must never be."""
        log = self.folder / "effects"
        lines = [line.split() for line in log.read_text().splitlines()] if log.exists() else []
        return {
            name: [datetime.fromtimestamp(float(at), UTC) for change, at in lines if change == name]
            for name in self.story.changes
        }

    def hold(self, moment: str) -> None:
        """The next command is held at this moment (`begins-NAME`, `done-NAME`)."""
        (self.folder / "go").unlink(missing_ok=True)
        (self.folder / f"hold-{moment}").touch()

    def held(self, moment: str) -> int | None:
        """The id of the command that is held at this moment."""
        with suppress(FileNotFoundError, ValueError):
            return int((self.folder / f"held-{moment}").read_text())
        return None

    def let_go(self) -> None:
        """Whatever is held goes on, and this waits for its end: it may have outlived the Tocsin that began it."""
        (self.folder / "go").touch()
        for held in (self.held(path.name.removeprefix("held-")) for path in self.folder.glob("held-*")):
            until(lambda held=held: held is None or not Path(f"/proc/{held}").exists(), "the held command to end")

    # ---- the person and the world ----------------------------------------------------------------------------------

    def drive(self, tocsin: Process, wanted: Callable[[], Any], what: str) -> Any:
        """Answers what is asked and lets the world get well, until `wanted` is true."""

        def step() -> Any:
            found = wanted()
            if not found:
                assert not (why := tocsin.fell_over), why
                self._heal()
                with suppress(*NO_ANSWER):
                    self._answer(tocsin)
            return found

        return until(step, what)

    def over(self, tocsin: Process) -> Callable[[], bool]:
        """Whether the run has ended and the incident is resolved, as far as this Tocsin says."""

        def asked() -> bool:
            with suppress(*NO_ANSWER):
                incidents = self.ask(tocsin, "/incidents")["incidents"]
                runs = [run for one in incidents for run in self.ask(tocsin, f"/incidents/{one['id']}")["runs"]]
                ended = [run["ended_at"] for run in runs]
                return bool(ended) and all(ended) and all(one["status"] == "resolved" for one in incidents)
            return False

        return asked

    def ask(self, tocsin: Process, path: str, body: object = None) -> Any:
        """One question to Tocsin's API; one of NO_ANSWER when it stands still, refuses or dies."""
        headers = {"Authorization": f"Bearer {tocsin.token.read_text().strip()}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{tocsin.address}/api/v1{path}", data=data, headers=headers)
        with OPENER.open(request, timeout=2) as answer:
            return json.load(answer)

    def _answer(self, tocsin: Process) -> None:
        for approval in self.ask(tocsin, "/approvals")["approvals"]:
            if self.story.changes.get(approval["step"]) != (0,):
                self._answer_one(tocsin, approval)
        if self._paused and not self._resumed and self.tells(tocsin, "is held"):
            self._switch(tocsin, "resume")
            self._resumed = True
        if self.story.cancels and not self._cancelled and self.effects[self.story.cancels]:
            self._insist(tocsin, "/runs/RUN-1/cancel", {"reason": "by hand"})
            self._cancelled = True

    def _answer_one(self, tocsin: Process, approval: Mapping[str, Any]) -> None:
        step, said = approval["step"], {"answer": "did_not"}
        if approval["question"] == "what":
            said = {"answer": "give", "values": {"speed": "fast"}}
        elif approval["question"] == "may_it_run":
            if self.story.pauses and not self._paused:
                self._switch(tocsin, "pause")
                self._paused = True
            said = {"answer": "approve", "plan_hash": approval["plan"]["hash"]}
        else:
            self.let_go()  # who is asked whether it ran looks first whether it still runs
            said = {"answer": "did" if self.effects[step] else "did_not"}
        self.ask(tocsin, f"/approvals/{approval['id']}", said)

    def _switch(self, tocsin: Process, word: str) -> None:
        self._insist(tocsin, f"/automation/{word}", {"reason": "a test"})

    def _insist(self, tocsin: Process, path: str, body: object) -> None:
        """It may have been done in an earlier life whose answer nobody heard."""
        try:
            self.ask(tocsin, path, body)
        except urllib.error.HTTPError as error:
            if error.code != 409:
                raise

    def tells(self, tocsin: Process, words: str) -> bool:
        """Whether a timeline says so; not, where nobody answers."""
        with suppress(*NO_ANSWER):
            incidents = self.ask(tocsin, "/incidents")["incidents"]
            told = [line for one in incidents for line in self.ask(tocsin, f"/incidents/{one['id']}")["timeline"]]
            return any(words in line["text"] for line in told)
        return False

    def _heal(self) -> None:
        """What was changed helps, and the signal says so; unless somebody wants to see Tocsin wait."""
        if self.effects[self.story.heals] and not self._healed and not self.stays_broken:
            self._report(0.0)
            self._healed = True


def until(happened: Callable[[], Any], what: str, within: float = PATIENCE) -> Any:
    """What `happened` answers once it is true."""
    deadline = time.monotonic() + within
    while not (found := happened()):
        assert time.monotonic() < deadline, f"waited {within:g} s for {what}"
        time.sleep(0.2)
    return found


def until_none(faults: Callable[[], Sequence[str]], what: str, within: float = PATIENCE) -> None:
    """Waits until there are none; what they are, when that takes too long."""
    deadline = time.monotonic() + within
    while found := faults():
        assert time.monotonic() < deadline, f"waited {within:g} s for {what}: {found}"
        time.sleep(0.05)
