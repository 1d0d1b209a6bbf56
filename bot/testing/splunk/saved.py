"""Saved searches and fired alerts: listed, read, created, dispatched. Nothing runs on a schedule here."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.testing.splunk import answers, dispatch
from bot.testing.splunk.answers import Entry, Json, Refused
from bot.testing.splunk.asked import Asked, named
from bot.testing.splunk.jobs import Job
from bot.testing.splunk.settings import FiredAlert, SavedOne
from bot.testing.splunk.simulator import Simulator
from bot.testing.splunk.spl import searching
from bot.testing.splunk.spl.values import Row, SplError, instant

_PAGE = ("count", "offset", "search", "sort_key", "sort_dir", "f")
_FLAGS = {
    "disabled",
    "is_scheduled",
    "is_visible",
    "realtime_schedule",
    "alert.digest_mode",
    "alert.suppress",
    "alert.track",
}
_DEFAULTS: dict[str, Json] = {
    "action.email": False,
    "action.webhook": False,
    "actions": "",
    "alert.digest_mode": True,
    "alert.expires": "24h",
    "alert.severity": 3,
    "alert.suppress": False,
    "alert.suppress.fields": "",
    "alert.suppress.group_name": "",
    "alert.suppress.period": "",
    "alert.track": False,
    "alert_comparator": "",
    "alert_condition": "",
    "alert_threshold": "",
    "alert_type": "always",
    "cron_schedule": "",
    "description": "",
    "disabled": False,
    "dispatch.allow_partial_results": True,
    "dispatch.earliest_time": "",
    "dispatch.index_earliest": "",
    "dispatch.index_latest": "",
    "dispatch.latest_time": "",
    "dispatch.lookups": True,
    "dispatch.max_count": 500_000,
    "dispatch.max_time": 0,
    "dispatch.ttl": "2p",
    "is_scheduled": False,
    "is_visible": True,
    "max_concurrent": 1,
    "next_scheduled_time": "",
    "realtime_schedule": True,
    "schedule_priority": "default",
    "schedule_window": "0",
    "search": "",
}
_FREE = ("action.", "alert.", "args.", "auto_summarize", "display.", "dispatch.", "request.")


class Saved:
    """The handlers."""

    def __init__(self, simulator: Simulator) -> None:
        """Of this server."""
        self.simulator = simulator

    def routes(self) -> list[Route]:
        """All of them."""
        endpoint = self.simulator.endpoint
        one = "/saved/searches/{name}"
        return [
            Route("/saved/searches", endpoint(self.listed), methods=["GET"]),
            Route("/saved/searches", endpoint(self.created, "search"), methods=["POST"]),
            Route(one + "/dispatch", endpoint(self.dispatched, "search"), methods=["POST"]),
            Route(one + "/history", endpoint(self.history), methods=["GET"]),
            Route(one, endpoint(self.read), methods=["GET"]),
            Route(one, endpoint(self.deleted, "search"), methods=["DELETE"]),
            Route("/alerts/fired_alerts", endpoint(self.groups), methods=["GET"]),
            Route("/alerts/fired_alerts/{name}", endpoint(self.fired), methods=["GET"]),
            Route("/alerts/fired_alerts/{name}", endpoint(self.cleared, "search"), methods=["DELETE"]),
        ]

    def _visible(self, asked: Asked) -> list[SavedOne]:
        """What is seen in a namespace: of any owner and app with `-`, else what is there or shared with it."""
        owner, app = asked.owner or asked.user, asked.app or "-"
        return [
            one
            for one in self.simulator.saved
            if (app in {"-", one.app} or one.sharing == "global")
            and (owner in {"-", one.owner} or one.sharing in {"app", "global"})
        ]

    def _one(self, request: Request, asked: Asked) -> SavedOne:
        name = named(request, "name")
        found = [one for one in self._visible(asked) if one.name == name]
        if not found:
            raise Refused(404, "ERROR", f"Could not find object id={name}")
        return found[0]

    async def listed(self, request: Request, asked: Asked) -> Response:
        """A page of them, by name; 30 unless a count says otherwise, 0 for all."""
        asked.only(*_PAGE)
        found = sorted(
            self._visible(asked), key=lambda one: str(_content(one).get(asked.get("sort_key"), one.name)).lower()
        )
        if asked.get("sort_dir") == "desc":
            found.reverse()
        found = _filtered(found, asked.get("search"))
        count = 0 if asked.get("count") == "-1" else asked.whole("count", 30)  # the SDK's word for all
        offset = asked.whole("offset", 0)
        page = found[offset : offset + count] if count else found[offset:]
        chosen = asked.arguments.get("f", ())
        entries = [_entry(one, chosen) for one in page]
        return answers.feed(
            "saved/searches", entries, as_json=asked.as_json, total=len(found), offset=offset, count=count
        )

    async def read(self, request: Request, asked: Asked) -> Response:
        """One; several of the same name where the namespace is wide."""
        name = self._one(request, asked).name
        entries = [_entry(one) for one in self._visible(asked) if one.name == name]
        return answers.feed("saved/searches", entries, as_json=asked.as_json)

    async def created(self, request: Request, asked: Asked) -> Response:
        """A new one, of the one who asks, in the app of the namespace."""
        for argument in asked.arguments:
            if argument not in {*_DEFAULTS, "name", "output_mode"} and not argument.startswith(_FREE):
                raise Refused(400, "ERROR", f'Argument "{argument}" is not supported by this handler.')
        if "-" in {asked.owner, asked.app}:
            raise Refused(400, "ERROR", "An object cannot be created in a namespace with a wildcard.")
        name, app = asked.get("name"), asked.app or "search"
        if not name or not asked.get("search"):
            raise Refused(400, "ERROR", "The following required arguments are missing: name, search.")
        if any(one.name == name and one.app == app for one in self.simulator.saved):
            raise Refused(
                409,
                "ERROR",
                f"Unable to create saved search with name '{name}'. A saved search with that name already exists.",
            )
        given = {key: asked.get(key) for key in asked.arguments if key not in {"name", "output_mode"}}
        made = SavedOne(name=name, app=app, owner=asked.owner or asked.user, sharing="user", content=dict(given))
        self.simulator.saved.append(made)
        answer = answers.feed("saved/searches", [_entry(made)], as_json=asked.as_json)
        answer.status_code = 201
        return answer

    async def deleted(self, request: Request, asked: Asked) -> Response:
        """Takes one away."""
        self.simulator.saved.remove(self._one(request, asked))
        return answers.feed("saved/searches", [], as_json=asked.as_json)

    async def dispatched(self, request: Request, asked: Asked) -> Response:
        """Runs one now, over its own window or the one that is given; actions are not triggered here."""
        asked.only(
            *("trigger_actions", "force_dispatch", "dispatch.now", "dispatch.earliest_time", "dispatch.latest_time"),
            *("dispatch.max_count", "dispatch.max_time", "dispatch.ttl", "dispatch.adhoc", "now"),
        )
        if asked.flag("trigger_actions", default=False):
            raise Refused(400, "ERROR", "trigger_actions=1 is not simulated.")
        one = self._one(request, asked)
        if _content(one)["disabled"] is True:
            raise Refused(400, "ERROR", f"Could not dispatch '{one.name}': it is disabled.")
        content, now = _content(one), time.time()
        given = {
            "earliest_time": asked.get("dispatch.earliest_time") or str(content["dispatch.earliest_time"]),
            "latest_time": asked.get("dispatch.latest_time") or str(content["dispatch.latest_time"]),
            "max_count": asked.get("dispatch.max_count") or str(content["dispatch.max_count"]),
            "max_time": asked.get("dispatch.max_time") or str(content["dispatch.max_time"]),
            "now": asked.get("dispatch.now") or asked.get("now"),
        }
        arguments = {name: (value,) for name, value in given.items() if value}
        of_it = Asked(user=asked.user, owner=one.owner, app=one.app, arguments=arguments, as_json=asked.as_json)
        wanted = dispatch.wanted(self.simulator, of_it, _beginning(str(content["search"])), saved=one.name)
        sid = f"{one.owner}__{asked.user}__{one.app}__{quote(one.name, safe='').replace('%', '')}_at_{int(now)}"
        job = dispatch.begin(self.simulator, wanted, f"{sid}_{self.simulator.jobs.new_sid().partition('.')[2]}")
        return answers.of_sid(job.sid, as_json=asked.as_json)

    async def history(self, request: Request, asked: Asked) -> Response:
        """The jobs it was run as that are still kept, the newest first."""
        one = self._one(request, asked)
        jobs = [
            job
            for job in self.simulator.jobs.kept.values()
            if job.wanted.saved == one.name and job.wanted.app == one.app
        ]
        entries = [_run(job) for job in sorted(jobs, key=lambda job: -job.created)]
        return answers.feed(f"saved/searches/{one.name}/history", entries, as_json=asked.as_json)

    async def groups(self, request: Request, asked: Asked) -> Response:
        """How many alerts each saved search has fired; `-` is all of them."""
        fired = self.simulator.fired
        counts = {"-": len(fired)} | {one.savedsearch_name: 0 for one in fired}
        for one in fired:
            counts[one.savedsearch_name] += 1
        entries = [
            Entry(
                name=name,
                path=f"/servicesNS/nobody/search/alerts/fired_alerts/{_quoted(name)}",
                content={"triggered_alert_count": count},
            )
            for name, count in counts.items()
        ]
        return answers.feed("alerts/fired_alerts", entries, as_json=asked.as_json)

    async def fired(self, request: Request, asked: Asked) -> Response:
        """The fired alerts of one saved search."""
        entries = [_fired(one) for one in self._fired_of(request)]
        return answers.feed("alerts/fired_alerts", entries, as_json=asked.as_json)

    async def cleared(self, request: Request, asked: Asked) -> Response:
        """Takes fired alerts away: all of a saved search, or one by its own name."""
        gone = {one.sid for one in self._fired_of(request)}
        self.simulator.fired = [one for one in self.simulator.fired if one.sid not in gone]
        return answers.feed("alerts/fired_alerts", [], as_json=asked.as_json)

    def _fired_of(self, request: Request) -> list[FiredAlert]:
        name = named(request, "name")
        found = [one for one in self.simulator.fired if name in {"-", one.savedsearch_name, one.sid}]
        if not found:
            raise Refused(404, "ERROR", f"Could not find object id={name}")
        return found


def _beginning(search: str) -> str:
    """A saved search may leave the word `search` out; a job may not."""
    stripped = search.lstrip()
    return search if stripped.startswith("|") or stripped.lower().startswith("search ") else f"search {search}"


def _content(one: SavedOne) -> dict[str, Json]:
    given = {
        name: value.lower() in {"1", "true"} if name in _FLAGS and isinstance(value, str) else value
        for name, value in one.content.items()
    }
    content: dict[str, Json] = {**_DEFAULTS, **given}
    content["qualifiedSearch"] = _beginning(str(content["search"]))
    content["triggered_alert_count"] = 0
    return content


def _filtered(found: Sequence[SavedOne], wanted: str) -> list[SavedOne]:
    if not wanted:
        return list(found)
    try:
        terms = searching.read(wanted)
    except SplError as error:
        raise Refused(400, "ERROR", str(error)) from error
    return [one for one in found if terms.test(_row(one))]


def _row(one: SavedOne) -> Row:
    content = {**_content(one), "name": one.name, "eai:acl.app": one.app, "eai:acl.owner": one.owner}
    row: Row = {name: str(int(value)) if isinstance(value, bool) else str(value) for name, value in content.items()}
    return {**row, "_raw": " ".join([one.name, str(content["search"])])}


def _entry(one: SavedOne, chosen: Sequence[str] = ()) -> Entry:
    content = _content(one)
    owner = one.owner if one.sharing == "user" else "nobody"
    path = f"/servicesNS/{owner}/{one.app}/saved/searches/{_quoted(one.name)}"
    shown: Mapping[str, Json] = {name: content[name] for name in chosen if name in content} if chosen else content
    links = {part: f"{path}/{part}" for part in ("dispatch", "history")}
    return Entry(
        name=one.name, path=path, content=shown, owner=one.owner, app=one.app, sharing=one.sharing, links=links
    )


def _quoted(name: str) -> str:
    """A name in a path: a slash is encoded twice, so that it stays one part of it."""
    return quote(name.replace("/", "%2F"), safe="")


def _run(job: Job) -> Entry:
    content: dict[str, Json] = {
        "isDone": job.over,
        "isFinalized": job.finalized,
        "isRealTimeSearch": False,
        "isSaved": job.saved_for_good,
        "isScheduled": False,
        "isZombie": False,
        "start": int(job.created),
        "ttl": int(job.ttl),
    }
    path = f"/services/search/jobs/{quote(job.sid, safe='')}"
    return Entry(
        name=job.sid, path=path, content=content, owner=job.wanted.owner, app=job.wanted.app, updated=job.created
    )


def _fired(one: FiredAlert) -> Entry:
    content: dict[str, Json] = {
        "actions": one.actions,
        "alert_type": "historical",
        "digest_mode": True,
        "expiration_time_rendered": instant(one.trigger_time + 86400),
        "savedsearch_name": one.savedsearch_name,
        "severity": one.severity,
        "sid": one.sid,
        "trigger_time": int(one.trigger_time),
        "trigger_time_rendered": instant(one.trigger_time),
        "triggered_alerts": 1,
    }
    path = f"/servicesNS/nobody/{one.app}/alerts/fired_alerts/{_quoted(one.sid)}"
    return Entry(name=one.sid, path=path, content=content, app=one.app, updated=one.trigger_time)
