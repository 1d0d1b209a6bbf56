"""`tocsin runbook rbac`: what a cluster must grant for runbooks to be able to do what they say."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from bot.cli.console import Console
from bot.cli.options import Family, add_config
from bot.config.examine import Configured, Loaded, examine
from bot.config.findings import Findings
from bot.config.places import default_path
from bot.errors import DocumentError, NotFound
from bot.kit.plugin import Use
from bot.model.runbook import Runbook, Step

# Any: each integration has a config model of its own.
Grants = Callable[[Sequence[Use], Any, str], str]


def add(family: Family) -> None:
    """Its options."""
    granting = family.add(
        "rbac",
        rbac,
        "write the Kubernetes roles that runbooks need",
        examples="  tocsin runbook rbac | kubectl apply -f -\n"
        "  tocsin runbook rbac pod-restarts --integration prod --service-account ops/tocsin",
    )
    granting.add_argument("runbooks", metavar="RUNBOOK", nargs="*", help="only these (default: all that are set up)")
    granting.add_argument("--integration", metavar="NAME", default="", help="the cluster, where there are several")
    granting.add_argument(
        "--service-account",
        metavar="NAMESPACE/NAME",
        type=_account,
        default="tocsin/tocsin",
        help="to whom it is granted (default: tocsin/tocsin)",
    )
    add_config(granting)


def rbac(arguments: argparse.Namespace, console: Console) -> int:
    """Reads the documents, asks nobody, and writes YAML."""
    cwd, findings = Path.cwd(), Findings()
    loaded = examine(arguments.config or default_path(cwd), os.environ, cwd, findings=findings, secrets_needed=False)
    if findings.errors:
        raise DocumentError(findings.errors)
    cluster, grants = _cluster(loaded, arguments.integration)
    specs = {spec.name: spec for spec in cluster.integration.specs}
    uses = [
        Use(step=f"{runbook.name}/{step.id}", spec=specs[step.uses], params=step.params)
        for runbook in _wanted(loaded, arguments.runbooks)
        for step in _steps(runbook.steps)
        if step.uses in specs and step.integration in ("", cluster.name)
    ]
    if not uses:
        console.tell(f"none of these runbooks does anything on {cluster.name}")
        return 0
    console.say(grants(uses, cluster.config, arguments.service_account).rstrip("\n"))
    return 0


def _cluster(loaded: Loaded, name: str) -> tuple[Configured, Grants]:
    """The one that is named, or the only one."""
    known: dict[str, tuple[Configured, Grants]] = {}
    for one in loaded.integrations:
        if one.integration.grants is not None:
            known[one.name] = (one, one.integration.grants)
    if not known:
        raise NotFound("no cluster is set up", hint="add it under `integrations:` first, with `use: kubernetes`")
    if name not in known and (name or len(known) != 1):
        message = f"no cluster is called {name!r}" if name else "it is not clear which cluster is meant"
        raise NotFound(message, hint=f"write --integration with one of: {', '.join(known)}")
    return known[name] if name else next(iter(known.values()))


def _wanted(loaded: Loaded, names: Sequence[str]) -> Sequence[Runbook]:
    known = loaded.content.by_name
    missing = [name for name in names if name not in known]
    if missing:
        raise NotFound(f"no runbook is called {', '.join(missing)}", hint="see `tocsin runbook list`")
    return [known[name] for name in names] or list(known.values())


def _steps(steps: Sequence[Step]) -> Iterator[Step]:
    """These, and the steps that verify them and take them back."""
    for step in steps:
        yield step
        yield from _steps([inner for inner in (step.verify, step.rollback) if inner is not None])


def _account(text: str) -> str:
    home, slash, name = text.partition("/")
    if not (home and slash and name) or "/" in name:
        raise argparse.ArgumentTypeError(f"not a service account: {text!r}; write it like tocsin/tocsin")
    return text
