"""Opsgenie as a pager: one alert an incident, known by its alias. Jira Service Management takes the same requests."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode, urlsplit

from bot.errors import IntegrationError, Permanent, Temporary
from bot.integrations.opsgenie.config import OpsgenieConfig
from bot.integrations.opsgenie.people import SOURCE, by_whom, is_ours, signed
from bot.kit.http_out import failure
from bot.kit.json_in import read_json
from bot.kit.plugin import Tools
from bot.kit.posted import Part, reading
from bot.kit.redaction import visible
from bot.model.incident import Severity
from bot.model.mirror import Happening, OurChange, TheirChange
from bot.model.page import Call
from bot.ports.actions import Health

_PRIORITIES = {
    Severity.SEV1: "P1",
    Severity.SEV2: "P2",
    Severity.SEV3: "P3",
    Severity.SEV4: "P4",
    Severity.SEV5: "P5",
}
_ACTIONS = {Happening.ACKNOWLEDGED: "acknowledge", Happening.RESOLVED: "close"}
_LONGEST = {"message": 130, "alias": 512, "description": 15_000, "note": 25_000}
_LONGEST_COMPLAINT = 300
_WHOM = ("user", "team", "escalation", "schedule")
_PAGE, _MOST_PAGES = 100, 10
_LOOKS, _BETWEEN_S = 4, 0.5
"""How often, and how far apart, we look whether a page was processed."""


class Opsgenie:
    """A `Pager` and a `Mirror`."""

    def __init__(self, config: OpsgenieConfig, tools: Tools) -> None:
        self._config, self._name, self._http, self._redactor = config, tools.name, tools.http, tools.redactor
        self._key = config.api_key.get_secret_value().strip() if config.api_key else ""
        self._is_jira = urlsplit(config.api_url).path.startswith("/jsm/")

    async def page(self, call: Call) -> str:
        """See `Pager`. `address` says who is woken, as `user:ann@example.net`; empty: whoever its routing says.

        Permanent also where Opsgenie takes the request and then cannot do it.
        """
        responder = _responder(call.address, self._name)
        alias = call.key[: _LONGEST["alias"]]
        alert = {
            "message": (call.title or call.incident)[: _LONGEST["message"]],
            "alias": alias,
            "description": call.text[: _LONGEST["description"]],
            "priority": _PRIORITIES[call.severity],
            "entity": call.service,
            "source": SOURCE,
            "user": SOURCE,
            "details": {
                "incident": call.incident,
                "severity": call.severity,
                "page": call.page,
                "person": call.person,
                "link": call.link,
            },
            **({"responders": [responder]} if responder else {}),
        }
        await self._processed(await self._post("/v2/alerts", alert))
        if responder and not self._is_jira:  # of an alert that is open already only this adds somebody
            place = f"/v2/alerts/{quote(alias, safe='')}/responders?identifierType=alias"
            await self._post(place, {"responder": responder, "source": SOURCE, "user": SOURCE})
        return call.key

    async def tell(self, change: OurChange, *, again: bool) -> None:
        """See `Mirror`."""
        said = {"source": SOURCE, "user": SOURCE}
        alert = f"/v2/alerts/{quote(change.key[: _LONGEST['alias']], safe='')}"
        action = _ACTIONS.get(change.what)
        if action:
            await self._post(f"{alert}/{action}?identifierType=alias", said)
        elif change.what is Happening.NOTED:
            note = signed(change.by, change.text)[: _LONGEST["note"]]
            if not (again and await self._is_written(alert, note)):
                await self._post(f"{alert}/notes?identifierType=alias", {**said, "note": note})

    async def changes(self, since: datetime) -> Sequence[TheirChange]:
        """See `Mirror`. Jira Service Management says nothing to the key of an integration."""
        if self._is_jira:
            return ()
        told: list[TheirChange] = []
        for page in range(_MOST_PAGES):
            asked = {"sort": "updatedAt", "order": "desc", "limit": _PAGE, "offset": page * _PAGE}
            alerts = self._parts(await self._get("/v2/alerts", {**asked, "query": f"source:{SOURCE}"}))
            fresh = [alert for alert in alerts if self._updated_at(alert) >= since]
            for alert in fresh:
                told += [one for one in await self._changes_of(alert) if one.at >= since]
            if len(fresh) < _PAGE:
                break
        return sorted(told, key=lambda one: one.at)

    async def examine(self) -> Sequence[Health]:
        """Whether it answers and takes the key, as far as it can be asked."""
        if self._is_jira:
            return [Health(what="paging", ok=True, detail=f"pages through {self._config.api_url}, which says nothing")]
        try:
            await self._get("/v2/alerts", {"limit": 1})
        except IntegrationError as error:
            return [Health(what="reachable", ok=False, detail=error.message, hint=error.hint)]
        return [Health(what="reachable", ok=True, detail=f"{self._config.api_url} answers and takes the key")]

    # ---- what they say ------------------------------------------------------------------------------------------

    async def _changes_of(self, alert: Part) -> Sequence[TheirChange]:
        with reading(self._name, "Opsgenie"):
            refs = tuple(filter(None, (alert.needed("id"), alert.text("alias"))))
            report, began_at = alert.part("report"), alert.moment("createdAt")
            told = [
                self._reported(refs, Happening.ACKNOWLEDGED, began_at, report, "ackTime", "acknowledgedBy"),
                self._reported(refs, Happening.RESOLVED, began_at, report, "closeTime", "closedBy"),
            ]
        place = f"/v2/alerts/{quote(refs[0], safe='')}/notes"
        notes = self._parts(await self._get(place, {"limit": _PAGE, "order": "desc"}))
        with reading(self._name, "Opsgenie"):
            return [one for one in (*told, *(self._noted(refs, note) for note in notes)) if one is not None]

    @staticmethod
    def _reported(
        refs: tuple[str, ...], what: Happening, began_at: datetime | None, report: Part, took: str, by: str
    ) -> TheirChange | None:
        if began_at is None or took not in report:
            return None
        name, who = by_whom(report.text(by))
        at = began_at + timedelta(milliseconds=float(report.text(took)))
        return TheirChange(what=what, refs=refs, at=at, by=name, who=who)

    @staticmethod
    def _noted(refs: tuple[str, ...], note: Part) -> TheirChange | None:
        at, text = note.moment("createdAt"), note.text("note")
        if at is None or is_ours(text):
            return None
        name, who = by_whom(note.text("owner"))
        return TheirChange(what=Happening.NOTED, refs=refs, at=at, by=name, who=who, text=text)

    def _updated_at(self, alert: Part) -> datetime:
        with reading(self._name, "Opsgenie"):
            at = alert.moment("updatedAt")
        if at is None:
            raise self._strange()
        return at

    async def _is_written(self, alert: str, note: str) -> bool:
        if self._is_jira:
            return False
        found = self._parts(await self._get(f"{alert}/notes", {"identifierType": "alias", "limit": _PAGE}))
        with reading(self._name, "Opsgenie"):
            return any(one.text("note") == note for one in found)

    async def _processed(self, request: str) -> None:
        """Looks for a moment whether the request could be done. No answer yet is no reason to wake somebody else."""
        for _ in range(_LOOKS):
            try:
                became = (await self._get(f"/v2/alerts/requests/{quote(request, safe='')}", {})).part("data")
            except IntegrationError:
                await asyncio.sleep(_BETWEEN_S)
                continue
            if became.fields.get("isSuccess") is False:
                message = f"{self._name} could not do it: {self._clean(became.text('status'))}"
                raise Permanent(message, integration=self._name, reason="client")
            return

    # ---- how it is asked ----------------------------------------------------------------------------------------

    async def _post(self, place: str, body: Mapping[str, object]) -> str:
        """Hands it over; the number of the request."""
        answer = await self._ask("POST", place, json.dumps(body).encode())
        return answer.text("requestId")

    async def _get(self, place: str, query: Mapping[str, object]) -> Part:
        return await self._ask("GET", f"{place}?{urlencode(query)}" if query else place, None)

    async def _ask(self, method: str, place: str, content: bytes | None) -> Part:
        answer = await self._http.request(
            method,
            self._config.api_url + place,
            integration=self._name,
            headers={"authorization": f"GenieKey {self._key}", "content-type": "application/json"},
            content=content,
            deadline=self._config.timeout.total_seconds(),
            # an alert has its alias, and what is closed is no more so twice; a note would stand there twice
            repeatable="/notes" not in place or method == "GET",
            refused=self._refused,
        )
        said = answer.json()
        if not isinstance(said, dict):
            raise self._strange()
        return Part(said)

    def _parts(self, answer: Part) -> Sequence[Part]:
        with reading(self._name, "Opsgenie"):
            return answer.parts("data")

    def _refused(self, status: int, body: bytes, wait: float | None) -> IntegrationError:
        return failure(self._name, status, self._clean(_complaint(body)), wait)

    def _clean(self, text: str) -> str:
        return self._redactor.clean(visible(text))[:_LONGEST_COMPLAINT]

    def _strange(self) -> Temporary:
        message = f"{self._name} answered with something that Opsgenie does not say"
        hint = "see whether a proxy stands between Tocsin and Opsgenie"
        return Temporary(message, integration=self._name, reason="server", hint=hint)


def _responder(address: str, integration: str) -> Mapping[str, str]:
    """Whom to wake, in its words; nothing for nobody in particular."""
    if not address:
        return {}
    kind, _, name = address.partition(":") if ":" in address or "@" not in address else ("user", "", address)
    if kind not in _WHOM or not name:
        message = f"{integration} knows nobody by the address {address!r}"
        hint = "write it as `user:ann@example.net`, `team:NAME`, `escalation:NAME` or `schedule:NAME`"
        raise Permanent(message, integration=integration, reason="client", hint=hint)
    return {"type": kind, ("username" if kind == "user" else "name"): name}


def _complaint(body: bytes) -> str:
    try:
        said = read_json(body)
    except ValueError:
        return ""
    return str(said.get("message") or "") if isinstance(said, dict) else ""
