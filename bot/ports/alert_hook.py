"""Alerts that others post to Tocsin in their own form: proven first, read afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from bot.model.alert import Alert
from bot.model.mirror import TheirChange
from bot.ports.alert_store import Posted

PATH = ":path"
"""Under this name the headers that are kept of a call hold its path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request as it came in. Names of headers are lower case; one that was sent twice stands twice."""

    path: str = ""
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = field(repr=False)
    received_at: datetime

    def header(self, name: str) -> str:
        """The header's value; nothing where it is missing or was sent twice: then nobody knows which counts."""
        values = [value for key, value in self.headers if key == name]
        return values[0] if len(values) == 1 else ""

    @classmethod
    def again(cls, posted: Posted) -> Call:
        """A call that was kept, as far as it was kept: to be read again, not to be proven again."""
        headers = dict(posted.headers)
        path = headers.pop(PATH, "")
        return cls(path=path, headers=tuple(headers.items()), body=posted.body, received_at=posted.received_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a call says.

    `known_by`: the labels by which its vendor knows an alert, where a later call may tell it with others; nothing: by
    all of them. `once`: what begins again under the same id says a later start, so that calls that come out of order
    can be told from news. `delivery`: the vendor's id of this call; nothing: it has none, and saying the same twice
    changes nothing. `changes`: what became of incidents there; where one of them is ours it is followed, and the alerts
    are not taken. `note`: why there is nothing to take, or what was left out. `reply`: what the sender expects to read;
    with a `flaw`, of why its call is no good.
    """

    alerts: Sequence[Alert] = ()
    changes: Sequence[TheirChange] = ()
    known_by: tuple[str, ...] = ()
    once: bool = False
    delivery: str = ""
    note: str = ""
    flaw: str = ""
    reply: Mapping[str, object] = field(default_factory=dict)


class Proof(Protocol):
    """How a call shows that it comes from the vendor."""

    async def why_not(self, call: Call) -> str:
        """Why it is not believed, for our log only; nothing: it is. Never raises for what the call holds.

        Temporary where what is needed to judge cannot be had just now.
        """
        ...


class Reader(Protocol):
    """Reads what one vendor's webhook posts."""

    def read(self, call: Call) -> Heard:
        """What a call says, from itself alone. Permanent (`client`) where it is not what this vendor posts."""
        ...


@runtime_checkable
class AlertHook(Reader, Protocol):
    """A `Reader` that calls are handed to once they are proven.

    `proof`: how a call is proven; None: the vendor cannot sign, and shows the secret of `hook_secret`. `doors`: paths
    of the vendor's own at which its calls are taken too, beside `/hooks/NAME`; there the proof alone counts.
    """

    @property
    def proof(self) -> Proof | None:
        """See the class."""
        ...

    @property
    def doors(self) -> frozenset[str]:
        """See the class."""
        ...

    async def complete(self, call: Call, heard: Heard) -> Heard:
        """The same with what the vendor says when it is asked, as far as it answers; called before anything is kept.

        Temporary where the call is to be posted again. An alert is never lost for want of details.
        """
        ...
