"""Whom to page where a policy cannot be followed: those of the default policy, else everybody who may do something."""

from __future__ import annotations

from datetime import timedelta

from bot.model.actor import VIEWER
from bot.model.escalation import EscalationPolicy, Level, Target, TargetKind
from bot.model.setup import Setup

EVERYBODY = "everybody (last resort)"
"""What the policy is called that pages all at once who named a way to be reached and do not only look."""
_WAIT, _REPEAT = timedelta(minutes=10), 2


def policy(setup: Setup, name: str) -> EscalationPolicy | None:
    """The policy of this name; None: the documents know none."""
    return _everybody(setup) if name == EVERYBODY else setup.escalations.get(name)


def wider(setup: Setup, name: str) -> str:
    """What is followed where the policy of this name cannot be; empty: nothing wakes more people."""
    if name == EVERYBODY:
        return ""
    default = setup.default_escalation
    return default if default in setup.escalations and default != name else EVERYBODY


def _everybody(setup: Setup) -> EscalationPolicy:
    people = sorted(one.name for one in setup.people.values() if one.contacts and VIEWER not in one.roles)
    targets = tuple(Target(kind=TargetKind.PERSON, name=name) for name in people)
    return EscalationPolicy(name=EVERYBODY, levels=(Level(targets=targets, wait=_WAIT),), repeat=_REPEAT)
