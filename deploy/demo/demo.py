"""`make demo`: a small shop breaks, and Tocsin brings it back while you watch.

Everything is real: the shop's processes, the Prometheus that scrapes them, the Tocsin that evaluates the rules,
the command that repairs the shop. This file only sets the scene, releases the bad version, tells what happens, and
passes the person's answer on. It exits 0 once the postmortem is written, and 1 with the name of the stage that did
not happen.
"""

from __future__ import annotations

import argparse
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import TypeVar

import httpx
from crew import Crew, free_port
from customers import Customers
from desk import Desk, Document
from release import NAME
from teller import StageFailed, Teller
from world import BAD, FAULTS, GOOD, HERE, World

ROOT = HERE.parent.parent
TOCSIN = Path(sys.executable).with_name("tocsin")
UNATTENDED_SECONDS = 120.0
CALM_SECONDS = 10.0

Found = TypeVar("Found")


class Demo:
    """One telling of the story. Each method named after a stage either sees it happen or raises StageFailed."""

    def __init__(self, asked: argparse.Namespace, world: World, crew: Crew, teller: Teller) -> None:
        self._asked = asked
        self._world = world
        self._crew = crew
        self._teller = teller
        self._desk = Desk("", Path())
        self._customers = Customers(0)
        self._incident_id = ""

    def tell(self) -> None:
        """The whole story, from a healthy shop to the postmortem."""
        self._shop_is_up()
        self._bad_release_goes_out()
        self._rule_fires()
        self._incident_opens()
        self._evidence_arrives()
        approval = self._runbook_asks()
        self._person_approves(approval)
        self._shop_recovers()
        self._postmortem_is_written()

    # ---- the stages -------------------------------------------------------------------------------------------------

    def _shop_is_up(self) -> None:
        self._teller.stage(1, "the shop is up")
        self._world.found()
        ports = self._start_shop()
        prometheus = self._start_prometheus(ports)
        self._start_tocsin(prometheus)
        calm_since = time.monotonic()
        self._wait(
            lambda: (time.monotonic() - calm_since > CALM_SECONDS and self._customers.served_for_a_while()) or None,
            seconds=40,
            waiting_for="a quiet while, so that charts show how things were before",
            glance=self._customers.glance,
        )
        self._teller.say(f"all is well: {self._customers.glance()}")
        if not self._asked.unattended:
            self._teller.say(f"Tocsin's page, opens once: {self._desk.link()}")

    def _bad_release_goes_out(self) -> None:
        self._teller.stage(2, f"release {BAD} of {self._world.culprit} goes out")
        if self._asked.break_ == "prometheus":
            self._crew.dismiss("prometheus")
            self._teller.say("broken on purpose: Prometheus is stopped")
        self._world.shop.switch(self._world.culprit, BAD)
        if self._asked.break_ == "rollback":
            self._world.shop.freeze("the year's accounts are being closed")
            self._teller.say("broken on purpose: the release tool refuses every further switch")
        effect = {"errors": "four of ten requests fail", "latency": "every answer takes two seconds"}
        self._teller.say(f"{GOOD} -> {BAD}; nobody knows yet, but in {BAD} {effect[self._world.fault]}")
        self._wait(
            lambda: (self._customers.failing() or 0.0) > 0.05 or None,
            seconds=15,
            waiting_for="the customers to notice",
            glance=self._customers.glance,
        )
        self._teller.say(self._customers.glance())

    def _rule_fires(self) -> None:
        self._teller.stage(3, "the rule fires")
        labels = self._wait(
            lambda: self._desk.firing_about(self._world.culprit),
            seconds=30,
            waiting_for=f"a rule to fire for {self._world.culprit}",
            glance=self._how_the_rules_stand,
        )
        self._teller.say(f"{labels['alertname']} fires")

    def _incident_opens(self) -> None:
        self._teller.stage(4, "the incident opens")
        case = self._wait(
            lambda: self._desk.case_about(self._world.culprit),
            seconds=15,
            waiting_for=f"an incident about {self._world.culprit}",
            glance=self._how_things_stand,
        )
        incident = case["incident"]
        self._incident_id = incident["id"]
        self._teller.say(f"{incident['id']}: {incident['title']} ({incident['severity']})")

    def _evidence_arrives(self) -> None:
        self._teller.stage(5, "evidence arrives")
        case = self._wait_for_case(
            lambda case: bool(_charts(case)), seconds=30, waiting_for="a chart of the rule's own expression"
        )
        for evidence in case["evidence"]:
            self._teller.say(f"{evidence['question']}: {evidence['unavailable'] or evidence['summary']}")

    def _runbook_asks(self) -> Document:
        self._teller.stage(6, "the runbook asks")
        case = self._wait_for_case(
            lambda case: _pending(case) is not None or bool(_ended(case)),
            seconds=30,
            waiting_for="the runbook's question",
        )
        approval = _pending(case)
        if approval is None:
            raise StageFailed(f"the run ended without asking: {_outcome(case)}")
        self._teller.say(approval["ask"])
        plan = approval["plan"]
        self._teller.say(f"it would do exactly this: {plan['summary']} (risk: {plan['risk']})")
        if plan["undo"]:
            self._teller.say(f"to take it back: {plan['undo']}")
        return approval

    def _person_approves(self, approval: Document) -> None:
        self._teller.stage(7, "a person approves")
        if self._asked.unattended:
            self._answer(approval, "approve")
            self._teller.say("approved by the demo itself, because it is unattended")
            return
        self._teller.say(f"here: [a]pprove or [r]eject, then Enter; or on the page: {self._desk.link()}")
        self._teller.be_still()  # a moving line would wipe away what is being typed
        case = self._wait_for_case(
            lambda case: self._was_answered(approval, case),
            seconds=600,
            waiting_for="an answer",
        )
        if any(answered["status"] == "rejected" for answered in case["approvals"]):
            raise StageFailed(f"the answer was no, so {self._world.culprit} still runs {BAD}")
        self._teller.say("approved")

    def _shop_recovers(self) -> None:
        self._teller.stage(8, "the shop recovers")
        case = self._wait_for_case(lambda case: bool(_ended(case)), seconds=60, waiting_for="the run to end")
        if _ended(case)[-1]["status"] != "succeeded":
            raise StageFailed(f"the run did not succeed: {_outcome(case)}")
        running = self._world.shop.ledger(self._world.culprit)["current"]
        if running != GOOD:
            raise StageFailed(f"the run succeeded, but {self._world.culprit} still runs {running}")
        self._wait(
            lambda: self._customers.served_for_a_while() or None,
            seconds=20,
            waiting_for="the customers to be served again",
            glance=self._customers.glance,
        )
        self._teller.say(f"{self._world.culprit} runs {running} again, and its customers are served")

    def _postmortem_is_written(self) -> None:
        self._teller.stage(9, "the postmortem is written")
        case = self._wait_for_case(
            lambda case: case["incident"]["resolved_at"] is not None,
            seconds=30,
            waiting_for="the incident to be resolved",
        )
        incident = case["incident"]
        self._teller.say(f"{incident['id']} is {incident['status']}: the rule's own expression is quiet again")
        self._wait_for_case(_shows_the_end, seconds=45, waiting_for="the chart that shows how it ended")
        for form in ("md", "html"):
            self._write_report(form)
        self._teller.say(f"{self._world.folder / 'postmortem.html'}")
        self._teller.say(f"on the page: {self._desk.address}/incidents/{incident['id']}")
        if not self._asked.unattended:
            self._teller.say(f"to sign in there, once: {self._desk.link()}")

    def _write_report(self, form: str) -> None:
        text = self._wait(
            lambda: self._desk.report(self._incident_id, form),
            seconds=20,
            waiting_for=f"the report as {form}",
            glance=lambda: self._desk.trouble,
        )
        (self._world.folder / f"postmortem.{form}").write_text(text)

    # ---- setting up -------------------------------------------------------------------------------------------------

    def _start_shop(self) -> list[int]:
        """Start services from the back to the front, then the customers; returns the ports to scrape."""
        folder = self._world.shop.folder
        behind, ports = "", []
        for service in reversed(self._world.services):
            patience = ["--behind", behind, "--patience", f"{self._world.patience(service):.3f}"] if behind else []
            ports.append(self._start_part(service, ["serve", service, "--dir", str(folder), *patience]))
            behind = f"http://127.0.0.1:{ports[-1]}"
        ports.append(self._start_part("customers", ["customers", "--dir", str(folder), "--front", behind]))
        self._customers = Customers(ports[-1])
        self._teller.say(f"{' -> '.join(self._world.services)}, each on {GOOD}, and customers: 20 requests a second")
        return ports

    def _start_part(self, name: str, words: list[str]) -> int:
        folder = self._world.shop.folder
        self._crew.start(name, [sys.executable, str(HERE / "shop.py"), *words], cwd=folder)
        port = folder / f"{name}.port"
        return self._wait(
            lambda: int(port.read_text()) if port.exists() else None, seconds=15, waiting_for=f"{name} to listen"
        )

    def _start_prometheus(self, ports: list[int]) -> str:
        binary = find_prometheus(self._asked.prometheus)
        config = self._world.describe_to_prometheus(ports)
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        argv = [
            binary,
            f"--config.file={config}",
            f"--storage.tsdb.path={self._world.folder / 'prometheus'}",
            f"--web.listen-address=127.0.0.1:{port}",
        ]
        self._crew.start("prometheus", argv, cwd=self._world.folder)
        self._wait(lambda: answers(f"{address}/-/ready") or None, seconds=20, waiting_for="Prometheus to be ready")
        self._teller.say(f"Prometheus: {address}")
        return address

    def _start_tocsin(self, prometheus: str) -> None:
        port = self._asked.port or free_port()
        with_rules = self._asked.break_ != "rule"
        if not with_rules:
            self._teller.say("broken on purpose: there is no rule")
        config = self._world.describe_to_tocsin(prometheus=prometheus, port=port, with_rules=with_rules)
        self._desk = Desk(f"http://127.0.0.1:{port}", self._world.folder / "tocsin.token")
        tocsin = self._crew.start("tocsin", [str(TOCSIN), "-c", str(config), "run"], cwd=self._world.folder)
        self._wait(
            lambda: self._desk.ready() or None,
            seconds=30,
            waiting_for="Tocsin to be ready",
            glance=lambda: self._desk.trouble,
        )
        self._teller.say(f"Tocsin: {self._desk.address}, process {tocsin.process.pid}, set up by {config}")

    # ---- looking ----------------------------------------------------------------------------------------------------

    def _wait(
        self, look: Callable[[], Found | None], *, seconds: float, waiting_for: str, glance: Callable[[], str] = str
    ) -> Found:
        """As Teller.wait, and give up at once when a process is lost."""

        def look_after_everybody() -> Found | None:
            for member in self._crew.lost():
                raise StageFailed(f"{member.name} ended by itself; its last words: {member.last_words()}")
            self._customers.look()
            return look()

        return self._teller.wait(look_after_everybody, seconds=seconds, waiting_for=waiting_for, glance=glance)

    def _wait_for_case(self, good: Callable[[Document], bool], *, seconds: float, waiting_for: str) -> Document:
        """Look at the incident until it is as we want it; returns it as it is then."""

        def look() -> Document | None:
            case = self._desk.case(self._incident_id)
            return case if case is not None and good(case) else None

        return self._wait(look, seconds=seconds, waiting_for=waiting_for, glance=self._how_things_stand)

    def _how_the_rules_stand(self) -> str:
        rules = (f"{rule['rule']} is {rule['state']} {rule['last_error']}".rstrip() for rule in self._desk.rules())
        return "; ".join([", ".join(rules) or "Tocsin has no rule", self._how_things_stand()])

    def _how_things_stand(self) -> str:
        missing = [f"{name} is not running" for name in self._crew.dismissed()]
        return "; ".join(part for part in (*missing, self._desk.trouble, self._customers.glance()) if part)

    # ---- answering --------------------------------------------------------------------------------------------------

    def _answer(self, approval: Document, answer: str) -> None:
        if not self._desk.answer(approval["id"], answer):
            raise StageFailed(self._desk.trouble)

    def _was_answered(self, approval: Document, case: Document) -> bool:
        """Whether Tocsin has an answer by now; one that was typed here is passed on to it first."""
        if _pending(case) is None:
            return True
        if sys.stdin.isatty() and select.select([sys.stdin], [], [], 0)[0]:
            word = sys.stdin.readline().strip().lower()
            answer = next((known for known in ("approve", "reject") if word and known.startswith(word)), None)
            if answer is None:
                self._teller.say("please answer with a or r, then Enter")
            else:
                self._answer(approval, answer)
        return False


def _charts(case: Document) -> list[Document]:
    """The evidence that shows the rule's own expression, drawn."""
    return [evidence for evidence in case["evidence"] if "signal.png" in evidence["attachments"]]


def _shows_the_end(case: Document) -> bool:
    """Whether the incident is over, and a chart was drawn since."""
    over = case["incident"]["resolved_at"]
    return over is not None and any(moment(chart["collected_at"]) > moment(over) for chart in _charts(case))


def moment(text: str) -> datetime:
    """A time as the API writes it."""
    return datetime.fromisoformat(text)


def _pending(case: Document) -> Document | None:
    return next((approval for approval in case["approvals"] if approval["status"] == "open"), None)


def _ended(case: Document) -> list[Document]:
    return [run for run in case["runs"] if run["status"] not in ("running", "waiting")]


def _outcome(case: Document) -> str:
    """How the last run ended, and where it went wrong."""
    run = case["runs"][-1]
    fine = ("succeeded", "skipped", "waiting")
    steps = [f"{step['title']!r} {step['status']}" for step in run["steps"] if step["status"] not in fine]
    return "; ".join([f"it is {run['status']}", *steps])


def answers(url: str) -> bool:
    """Whether somebody answers there with 200."""
    try:
        return httpx.get(url, timeout=2, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def find_prometheus(flag: str | None) -> str:
    """The path of a Prometheus: by flag, environment, PATH, else from the test servers; raises StageFailed."""
    named = flag or os.environ.get("TOCSIN_PROMETHEUS") or shutil.which("prometheus")
    if named:
        return named
    install = ROOT / "tests" / "servers" / "install"
    asked = subprocess.run([install, "--path", "prometheus"], capture_output=True, text=True, check=False)
    if asked.returncode != 0:
        raise StageFailed(asked.stderr.strip() or "no prometheus found: name one with --prometheus PATH")
    return asked.stdout.strip()


def names(text: str) -> tuple[str, ...]:
    """`a,b,c` as three names: at least two, all different."""
    services = tuple(text.split(","))
    if len(services) < 2 or len(set(services)) < len(services) or not all(map(NAME.fullmatch, services)):
        raise argparse.ArgumentTypeError(f"not at least two different names, separated by commas: {text!r}")
    return services


def read_command_line() -> argparse.Namespace:
    """What the demo was asked to do."""
    parser = argparse.ArgumentParser(prog="make demo", description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--unattended", action="store_true", help="approve by itself, exit when the report is written")
    parser.add_argument("--out", type=Path, help="the folder for everything it writes (default: demo-output/TIME)")
    parser.add_argument("--services", type=names, default=("web", "cart", "checkout"), metavar="A,B,C")
    parser.add_argument("--fault", choices=sorted(FAULTS), default="errors", help="what the bad release does")
    parser.add_argument("--port", type=int, default=0, help="Tocsin's port (default: any free one)")
    parser.add_argument("--prometheus", metavar="PATH", help="the Prometheus to use (also $TOCSIN_PROMETHEUS)")
    parser.add_argument(
        "--break", dest="break_", choices=("prometheus", "rollback", "rule"), help="make one stage fail, for the tests"
    )
    return parser.parse_args()


def stop(_signal: int, _frame: FrameType | None) -> None:
    """SIGTERM ends the demo as Ctrl-C does, and Ctrl-C also where a shell began it in the background."""
    raise KeyboardInterrupt


def look_around() -> None:
    """Keep everything running until Ctrl-C, which is now the proper end."""
    with suppress(KeyboardInterrupt):
        signal.pause()


def main() -> int:
    """Tell the story; returns the exit code."""
    asked = read_command_line()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    folder: Path = asked.out or ROOT / "demo-output" / f"{datetime.now().astimezone():%Y-%m-%d-%H%M%S}"
    world = World(folder=folder.resolve(), services=asked.services, fault=asked.fault)
    teller = Teller(patience=UNATTENDED_SECONDS if asked.unattended else None)
    try:
        world.folder.mkdir(parents=True, mode=0o700)
    except FileExistsError:
        print(f"{world.folder} exists already: choose another folder with --out", file=sys.stderr)
        return 1
    try:
        with Crew(world.folder / "logs") as crew:
            Demo(asked, world, crew, teller).tell()
            teller.done(f"the whole story took {teller.elapsed:.0f} s; everything it wrote is in {world.folder}")
            if not asked.unattended:
                teller.say("everything keeps running, look around; Ctrl-C stops it")
                look_around()
                teller.done("stopping everything")
    except StageFailed as failed:
        teller.failed(f"{failed}\nthe logs are in {world.folder / 'logs'}")
        return 1
    except KeyboardInterrupt:
        teller.done("stopped; nothing is left running")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
