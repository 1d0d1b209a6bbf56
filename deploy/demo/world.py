"""The demo's world: what the shop consists of, and the files that describe it to Prometheus and to Tocsin."""

from __future__ import annotations

import json
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from string import Template

from release import Shop

HERE = Path(__file__).resolve().parent
GOOD, BAD = "v41", "v42"
HEALTHY = {"error_ratio": 0.0, "latency_seconds": 0.02}
FAULTS = {
    "errors": {"error_ratio": 0.4, "latency_seconds": 0.02},
    "latency": {"error_ratio": 0.0, "latency_seconds": 2.0},
}


class Blanks(Template):
    """Files whose blanks are written `@name`, because `$` and `{{` mean something in rules and runbooks."""

    delimiter = "@"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """One shop in one folder: its services from the front to the back, and what goes wrong with the last one."""

    folder: Path
    services: tuple[str, ...] = ("web", "cart", "checkout")
    fault: str = "errors"

    @property
    def culprit(self) -> str:
        """The service whose release goes wrong: the last of the chain, so that all the others are its victims."""
        return self.services[-1]

    @property
    def shop(self) -> Shop:
        """The shop's folder, as the release tool sees it."""
        return Shop(folder=self.folder / "shop")

    @property
    def tool(self) -> Path:
        """The shop's release command, as people there would type it."""
        return self.shop.folder / "release"

    def found(self) -> None:
        """Make the folders, and every service's first release; the culprit's next one lies ready."""
        (self.shop.folder / "releases").mkdir(parents=True)
        (self.folder / "logs").mkdir()
        words = (sys.executable, str(HERE / "release.py"), "--dir", str(self.shop.folder))
        self.tool.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
        self.tool.chmod(0o755)
        for service in self.services:
            releases = {GOOD: HEALTHY}
            if service == self.culprit:
                releases[BAD] = FAULTS[self.fault]
            self.shop.found(service, releases, GOOD)

    def patience(self, service: str) -> float:
        """How many seconds a service waits for the one behind it: less towards the back, and always less than slow."""
        place = self.services.index(service)
        return 1.0 * (len(self.services) - 1 - place) / (len(self.services) - 1)

    def describe_to_prometheus(self, ports: list[int]) -> Path:
        """Write the configuration of a Prometheus that scrapes these ports; returns its path."""
        targets = [f"127.0.0.1:{port}" for port in ports]
        return self._fill("prometheus.yml", targets=json.dumps(targets))

    def describe_to_tocsin(self, *, prometheus: str, port: int, with_rules: bool) -> Path:
        """Write `tocsin.yaml`, the rules and the runbook; returns the path of `tocsin.yaml`."""
        command = {"release": json.dumps(str(self.tool))}
        if with_rules:
            rules = self._fill("rules.yml", prometheus=prometheus)
        else:
            rules = self.folder / "rules.yml"
            rules.write_text("groups: []\n")
        runbook = self._fill("roll-back-release.yaml", **command)
        return self._fill(
            "tocsin.yaml",
            prometheus=prometheus,
            port=str(port),
            store=json.dumps(f"sqlite:///{self.folder / 'tocsin.db'}"),
            rules=json.dumps(str(rules)),
            runbooks=json.dumps(str(runbook)),
            **command,
        )

    def _fill(self, name: str, **blanks: str) -> Path:
        path = self.folder / name
        path.write_text(Blanks((HERE / "world" / f"{name}.in").read_text()).substitute(blanks))
        return path
