"""What an action does on one host: the part that differs from action to action.

`each` does the same thing on every host that is meant, in batches; a `Deed` says what that thing is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from bot.errors import IntegrationError, Temporary
from bot.integrations.ssh.ended import Ended, Lost, Place, text
from bot.kit.redaction import Redactor, visible
from bot.model.plan import Did, Outcome
from bot.model.runbook import Risk
from bot.ports.actions import ActionSpec, Say

_ANSWERS_WITHIN = 30.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """One host of the inventory, and how changes are made there."""

    name: str
    integration: str
    place: Place
    local: bool
    sudo: bool
    redactor: Redactor

    async def ask(self, *argv: str) -> Ended:
        """What a command that only reads prints; Temporary when it does not end, or its end is not seen."""
        try:
            async with asyncio.timeout(_ANSWERS_WITHIN):
                return await self.place.run(argv)
        except TimeoutError:
            message = f"{self.name} did not answer {argv[0]} within {_ANSWERS_WITHIN:g} s"
            raise Temporary(message, integration=self.integration, reason="timeout") from None
        except Lost:
            message = f"the connection to {self.name} was lost while it was asked"
            raise Temporary(message, integration=self.integration, reason="connection") from None

    async def change(self, *argv: str, within: timedelta, say: Say) -> Ended:
        """Runs a command that changes something, as who may do that. See `Place.run`."""
        return await self.place.run((*self.prefix, *argv), within, say)

    @property
    def prefix(self) -> tuple[str, ...]:
        """What stands before a command that changes something."""
        return ("sudo", "-n", "--") if self.sudo else ()

    def clean(self, output: bytes) -> str:
        """The output as text, without known secrets."""
        return self.redactor.clean(text(output))


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a host shows before anything is done there: `now` in a few words, and `then`, what would be otherwise.

    `bound` is what must still be so when it is done; `undo` tells how it is taken back.
    """

    now: str = ""
    then: str = ""
    undo: str = ""
    bound: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """What came of it on one host. `value` is plain JSON; `changed`: whether there is something to take back.

    `untouched`: it is known that nothing was done there.
    """

    outcome: Outcome
    summary: str
    # Any: plain JSON of the action's own shape.
    value: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""
    temporary: bool = False
    changed: bool = False
    untouched: bool = False


class Deed(Protocol):
    """What an action does on one host.

    `look` only reads, and raises Permanent or Temporary when the host cannot be looked at. `run` raises as `Place.run`
    does when it was not begun, or its end was not seen. What `bound` held at planning is checked by `run`.
    """

    spec: ActionSpec
    can_probe: bool
    undone_by: str
    """The action that takes this one back; empty when none does."""

    # Any, here and below: each deed has a parameter model of its own (`spec.params`).
    def check(self, params: Any, hosts: Sequence[Host]) -> None:
        """Permanent when the parameters make no sense for these hosts."""
        ...

    def probes(self, params: Any) -> bool:
        """Whether `probe` can tell, with these parameters."""
        ...

    def risk(self, params: Any) -> Risk:
        """How grave it is with these parameters."""
        ...

    def line(self, params: Any) -> str:
        """What it does, in a few words: `restart web.service`."""
        ...

    def summary(self, params: Any, where: str) -> str:
        """What it does where, on one line."""
        ...

    def taken_back(self, params: Any) -> Mapping[str, Any]:
        """The parameters of the action that takes this one back, besides the hosts."""
        ...

    async def look(self, host: Host, params: Any) -> Look:
        """See above."""
        ...

    async def run(self, host: Host, params: Any, bound: Mapping[str, str], within: timedelta, say: Say) -> Came:
        """See above."""
        ...

    async def probe(self, host: Host, params: Any, bound: Mapping[str, str]) -> Did:
        """Whether it had its effect on this host."""
        ...


class Plain:
    """A deed's part that most of them share: nothing to check, nothing to look at, nothing to probe."""

    can_probe = False
    undone_by = ""

    def check(self, params: Any, hosts: Sequence[Host]) -> None:  # Any: see Deed
        """Every parameter has been checked by its type."""

    def probes(self, params: Any) -> bool:  # Any: see Deed
        """As its class says."""
        return self.can_probe

    def line(self, params: Any) -> str:  # Any: see Deed
        """See `Deed`."""
        raise AssertionError("a deed says what it does")

    def summary(self, params: Any, where: str) -> str:  # Any: see Deed
        """Its line, and the hosts."""
        return f"{self.line(params)} on {where}"

    def taken_back(self, params: Any) -> Mapping[str, Any]:  # Any: see Deed
        """Nothing to say: most are not taken back."""
        return {}

    async def look(self, host: Host, params: Any) -> Look:  # Any: see Deed
        """A read is not prepared."""
        return Look()

    async def probe(self, host: Host, params: Any, bound: Mapping[str, str]) -> Did:  # Any: see Deed
        """Nobody can tell."""
        return Did.UNKNOWN


def refused(ended: Ended, host: Host, doing: str) -> Came:
    """A command that ended otherwise than well."""
    said = host.clean(ended.stderr).strip() or host.clean(ended.stdout).strip()
    last = f": {visible(said.splitlines()[-1])[:200]}" if said else ""
    how = f"ended by {ended.signal}" if ended.signal else f"exit status {ended.exit_code}"
    return Came(outcome=Outcome.FAILED, summary=f"could not {doing}: {how}{last}", text=said)


def not_read_back(error: IntegrationError) -> Came:
    """It was done, and what became of it could not be seen."""
    summary = f"it was done, and could not be read back: {error.message}"
    return Came(outcome=Outcome.UNKNOWN, summary=summary, text=error.hint, changed=True)


def moved_on(now: str) -> Came:
    """The host is no longer as it was when people agreed."""
    summary = f"nothing was done: since it was planned, {now}"
    return Came(outcome=Outcome.FAILED, summary=summary, untouched=True)
