"""Splunk's own webhook alert action as a source of alerts: what it posts, completed by the rows it leaves out.

It posts the first row only, does not say whether the alert is one for all rows or one for each, and never that an alert
is over. The server says the first two, if it can be asked; the third is left to whoever keeps alerts.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from bot.errors import IntegrationError, Permanent
from bot.integrations.splunk import answers
from bot.integrations.splunk.jobs import Jobs
from bot.integrations.splunk.rest import Rest, within
from bot.kit.redaction import visible
from bot.model.alert import Alert
from bot.model.labels import LabelSet
from bot.model.search import SavedSearch, Schedule, Suppression
from bot.model.search_job import Row
from bot.ports.alert_hook import Call, Heard
from bot.rules.savedsearches.rows import labels_of
from bot.rules.savedsearches.stanza import SEVERITIES

_SEVERITIES = {str(number): word for number, word in SEVERITIES.items()}  # over REST everything is a text
_NAME = re.compile(r"(?=.*[^.])[\w.@:=-]{1,512}")  # of a job, as Splunk makes them
_ROWS, _SHOWN, _LONGEST = 1000, 10, 300
_OF_NOBODY = ("nobody", "", "-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """What one call said: which saved search fired, the job it left, and its first row."""

    name: str
    app: str
    owner: str
    sid: str
    link: str
    row: Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """The rows of what fired, and what its saved search says of itself; `missing` is why they could not be had."""

    rows: tuple[Row, ...]
    settings: Mapping[str, str]
    missing: str = ""


def parse(body: bytes, integration: str) -> Fired:
    """What was posted. Permanent (`client`) where this is not what Splunk posts."""
    try:
        found = json.loads(body)
        row, sid = found.get("result"), found["sid"]
        row = {} if row is None else row
        if not isinstance(row, dict) or not isinstance(sid, str) or not _NAME.fullmatch(sid):
            raise ValueError(sid)
        link = _text(found, "results_link")
        return Fired(
            name=_text(found, "search_name") or "Splunk search",
            app=_text(found, "app"),
            owner=_text(found, "owner"),
            sid=sid,
            link=link if link.startswith(("http://", "https://")) else "",
            row=answers.row(row),
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        message = f"{integration}: this is not what Splunk's webhook action posts"
        hint = "see that the alert in Splunk has the action `webhook`, and that nothing rewrites what it sends"
        raise Permanent(message, integration=integration, reason="client", hint=hint) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class SplunkPosts:
    """A `Reader`. `lasts`: how long an alert is believed without being posted again, as Splunk never ends one."""

    name: str
    lasts: timedelta | None = None

    def read(self, call: Call) -> Heard:
        """What the call itself says: the first row."""
        fired = parse(call.body, self.name)
        return self.heard(fired, Completed(rows=(fired.row,) if fired.row else (), settings={}), call)

    def heard(self, fired: Fired, completed: Completed, call: Call) -> Heard:
        """What a call says together with what Splunk says of it."""
        found = alerts(fired, completed, call.received_at, self.name)
        ends_at = call.received_at + self.lasts if self.lasts else None
        return Heard(alerts=[replace(alert, ends_at=ends_at) for alert in found], delivery=fired.sid)


@dataclass(frozen=True, slots=True, kw_only=True)
class SplunkHook:
    """An `AlertHook`, which asks the server for what a call left out.

    `within` are the seconds it takes for that at most: whoever posts waits for the answer.
    """

    rest: Rest
    jobs: Jobs
    posts: SplunkPosts
    within: float = 5.0

    @property
    def proof(self) -> None:
        """Splunk's own action cannot sign, nor set headers: the secret stands in the address."""
        return

    @property
    def doors(self) -> frozenset[str]:
        """None of its own."""
        return frozenset()

    def read(self, call: Call) -> Heard:
        """See `Reader`."""
        return self.posts.read(call)

    async def complete(self, call: Call, heard: Heard) -> Heard:
        """See `AlertHook`."""
        fired = parse(call.body, self.rest.access.name)
        return self.posts.heard(fired, await self.completed(fired), call)

    async def completed(self, fired: Fired) -> Completed:
        """Never raises for a server that does not answer in time: the alert is told with what the call itself said."""
        try:
            async with asyncio.timeout(self.within):
                return await self._completed(fired)
        except TimeoutError:
            missing = f"{self.rest.access.name} did not answer within {self.within:g} s"
            return Completed(rows=(fired.row,) if fired.row else (), settings={}, missing=missing)

    async def _completed(self, fired: Fired) -> Completed:
        owner, app = fired.owner or "nobody", fired.app or "search"
        settings: Mapping[str, str] = {}
        try:
            settings = await self._settings(owner, app, fired.name)
            done = await self.jobs.existing(owner, app, fired.sid)
            rows, _ = await self.jobs.rows(done, _ROWS)
        except IntegrationError as error:
            return Completed(rows=(fired.row,) if fired.row else (), settings=settings, missing=error.message)
        return Completed(rows=tuple(rows), settings=settings)

    async def _settings(self, owner: str, app: str, name: str) -> Mapping[str, str]:
        try:
            answer = await self.rest.get(f"{within(owner, app)}/saved/searches/{quote(name, safe='')}")
        except answers.Missing:
            return {}  # a search that was not saved, or is not any more
        found = answers.entries(answers.fields(answer.body, self.rest.access.name), self.rest.access.name)
        return answers.settings(found[0]["content"]) if found else {}


def alerts(fired: Fired, completed: Completed, at: datetime, source: str) -> Sequence[Alert]:
    """One alert for all rows, or one for each: told apart by the fields that its suppression names, else by all."""
    digest = completed.settings.get("alert.digest_mode", "1") not in ("0", "false")
    if digest or not completed.rows:
        return [_alert(fired, completed, completed.rows, {}, at, source)]
    search = _search(fired, completed.settings)
    made: dict[LabelSet, Alert] = {}
    for row in completed.rows:
        alert = _alert(fired, completed, (row,), labels_of(search, row), at, source)
        made.setdefault(alert.labels, alert)
    return list(made.values())


def _search(fired: Fired, settings: Mapping[str, str]) -> SavedSearch:
    """What of the saved search says how its rows are told apart."""
    listed = tuple(name for name in re.split(r"[,\s]+", settings.get("alert.suppress.fields", "")) if name)
    return SavedSearch(
        name=fired.name,
        search=settings.get("search", ""),
        schedule=Schedule(cron=settings.get("cron_schedule", "")),
        suppression=Suppression(period=timedelta(0), fields=listed) if listed else None,
    )


def _alert(
    fired: Fired, completed: Completed, rows: Sequence[Row], more: Mapping[str, str], at: datetime, source: str
) -> Alert:
    labels = {"alertname": fired.name, "app": fired.app, "owner": "" if fired.owner in _OF_NOBODY else fired.owner}
    severity = _SEVERITIES.get(completed.settings.get("alert.severity", ""), "")
    annotations = {
        "summary": completed.settings.get("description", "") or fired.name,
        "description": "\n".join(map(_line, rows[:_SHOWN])),
        "incomplete": completed.missing,
    }
    return Alert(
        labels=LabelSet({**more, **labels, "severity": severity}),
        annotations={name: text for name, text in annotations.items() if text},
        starts_at=at,
        generator_url=fired.link,
        source=source,
        value=float(len(rows)),
    )


def _line(row: Row) -> str:
    raw = row.get("_raw")
    if isinstance(raw, str):
        return visible(raw)[:_LONGEST]
    pairs = ((name, value if isinstance(value, str) else ", ".join(value)) for name, value in row.items())
    return visible(" ".join(f"{name}={value}" for name, value in pairs if not name.startswith("_")))[:_LONGEST]


def _text(found: Mapping[str, Any], name: str) -> str:
    value = found.get(name)
    if value is not None and not isinstance(value, str):
        raise ValueError(name)
    return value or ""
