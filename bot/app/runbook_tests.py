"""Proves runbooks by the `tests:` in their files: reads and checks each, and plays its tests offline."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.config import references
from bot.config.checking import offering
from bot.config.content import runbook_file
from bot.config.files import shown
from bot.config.findings import Findings
from bot.errors import Complaint
from bot.model.runbook import Runbook
from bot.runbooks.trying import Played, Specs, play


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """A runbook file and what came of its tests. `complaints`: it has mistakes, and nothing of it was played."""

    name: str
    played: tuple[Played, ...] = ()
    complaints: tuple[Complaint, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether it is sound and all of its tests came as they should."""
        return not self.complaints and not any(one.wrong for one in self.played)


def prove(
    files: Sequence[Path], config: Path | None, env: Mapping[str, str], cwd: Path, only: re.Pattern[str] | None = None
) -> Iterator[Suite]:
    """Each file, one after the other; `only` plays the tests whose names it finds itself in.

    Actions are those of the configuration where there is a sound one, else all that are installed.
    """
    manifests = offering(config, env, cwd)
    offers = references.offers_of(manifests)
    specs = {name: next(iter(offered.values())) for name, offered in offers.items()}
    for path in files:
        findings = Findings()
        name = shown(cwd / path, cwd)
        file = runbook_file(cwd / path, name, findings)
        if not isinstance(file, str):
            references.in_runbook(file, manifests, findings)
        if isinstance(file, str) or findings.errors:
            yield Suite(name=name, complaints=findings.errors)
        else:
            yield Suite(name=name, played=tuple(_played(file.runbook, specs, only)))


def _played(runbook: Runbook, specs: Specs, only: re.Pattern[str] | None) -> Iterator[Played]:
    for test in runbook.tests:
        if only is None or only.search(test.name):
            yield play(runbook, test, specs)
