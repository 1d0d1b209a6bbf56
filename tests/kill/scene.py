"""One case of the kill test: its folder, its processes, the person who answers, and a world that gets well again."""

import http.client
import json
import os
import re
import signal
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from tests.integrations.prometheus.remote_write import write
from tests.servers import PrometheusServer, ServerProcess
from tests.soak import many

TOCSIN = Path(sys.executable).with_name("tocsin")
EFFECT = Path(__file__).with_name("effect.py")
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy is no way to this machine
NO_ANSWER = (OSError, http.client.HTTPException)
STEP_SECONDS = 6
PATIENCE = many(60, 300)  # seconds; cores are shared, and in a soak by six at a time

CONFIG = """\
http: {{listen: "127.0.0.1:0"}}
store: {{url: "{database}"}}
integrations:
  prom: {{use: prometheus, url: "{prometheus}"}}
  hosts:
    use: ssh
    hosts: {{here: {{local: true}}}}
    write: [{{argv: {mend}{probe}}}]
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
RUNBOOK = """\
runbook: mend
title: Something is broken
owner: tests
summary: Looks, mends it if somebody agrees, and waits until it is well.
triggers: [{{match: {{alertname: Broken}}, auto: read}}]
inputs:
  case: {{from: alert.labels.case}}
steps:
  - id: look
    uses: prometheus.query
    with: {{expr: 'broken{{case="$case"}}', vars: {{case: "{{{{ inputs.case }}}}"}}}}
  - id: mend
    uses: host.run
    with: {{host: here, argv: {mend}}}
    approval: {{by: on-call, count: 1, ask: "Mend {{{{ inputs.case }}}}?"}}
    timeout: {seconds}s
  - id: settled
    uses: prometheus.wait_until
    with: {{expr: 'broken{{case="$case"}} == 0', vars: {{case: "{{{{ inputs.case }}}}"}}}}
    timeout: 1m
"""


class Process(ServerProcess):
    """One Tocsin: the real command, or the launcher that stands still at a boundary."""

    def __init__(self, folder: Path, number: int, boundary: str = "", token: str = "tocsin.token") -> None:
        self.marker = folder / f"standing-{number}"
        self.token = folder / token
        config = str(folder / "tocsin.yaml")
        watched = [sys.executable, "-m", "tests.kill.launcher", config, boundary, str(self.marker)]
        super().__init__(
            watched if boundary else [str(TOCSIN), "-c", config, "run"],
            log=folder / f"tocsin-{number}.log",
            ready=lambda: self.address is not None,
            env={"TOCSIN_TOKEN_FILE": str(self.token)},
        )

    @property
    def address(self) -> str | None:
        """Where it answers, once it says so."""
        found = re.search(r"ready at (http://[0-9.:]+[0-9])", self.log.read_text())
        return found[1] if found else None

    def start(self, *, within: float = PATIENCE) -> Self:
        """See `ServerProcess`."""
        return super().start(within=within)

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal, and waits for nothing."""
        os.kill(self.pid, number)


class Scene:
    """Everything of one case but Tocsin's own processes, which it only starts."""

    def __init__(self, folder: Path, prometheus: PrometheusServer, *, probe: bool, database: str = "") -> None:
        self.folder = folder
        self.name = folder.name
        self.database = database or f"sqlite:///{folder / 'tocsin.db'}"
        self._prometheus = prometheus
        self._started = 0
        self._healed = False
        self.stays_broken = False
        mend = [sys.executable, "-IS", str(EFFECT), str(folder)]
        self._write("tocsin.yaml", CONFIG, mend=[*mend, "mend"], probe=f", probe: {[*mend, 'did']}" if probe else "")
        self._write("rules.yaml", RULES)
        self._write("mend.yaml", RUNBOOK, mend=[*mend, "mend"], seconds=STEP_SECONDS)
        self._report(1.0)

    def _write(self, file: str, text: str, **values: object) -> None:
        filled = text.format(name=self.name, prometheus=self._prometheus.url, database=self.database, **values)
        (self.folder / file).write_text(filled)

    def _report(self, broken: float) -> None:
        labels = {"__name__": "broken", "case": self.name}
        write(self._prometheus.url, [(labels, datetime.now(UTC), broken)])

    def tocsin(self, boundary: str = "", token: str = "tocsin.token") -> Process:
        """The next Tocsin, not started yet."""
        self._started += 1
        return Process(self.folder, self._started, boundary, token)

    # ---- the change ------------------------------------------------------------------------------------------------

    @property
    def effects(self) -> list[datetime]:
        """When the change happened; more than once is what must never be."""
        log = self.folder / "effects"
        lines = log.read_text().split() if log.exists() else []
        return [datetime.fromtimestamp(float(line), UTC) for line in lines]

    def hold(self, moment: str) -> None:
        """The next command is held at this moment (`begins`, `done`)."""
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
        for moment in ("begins", "done"):
            held = self.held(moment)
            until(lambda held=held: held is None or not Path(f"/proc/{held}").exists(), "the held command to end")

    # ---- the person and the world ----------------------------------------------------------------------------------

    def drive(self, tocsin: Process, wanted: Callable[[], Any], what: str) -> Any:
        """Answers what is asked and lets the world get well, until `wanted` is true."""

        def step() -> Any:
            found = wanted()
            if not found:
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
            if approval["question"] == "may_it_run":
                said = {"answer": "approve", "plan_hash": approval["plan"]["hash"]}
            else:
                self.let_go()  # who is asked whether it ran looks first whether it still runs
                said = {"answer": "did" if self.effects else "did_not"}
            self.ask(tocsin, f"/approvals/{approval['id']}", said)

    def _heal(self) -> None:
        """What was changed helps, and the signal says so; unless somebody wants to see Tocsin wait."""
        if self.effects and not self._healed and not self.stays_broken:
            self._report(0.0)
            self._healed = True


def until(happened: Callable[[], Any], what: str, within: float = PATIENCE) -> Any:
    """What `happened` answers once it is true."""
    deadline = time.monotonic() + within
    while not (found := happened()):
        assert time.monotonic() < deadline, f"waited {within:g} s for {what}"
        time.sleep(0.2)
    return found
