"""Rules and runbooks as they are shipped, with their minutes made seconds: what they say stays what it is."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.model.rule import AlertRule, RuleGroup
from bot.model.runbook import Runbook, Step
from bot.rules.spec import read_groups
from bot.runbooks.spec import WAIT_UNTIL, read_runbook
from tests.house.tree import ROOT

INTERVAL = timedelta(milliseconds=500)
_MINUTES, _HOURS = re.compile(r"\[\d+m\]"), re.compile(r"\[\d+[hd]\]")
_SOON = timedelta(seconds=5)
"""How long is waited for what will not come; longer than it would have to hold."""
_LATE = timedelta(minutes=1)
"""How long is waited for what will come, on a machine that has other things to do."""
# What is to hold is to hold for as long as the windows of these expressions: the minutes of both are the same seconds.
_SHORTER = {"holds_for": "3s", "settle": "100ms"}


def rule(alert: str, changes: Mapping[str, str]) -> RuleGroup:
    """The shipped rule alone in a group; it fires at once, and looks back seconds. `changes`: of its thresholds."""
    for file in sorted((ROOT / "rules" / "prometheus").glob("*.yaml")):
        for group in read_groups(file.read_text(), file.name, source="prom", default_interval=INTERVAL):
            for one in group.rules:
                if isinstance(one, AlertRule) and one.name == alert:
                    found = replace(one, expr=_changed(one.expr, changes), hold=timedelta(0))
                    return replace(group, rules=(found,), interval=INTERVAL)
    raise LookupError(f"no rule is called {alert}")


def runbook(name: str, *, helps: bool) -> Runbook:
    """The shipped runbook; where nothing helps, that is not waited for long."""
    (file,) = (ROOT / "runbooks").glob(f"*/{name}.yaml")
    read = read_runbook(_changed(file.read_text(), {}), file.name)
    patience = _LATE if helps else _SOON
    return replace(
        read, steps=tuple(_step(step, patience) for step in read.steps), verify_within=patience, watch=patience
    )


def _step(step: Step, patience: timedelta) -> Step:
    verify = step.verify
    if verify is not None:
        verify = replace(verify, params=_shorter(verify.params), timeout=patience)
    retry = replace(step.retry, wait=timedelta(milliseconds=100))
    timeout = patience if step.uses == WAIT_UNTIL else step.timeout
    return replace(step, params=_shorter(step.params), retry=retry, verify=verify, timeout=timeout)


def _shorter(params: Mapping[str, Any]) -> Mapping[str, Any]:  # Any: plain JSON as written under `with`
    return {name: _SHORTER.get(name, value) for name, value in params.items()}


def _changed(text: str, changes: Mapping[str, str]) -> str:
    for before, after in changes.items():
        assert before in text, f"{before!r} is not in {text!r}"
        text = text.replace(before, after)
    return _HOURS.sub("[1m]", _MINUTES.sub("[3s]", text))
