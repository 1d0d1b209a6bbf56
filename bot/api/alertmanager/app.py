"""The calls of Alertmanager's API, version 2, on plain ASGI: `POST alerts` is the way most alerts come in.

A 2xx means that it is committed. What cannot be taken is told in Alertmanager's words and shapes: a JSON text for what
it checks itself, `{"code": ..., "message": ...}` for what its server does. Pages of other sites may not read answers.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from operator import itemgetter

import msgspec

from bot import __version__
from bot.alerts import saying, silencing
from bot.alerts.groups import Group
from bot.alerts.routing import destinations
from bot.alerts.table import Entry, fingerprint_all
from bot.alerts.telling import Suppressed
from bot.api.alertmanager import configured, shown, silences
from bot.api.alertmanager.asked import Parameters, Unfit, Wanted
from bot.api.alertmanager.door import MAX_BODY, PREFIX, RETRY_AFTER, ApiPorter, Gate
from bot.api.alertmanager.posted import Unreadable
from bot.api.alertmanager.taking import Intake
from bot.errors import NotFound
from bot.kit.http_in import App, Guard, Receive, Refusal, Reply, Scope, Send, header
from bot.kit.who_asks import Door, asker
from bot.model.ids import SilenceId
from bot.model.matchers import fits
from bot.response import alerts_looked_up, silences_kept
from bot.response.world import World

SPOKEN = "0.33.1"
"""The version of Alertmanager whose API this is: clients choose by it what they may ask."""
MEDIA_TYPE = "application/json"
_AT_A_TIME = 500
"""Alerts made ready between two looks at what else there is to do."""

Call = Callable[[Scope, bytes, str], Awaitable[App]]


def make_alertmanager_api(world: World, door: Door) -> App:
    """Everything under `/api/v2/`, behind its door."""
    api = AlertmanagerApi(world)
    guard = Guard(
        api, origins=door.origins, porter=ApiPorter(door), refuse=_refused, max_body=MAX_BODY, checks_json=False
    )
    full = Refusal(status=503, error="Tocsin is busy keeping alerts", hint="send them again", retry_after=RETRY_AFTER)
    return Gate(guard, _refused({}, full))


class AlertmanagerApi:
    """Answers by path and method."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._intake = Intake(world)
        self._since = world.clock.now()
        self._calls: dict[str, dict[str, Call]] = {
            "alerts": {"GET": self._alerts, "POST": self._post_alerts},
            "alerts/groups": {"GET": self._groups},
            "silences": {"GET": self._silences, "POST": self._post_silence},
            "silence": {"GET": self._silence, "DELETE": self._expire},
            "status": {"GET": self._status},
            "receivers": {"GET": self._receivers},
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        rest = scope["path"].removeprefix(PREFIX)
        name, _, argument = rest.partition("/") if rest.startswith("silence/") else (rest, "", "")
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        calls = self._calls.get(name)
        reply: App
        if calls is None or (name == "silence" and not argument):
            reply = _coded(404, 404, f"path {scope['path']} was not found")
        elif method not in calls:
            known = ",".join(calls)
            reply = _coded(405, 405, f"method {method} is not allowed, but [{known}] are", allow=known)
        else:
            body = (await receive()).get("body", b"") if method == "POST" else b""
            reply = await self._answered(calls[method], scope, body, argument)
        await reply(scope, receive, send)

    async def _answered(self, call: Call, scope: Scope, body: bytes, argument: str) -> App:
        kind = header(scope, "content-type").partition(";")[0].strip().lower()
        if scope["method"] == "POST" and kind != MEDIA_TYPE:  # no form of another page could be JSON
            return _coded(415, 415, f'unsupported media type "{kind}", only [{MEDIA_TYPE}] are allowed')
        try:
            return await call(scope, body, argument)
        except Unreadable as error:
            return _coded(error.status, error.code, str(error)) if error.code else _said(error.status, str(error))
        except Unfit as error:
            return _said(400, str(error))

    async def _post_alerts(self, scope: Scope, body: bytes, _: str) -> App:
        mistakes = await self._intake.take(asker(scope).actor, body)
        return _said(400, "\n".join(mistakes)) if mistakes else _nothing(200)

    async def _alerts(self, scope: Scope, _: bytes, __: str) -> App:
        wanted, entries = Wanted.of(scope), list(alerts_looked_up.active(self._world, asker(scope).actor))
        async for some in _parts(entries):
            fingerprint_all(some)
        entries.sort(key=Entry.fingerprint)
        return Pieces(self._pieces(entries, wanted))

    async def _pieces(self, entries: Sequence[Entry], wanted: Wanted) -> AsyncIterator[bytes]:
        """A list that may be long, a part at a time: it is never whole in memory, and nobody waits for all of it."""
        begins = b"["
        async for some in _parts(entries):
            found = [one for entry in some if (one := self._shown(entry, wanted)) is not None]
            if found:
                yield begins + msgspec.json.encode(found)[1:-1]
                begins = b","
        yield b"]\n" if begins == b"," else b"[]\n"

    def _shown(self, entry: Entry, wanted: Wanted) -> shown.ShownAlert | None:
        labels = entry.label_set()
        if not fits(wanted.matchers, labels):
            return None
        routes = [route for _, route in destinations(self._world.setup.route, labels)]
        names = [route.receiver for route in routes]
        if not any(map(wanted.hears, names)):
            return None
        now, pipeline = self._now().timestamp(), self._world.alerts
        why = pipeline.status(labels, routes, now)
        if not _visible(why, wanted):
            return None
        return shown.alert(entry, why, names, now, pipeline.table.resolve_timeout)

    async def _groups(self, scope: Scope, _: bytes, __: str) -> App:
        return Pieces(self._group_pieces(Wanted.of(scope), alerts_looked_up.groups(self._world, asker(scope).actor)))

    async def _group_pieces(self, wanted: Wanted, groups: Sequence[Group]) -> AsyncIterator[bytes]:
        begins = b"["
        for group in sorted(groups, key=lambda one: (saying.groups_in_order(one.labels), one.route.receiver)):
            if wanted.hears(group.route.receiver):
                alerts = await self._shown_of(group, wanted)
                if alerts:
                    one = shown.ShownGroup(alerts, dict(group.labels), shown.Name(group.route.receiver))
                    yield begins + msgspec.json.encode(one)
                    begins = b","
                await asyncio.sleep(0)
        yield b"]\n" if begins == b"," else b"[]\n"

    async def _shown_of(self, group: Group, wanted: Wanted) -> list[shown.ShownAlert]:
        """Those of a group, which may be many: others have their turn in between."""
        now = self._now().timestamp()
        firing = [one for one in group.entries.values() if one.firing(now)]
        ordered = list[tuple[saying.Order, Entry]]()
        async for part in _parts(firing):
            ordered += [(saying.in_order(one.label_set()), one) for one in part]
        ordered.sort(key=itemgetter(0))
        found = list[shown.ShownAlert]()
        async for part in _parts([one for _, one in ordered]):
            fingerprint_all(part)
            found += [made for one in part if (made := self._shown_in(group, one, wanted, now)) is not None]
        return found

    def _shown_in(self, group: Group, entry: Entry, wanted: Wanted, now: float) -> shown.ShownAlert | None:
        labels, pipeline = entry.label_set(), self._world.alerts
        why = pipeline.why_not(entry, group.route, now)
        if (why.muted_by and not wanted.muted) or not _visible(why, wanted) or not fits(wanted.matchers, labels):
            return None
        every = (route.receiver for _, route in destinations(self._world.setup.route, labels))
        names = sorted(filter(wanted.hears, every))
        return shown.alert(entry, why, names, now, pipeline.table.resolve_timeout)

    async def _silences(self, scope: Scope, _: bytes, __: str) -> Reply:
        now = self._now()
        known = alerts_looked_up.silences(self._world, asker(scope).actor)
        found = silences.wanted(known, Parameters(scope), now)
        return _encoded([shown.silence(one, now) for one in found])

    async def _silence(self, scope: Scope, _: bytes, argument: str) -> App:
        wanted = silences.known(argument)
        found = [one for one in alerts_looked_up.silences(self._world, asker(scope).actor) if one.id == wanted]
        return _encoded(shown.silence(found[0], self._now())) if found else _nothing(404)

    async def _post_silence(self, scope: Scope, body: bytes, _: str) -> Reply:
        asked = silences.read(body)
        wrong = silencing.mistake(asked, self._now())
        if wrong:
            return _said(400, f"Failed to create silence: {wrong}")
        try:
            kept = await silences_kept.place(self._world, asker(scope).actor, asked, silences.fresh())
        except NotFound:
            return _said(404, "silence not found")
        return _encoded({"silenceID": kept.id})

    async def _expire(self, scope: Scope, _: bytes, argument: str) -> App:
        try:
            await silences_kept.expire(self._world, asker(scope).actor, SilenceId(silences.known(argument)))
        except NotFound:
            return _nothing(404)
        return _nothing(200)

    async def _status(self, scope: Scope, _: bytes, __: str) -> Reply:
        setup = alerts_looked_up.setup(self._world, asker(scope).actor)
        return _encoded(
            {
                "cluster": {"peers": [], "status": "disabled"},
                "config": {"original": configured.text(setup)},
                "uptime": shown.moment(self._since.timestamp()),
                "versionInfo": {
                    "branch": "tocsin",
                    "buildDate": "",
                    "buildUser": "",
                    "goVersion": "",
                    "revision": f"tocsin {__version__}",
                    "version": SPOKEN,
                },
            }
        )

    async def _receivers(self, scope: Scope, _: bytes, __: str) -> Reply:
        names = configured.names(alerts_looked_up.setup(self._world, asker(scope).actor))
        return _encoded([{"labels": {"name": name}, "name": name} for name in names])

    def _now(self) -> datetime:
        return self._world.clock.now()


class Pieces:
    """An answer that is sent as it is made."""

    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        self._pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends it; without the body where only the headers were asked for."""
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", MEDIA_TYPE.encode())]})
        if scope["method"] != "HEAD":
            async for piece in self._pieces:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


async def _parts(entries: Sequence[Entry]) -> AsyncIterator[Sequence[Entry]]:
    """As many at a time as nobody else minds waiting for."""
    for first in range(0, len(entries), _AT_A_TIME):
        yield entries[first : first + _AT_A_TIME]
        await asyncio.sleep(0)


def _visible(why: Suppressed, wanted: Wanted) -> bool:
    if not wanted.active and not why.silenced_by and not why.inhibited_by:
        return False
    return (wanted.silenced or not why.silenced_by) and (wanted.inhibited or not why.inhibited_by)


def _encoded(value: object) -> Reply:
    return Reply(body=msgspec.json.encode(value) + b"\n", media_type=MEDIA_TYPE)


def _said(status: int, text: str) -> Reply:
    return Reply(body=msgspec.json.encode(text) + b"\n", status=status, media_type=MEDIA_TYPE)


def _coded(status: int, code: int, message: str, *, allow: str = "") -> Reply:
    body = msgspec.json.encode({"code": code, "message": message})
    return Reply(body=body, status=status, media_type=MEDIA_TYPE, headers=[("allow", allow)] if allow else [])


def _nothing(status: int) -> App:
    """No body, and so no media type either."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    return answer


def _refused(scope: Scope, refusal: Refusal) -> Reply:
    """What the door says: in the shape of Alertmanager's own server, with what to do about it."""
    message = f"{refusal.error}: {refusal.hint}"
    headers = [("retry-after", str(refusal.retry_after))] if refusal.retry_after is not None else []
    if refusal.status == 401:
        headers.append(("www-authenticate", 'Bearer realm="tocsin"'))
    body = msgspec.json.encode({"code": refusal.status, "message": message})
    return Reply(body=body, status=refusal.status, media_type=MEDIA_TYPE, headers=headers)
