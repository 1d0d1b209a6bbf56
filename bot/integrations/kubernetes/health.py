"""What `tocsin doctor` finds out about a cluster: reachable, version, what we may do, whether its clock is off."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from bot.errors import IntegrationError
from bot.integrations.kubernetes.cluster import Cluster
from bot.integrations.kubernetes.kinds import DEPLOYMENT, NODE, POD, Kind
from bot.kit.redaction import visible
from bot.model.runbook import Risk
from bot.ports.actions import Health

_SKEW = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """Asks the API server; zero writes."""

    cluster: Cluster

    async def examine(self) -> Sequence[Health]:
        """Whether it answers, then what it lets us do: what is not granted is told, and may be so on purpose."""
        try:
            return [await self._version(), await self._permissions()]
        except IntegrationError as error:
            return [Health(what=self.cluster.name, ok=False, detail=error.message, hint=error.hint)]

    async def _version(self) -> Health:
        before = self.cluster.clock.now()
        answer = await self.cluster.api.call("GET", "/version")
        ours = before + (self.cluster.clock.now() - before) / 2
        said = answer.body if isinstance(answer.body, dict) else {}
        version = visible(str(said.get("gitVersion", "")))[:60]
        skew = _skew(answer.date, ours)
        off = skew is not None and abs(skew) > _SKEW
        detail = f"answers as Kubernetes {version}"
        if skew is not None and off:
            way = "ahead of" if skew > timedelta(0) else "behind"
            detail += f"; its clock is {abs(skew).total_seconds():.0f} s {way} ours"
        hint = "let both machines keep time by NTP: events would be read beside the wrong minute" if off else ""
        return Health(what=self.cluster.name, ok=not off, detail=detail, hint=hint, version=version, skew=skew)

    async def _permissions(self) -> Health:
        """The commonest needs of what is allowed; each action asks for its own once more when it is planned."""
        wanted = [("list", POD, ""), ("get", POD, "log"), ("list", NODE, "")]
        if Risk.WRITE in self.cluster.allow:
            wanted += [("patch", DEPLOYMENT, ""), ("create", POD, "eviction"), ("patch", NODE, "")]
        namespaces = sorted(self.cluster.namespaces) or [""]
        asked = [
            (verb, kind, namespace, sub)
            for verb, kind, sub in wanted
            for namespace in (namespaces if kind.namespaced else [""])
        ]
        found = await asyncio.gather(*(self._missing(*one) for one in asked))
        missing = [text for text in found if text]
        detail = f"may not {', '.join(missing)}" if missing else "may do what runbooks ask for most"
        may_read = len(missing) < len(asked)
        hint = "" if may_read else "grant what `tocsin runbook rbac` writes"
        return Health(what=f"{self.cluster.name} permissions", ok=may_read, detail=detail, hint=hint)

    async def _missing(self, verb: str, kind: Kind, namespace: str, sub: str) -> str:
        """What is not granted, in words; empty when it is."""
        try:
            await self.cluster.may(verb, kind, namespace, sub=sub)
        except IntegrationError as error:
            if error.reason != "auth":
                raise
            what = f"{verb} {kind.plural}" + (f"/{sub}" if sub else "")
            return what + (f" in {namespace}" if namespace else "")
        return ""


def _skew(date: str, ours: datetime) -> timedelta | None:
    try:
        theirs = parsedate_to_datetime(date)
    except ValueError:
        return None
    if theirs.tzinfo is None:
        theirs = theirs.replace(tzinfo=UTC)
    return theirs - ours.replace(microsecond=0)
