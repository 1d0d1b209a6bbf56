"""What `tocsin doctor` finds out about the hosts: does each let us in, what does it run, is its clock off."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.errors import IntegrationError
from bot.integrations.ssh.client import RemoteHost
from bot.integrations.ssh.ended import Lost
from bot.kit.redaction import visible
from bot.ports.actions import Health
from bot.ports.clock import Clock

_WITHIN = 15.0  # seconds
_NOT_FOUND = 127
_SKEW = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """Logs in to every remote host and asks it for the time; zero writes."""

    hosts: Mapping[str, RemoteHost | None]
    """None is this machine."""
    clock: Clock

    async def examine(self) -> Sequence[Health]:
        """One finding a host, in the order of the inventory."""
        return await asyncio.gather(*(self._host(name, host) for name, host in self.hosts.items()))

    async def _host(self, name: str, host: RemoteHost | None) -> Health:
        if host is None:
            return Health(what=name, ok=True, detail="this machine, as the user that Tocsin runs as")
        try:
            async with asyncio.timeout(_WITHIN):
                return await self._remote(name, host)
        except IntegrationError as error:
            return Health(what=name, ok=False, detail=error.message, hint=error.hint)
        except (Lost, TimeoutError):
            hint = "log in by hand, and see whether its shell starts in time"
            return Health(what=name, ok=False, detail="lets Tocsin in, and does not answer", hint=hint)

    async def _remote(self, name: str, host: RemoteHost) -> Health:
        version = await host.version()
        before = self.clock.now()
        ended = await host.run(("date", "+%s"), timedelta(seconds=_WITHIN))  # under timeout(1), as a change is
        ours = before + (self.clock.now() - before) / 2
        said = ended.stdout.strip()
        detail = "lets Tocsin in"
        if ended.exit_code == _NOT_FOUND:
            hint = "install coreutils or busybox: a change needs timeout(1), which ends it should Tocsin be killed"
            return Health(what=name, ok=False, detail=f"{detail}, and has no timeout(1)", hint=hint)
        if ended.exit_code != 0 or not said.isdigit() or len(said) > 11:
            return Health(what=name, ok=True, detail=f"{detail}, and does not tell the time", version=visible(version))
        skew = datetime.fromtimestamp(int(said), UTC) - ours.replace(microsecond=0)
        off = abs(skew) > _SKEW
        if off:
            way = "ahead of" if skew > timedelta(0) else "behind"
            detail += f"; its clock is {abs(skew).total_seconds():.0f} s {way} ours"
        hint = "let both machines keep time by NTP: its logs would be read beside the wrong minute" if off else ""
        return Health(what=name, ok=not off, detail=detail, hint=hint, version=visible(version), skew=skew)
