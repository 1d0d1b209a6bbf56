"""PagerDuty as a pager: people are woken by events, and notes and what was missed go through its REST API."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from bot.errors import IntegrationError, Temporary
from bot.integrations.pagerduty import log_entries
from bot.integrations.pagerduty.config import PagerDutyConfig
from bot.integrations.pagerduty.people import signed
from bot.kit.http_out import HttpAnswer, failure
from bot.kit.json_in import read_json
from bot.kit.plugin import Tools
from bot.kit.posted import Part, reading, web_link
from bot.kit.redaction import visible
from bot.model.incident import Severity
from bot.model.mirror import Happening, OurChange, TheirChange
from bot.model.page import Call
from bot.ports.actions import Health

_SEVERITIES = {
    Severity.SEV1: "critical",
    Severity.SEV2: "error",
    Severity.SEV3: "warning",
    Severity.SEV4: "info",
    Severity.SEV5: "info",
}
_ACTIONS = {Happening.ACKNOWLEDGED: "acknowledge", Happening.RESOLVED: "resolve"}
_LONGEST_SUMMARY = 1024
_LONGEST_KEY = 255
_LONGEST_NOTE = 25_000
_PAGE = 100
_MOST_PAGES = 20
_LONGEST_COMPLAINT = 300


class PagerDuty:
    """A `Pager` and a `Mirror`: one service of one account."""

    def __init__(self, config: PagerDutyConfig, tools: Tools) -> None:
        self._config, self._name, self._http, self._redactor = config, tools.name, tools.http, tools.redactor
        self._routing_key = config.routing_key.get_secret_value().strip() if config.routing_key else ""
        self._api_key = config.api_key.get_secret_value().strip() if config.api_key else ""

    async def page(self, call: Call) -> str:
        """See `Pager`. Whom it wakes is said by the escalation policy of the service; the answer is our own key."""
        link = web_link(call.link)
        event = {
            "event_action": "trigger",
            "dedup_key": call.key[:_LONGEST_KEY],
            "payload": {
                "summary": call.title[:_LONGEST_SUMMARY] or call.incident,
                "source": call.service or "tocsin",
                "severity": _SEVERITIES[call.severity],
                "timestamp": call.at.isoformat(),
                "component": call.service,
                "custom_details": {
                    "incident": call.incident,
                    "severity": call.severity,
                    "text": call.text,
                    "page": call.page,
                    "person": call.person,
                },
            },
            "client": "Tocsin",
            **({"client_url": link, "links": [{"href": link, "text": f"{call.incident} in Tocsin"}]} if link else {}),
        }
        await self._enqueue(event)
        return call.key

    async def tell(self, change: OurChange, *, again: bool) -> None:
        """See `Mirror`. Notes need `api_key`; without one they stay with us."""
        action = _ACTIONS.get(change.what)
        if action:
            await self._enqueue({"event_action": action, "dedup_key": change.key[:_LONGEST_KEY]})
        elif change.what is Happening.NOTED and self._api_key:
            await self._write(change, again=again)

    async def changes(self, since: datetime) -> Sequence[TheirChange]:
        """See `Mirror`. From the log of the account, which needs `api_key`."""
        if not self._api_key:
            return ()
        entries: list[Part] = []
        asked = {"since": since.astimezone(UTC).isoformat(), "is_overview": "true", "include[]": "incidents"}
        for page in range(_MOST_PAGES):
            answer = await self._get("/log_entries", {**asked, "limit": _PAGE, "offset": page * _PAGE})
            entries += self._parts(answer, "log_entries")
            if not answer.fields.get("more"):
                break
        with reading(self._name, "PagerDuty"):
            told = [one for entry in entries if (one := log_entries.read(entry)) is not None]
        alone = {one.refs[0] for one in told if len(one.refs) == 1}
        keys = {incident: await self._keys_of(incident) for incident in sorted(alone)}
        return [
            replace(one, refs=(*one.refs, *keys.get(one.refs[0], ()))) for one in sorted(told, key=lambda one: one.at)
        ]

    async def keys_of(self, incident: str) -> Sequence[str]:
        """The keys under which this incident of theirs was triggered; nothing where nobody can be asked just now."""
        if not self._api_key:
            return ()
        try:
            return await self._keys_of(incident)
        except IntegrationError:
            return ()

    async def examine(self) -> Sequence[Health]:
        """Whether the REST API answers and takes the key. No event is sent to find out whether its key is right."""
        if not self._api_key:
            detail = "pages by events; without `api_key` nobody is asked whether that works"
            return [Health(what="paging", ok=True, detail=detail)]
        try:
            await self._get("/abilities", {})
        except IntegrationError as error:
            return [Health(what="reachable", ok=False, detail=error.message, hint=error.hint)]
        return [Health(what="reachable", ok=True, detail=f"{self._config.api_url} answers and takes the key")]

    # ---- events -------------------------------------------------------------------------------------------------

    async def _enqueue(self, event: Mapping[str, Any]) -> None:
        answer = await self._http.request(
            "POST",
            f"{self._config.events_url}/v2/enqueue",
            integration=self._name,
            headers={"content-type": "application/json"},
            content=json.dumps({"routing_key": self._routing_key, **event}).encode(),
            deadline=self._config.timeout.total_seconds(),
            repeatable=True,  # the key makes it the same incident
            refused=self._refused,
        )
        said = answer.json()
        if not isinstance(said, dict) or said.get("status") != "success":
            raise self._strange("an event")

    def _refused(self, status: int, body: bytes, wait: float | None) -> IntegrationError:
        return failure(self._name, status, self._redactor.clean(_complaint(body)), wait)

    # ---- REST ---------------------------------------------------------------------------------------------------

    async def _write(self, change: OurChange, *, again: bool) -> None:
        incident = await self._newest(change.key)
        if incident is None:
            return  # whoever never heard of it needs no note about it
        content = signed(change.by, change.text)[:_LONGEST_NOTE]
        place = f"/incidents/{quote(incident, safe='')}/notes"
        if again:
            notes = self._parts(await self._get(place, {}), "notes")
            with reading(self._name, "PagerDuty"):
                if any(note.text("content") == content for note in notes):
                    return
        await self._rest("POST", place, {"note": {"content": content}})

    async def _newest(self, key: str) -> str | None:
        asked = {"incident_key": key[:_LONGEST_KEY], "date_range": "all", "sort_by": "created_at:desc", "limit": 1}
        found = self._parts(await self._get("/incidents", asked), "incidents")
        with reading(self._name, "PagerDuty"):
            return found[0].needed("id") if found else None

    async def _keys_of(self, incident: str) -> Sequence[str]:
        """Where an incident stands for a group of alerts it has no key, but they do."""
        answer = await self._get(f"/incidents/{quote(incident, safe='')}/alerts", {"limit": _PAGE})
        with reading(self._name, "PagerDuty"):
            return [key for one in answer.parts("alerts") if (key := one.text("alert_key"))]

    async def _get(self, place: str, query: Mapping[str, object]) -> Part:
        asked = f"{place}?{urlencode(query)}" if query else place
        answer = await self._rest("GET", asked, None)
        said = answer.json()
        if not isinstance(said, dict):
            raise self._strange("a question")
        return Part(said)

    async def _rest(self, method: str, place: str, body: object) -> HttpAnswer:
        headers = {
            "accept": "application/vnd.pagerduty+json;version=2",
            "authorization": f"Token token={self._api_key}",
            "content-type": "application/json",
        }
        return await self._http.request(
            method,
            self._config.api_url + place,
            integration=self._name,
            headers={**headers, **({"from": self._config.as_user} if self._config.as_user else {})},
            content=None if body is None else json.dumps(body).encode(),
            deadline=self._config.timeout.total_seconds(),
            refused=self._refused,
        )

    def _parts(self, answer: Part, name: str) -> Sequence[Part]:
        with reading(self._name, "PagerDuty"):
            return answer.parts(name)

    def _strange(self, what: str) -> Temporary:
        """As when something that is not PagerDuty answers in its place."""
        message = f"{self._name} answered {what} with something that PagerDuty does not say"
        hint = "see whether a proxy stands between Tocsin and PagerDuty"
        return Temporary(message, integration=self._name, reason="server", hint=hint)


def _complaint(body: bytes) -> str:
    """What PagerDuty says of its refusal, in a few words."""
    try:
        said = read_json(body)
    except ValueError:
        return ""
    if not isinstance(said, dict):
        return ""
    error = said.get("error")
    about = error if isinstance(error, dict) else said
    errors = about.get("errors")
    words = [about.get("message"), *(errors if isinstance(errors, list) else ())]
    return visible("; ".join(str(word) for word in words if word))[:_LONGEST_COMPLAINT]
