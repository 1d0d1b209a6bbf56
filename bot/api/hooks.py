"""Where vendors post their alerts: `POST /hooks/NAME`, the name of an integration, and paths of vendors' own.

In this order: the body, whole and small; who sent it (a signature, or the `hook_secret` at the end of the path or as a
bearer token); what it says; then it is kept with its alerts in one transaction, and only then answered with 2xx.
Whoever is not believed gets the same answer always, whether there is such a source or not.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import re
import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.errors import Permanent
from bot.kit.http_in import (
    MAX_BODY,
    MAX_SECONDS,
    RETRY_AFTER,
    App,
    Guard,
    Receive,
    Refusal,
    Reply,
    Scope,
    Send,
    as_fault,
    header,
    refused,
)
from bot.kit.json_in import read_json
from bot.kit.redaction import Redactor, visible
from bot.kit.signatures import Signature, Signed
from bot.kit.who_asks import Door, secret_hash
from bot.model.actor import Actor, ActorKind
from bot.ports.alert_hook import PATH, AlertHook, Call, Heard
from bot.ports.alert_store import Outcome, Posted
from bot.ports.chat_hook import ChatHook
from bot.response import alerts_posted, mirrored
from bot.response.posted_runs import Began
from bot.response.world import World
from bot.runbooks.matching import Fit, begun_by_post

PREFIX = "/hooks/"
MOST_AT_ONCE = 256
"""So many calls are worked on together; more are asked to come again."""
MOST_HELD = 128 * MAX_BODY
"""So many bytes of bodies are held together: anybody may send one, and take 30 s for it."""

_WARNED_EVERY = timedelta(minutes=1)
_LONGEST_DELIVERY = 200
_LONGEST_HEADER = 1024
_MOST_HEADERS = 64
_SECRET_HEADER = re.compile(r"auth|cookie|token|secret|key|signature|password|credential")
_BUSY = Refusal(status=503, error="too much at once", hint=f"send it again in {RETRY_AFTER} s", retry_after=RETRY_AFTER)
_STRANGER = Signature(signed=Signed(header="x-signature"), secrets=[secrets.token_bytes(32)])

_log = logging.getLogger("tocsin.hooks")


def make_hooks(world: World, door: Door, redactor: Redactor, max_seconds: float = MAX_SECONDS) -> App:
    """All of them, behind their door; also for paths of vendors' own. `max_seconds` is how long a body may take."""
    guard = Guard(
        Hooks(world, door, redactor).app,
        origins=door.origins,
        porter=HookPorter(),
        refuse=refused,
        max_seconds=max_seconds,
        checks_json=False,
    )
    return Room(guard)


class Room:
    """How much of what strangers send is held at once: they are known by their body, so all of it has to be here."""

    def __init__(self, app: App, most: int = MOST_HELD) -> None:
        self._app = app
        self._most = most
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hands the request on where there is room for its body, as long as that says it is; else 503."""
        length = header(scope, "content-length")
        size = min(int(length), MAX_BODY) if length.isdecimal() else MAX_BODY
        if self._held + size > self._most:
            await refused(scope, _BUSY)(scope, receive, send)
            return
        self._held += size
        try:
            await self._app(scope, receive, send)
        finally:
            self._held -= size


class HookPorter:
    """Lets in every post: who sent it is seen from its body."""

    async def admit(self, scope: Scope) -> Refusal | None:
        """405 for what is no POST (nor PUT, which Grafana can be told to use)."""
        if scope["method"] not in ("POST", "PUT"):
            return Refusal(status=405, error="alerts are posted here", hint="use POST")
        return None

    def inspect(self, scope: Scope, body: bytes) -> Refusal | None:
        """Nothing to see here: the application asks who sent it before it looks at the rest."""
        return None


class Hooks:
    """Takes calls, one after the other for each source that tells of an alert by an id of its own."""

    def __init__(self, world: World, door: Door, redactor: Redactor) -> None:
        self._world = world
        self._door = door
        self._redactor = redactor
        self._turns: Mapping[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._warned: dict[str, tuple[datetime, int]] = {}
        self._working = 0

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One call, as ASGI has it."""
        body = (await receive()).get("body", b"")
        if self._working >= MOST_AT_ONCE:
            reply = refused(scope, _BUSY)
        else:
            self._working += 1
            try:
                reply = await self._answer(scope, body)
            finally:
                self._working -= 1
        await reply(scope, receive, send)

    async def _answer(self, scope: Scope, body: bytes) -> Reply:
        path = scope["path"]
        name, _, secret = path.removeprefix(PREFIX).partition("/") if path.startswith(PREFIX) else ("", "", "")
        call = Call(
            path=f"{PREFIX}{name}" if name else path,
            headers=tuple((key.decode("latin-1").lower(), value.decode("latin-1")) for key, value in scope["headers"]),
            body=body,
            received_at=self._world.clock.now(),
        )
        if name in self._world.chats:
            return await self._chatted(name, self._world.chats[name], call)
        source = await self._proven(name, secret or _bearer(scope), call) if name else await self._whose(call)
        return await self._taken(source, self._world.hooks[source], call) if source else _unauthorized()

    async def _chatted(self, name: str, chat: ChatHook, call: Call) -> Reply:
        """What people do in a chat is acknowledged at once; its vendor waits for seconds only."""
        why = await chat.proof.why_not(call)
        if why:
            self._warn(name, why, call.received_at)
            return _unauthorized()
        said = await chat.take(call)
        if said.broken:
            return _json(400, {"error": "this cannot be read", "hint": "see that its vendor posts it, and nobody else"})
        if said.again:
            error = {"error": "this could not be written down", "hint": f"send it again in {RETRY_AFTER} s"}
            return _json(503, error, RETRY_AFTER)
        return Reply(body=b"") if said.body is None else _json(200, dict(said.body))

    async def _proven(self, name: str, secret: str, call: Call) -> str:
        """The name, where the call is believed to come from there; else nothing. What is configured must hold."""
        hook = self._world.hooks.get(name)
        known = self._door.hooks.get(name, ())
        fits = [secrets.compare_digest(one, secret_hash(secret)) for one in known]
        proof = hook.proof if hook else _STRANGER
        why = "its secret is wrong" if known and not any(fits) else ""
        why = why or (await proof.why_not(call) if proof else "" if known else "it has no secret")
        if why and hook:
            self._warn(name, why, call.received_at)
        return "" if why or not hook else name

    def _warn(self, name: str, why: str, now: datetime) -> None:
        """Says why a call was not believed; once a minute for each source, however many there are."""
        last, count = self._warned.get(name, (None, 0))
        if last is not None and now - last < _WARNED_EVERY:
            self._warned[name] = (last, count + 1)
            return
        more = f" (and {count} more since the last time)" if count else ""
        _log.warning("a call for %s was not believed: %s%s", name, visible(why)[:300], more)
        self._warned[name] = (now, 0)

    async def _whose(self, call: Call) -> str:
        """At a vendor's own path: the source that the call proves to be for; nothing: none. All of them are asked."""
        found = ""
        for name, hook in self._world.hooks.items():
            if call.path in hook.doors and hook.proof and not await hook.proof.why_not(call):
                found = found or name
        return found

    async def _taken(self, source: str, hook: AlertHook, call: Call) -> Reply:
        heard, outcome, error = await _read(hook, call)
        posted = self._posted(source, call, heard, outcome, error)
        actor = Actor(kind=ActorKind.SOURCE, name=source, via="hook")
        followed = await mirrored.take(self._world, actor, posted, heard.changes)
        if followed is not None:
            return _told(replace(posted, outcome=Outcome.TAKEN, error="", alerts=0), heard, fresh=followed)
        fits = self._fitting(source, call)
        if heard.known_by:
            async with self._turns[source]:
                began = await alerts_posted.take(self._world, actor, posted, heard, fits)
        else:
            began = await alerts_posted.take(self._world, actor, posted, heard, fits)
        return _told(posted, heard, fresh=began is not None, began=began)

    def _fitting(self, source: str, call: Call) -> Sequence[Fit]:
        """The runbooks that this post begins. What is not JSON begins none."""
        runbooks = self._world.setup.runbooks.values()
        wanted = [one for one in runbooks if any(trigger.integration == source for trigger in one.hook_triggers)]
        try:
            return tuple(begun_by_post(wanted, source, read_json(call.body))) if wanted else ()
        except ValueError:
            return ()

    def _posted(self, source: str, call: Call, heard: Heard, outcome: Outcome, error: str) -> Posted:
        digest = hashlib.sha256(call.body).hexdigest()
        unnamed = digest if outcome is Outcome.QUARANTINED else f"{digest} {call.received_at.isoformat()}"
        long = len(heard.delivery) > _LONGEST_DELIVERY
        return Posted(
            source=source,
            delivery=hashlib.sha256(heard.delivery.encode()).hexdigest() if long else heard.delivery or unnamed,
            received_at=call.received_at,
            headers=self._kept(call),
            body=self._redactor.clean(call.body.decode(errors="replace")).encode(),
            outcome=outcome,
            error=self._redactor.clean(error),
            alerts=len(heard.alerts),
        )

    def _kept(self, call: Call) -> Mapping[str, str]:
        """The headers without what proves who sent them, nor any other secret."""
        plain = [(name, value) for name, value in call.headers if not _SECRET_HEADER.search(name)]
        kept = {name: self._redactor.clean(visible(value))[:_LONGEST_HEADER] for name, value in plain[:_MOST_HEADERS]}
        return {PATH: call.path, **kept}


async def _read(hook: AlertHook, call: Call) -> tuple[Heard, Outcome, str]:
    """What a call says, what becomes of it, and why."""
    try:
        heard = hook.read(call)
    except Permanent as error:
        return Heard(), Outcome.QUARANTINED, error.message
    except Exception as error:  # a reader of ours that stumbles must not make the vendor give us up
        return Heard(), Outcome.QUARANTINED, as_fault(error).error
    if heard.flaw:
        return heard, Outcome.QUARANTINED, heard.flaw
    heard = await hook.complete(call, heard)
    return heard, Outcome.TAKEN if heard.alerts else Outcome.IGNORED, heard.note


def _told(posted: Posted, heard: Heard, *, fresh: bool, began: Began | None = None) -> Reply:
    if heard.reply:
        return _json(400 if heard.flaw else 202, dict(heard.reply))
    said: dict[str, object] = {"alerts": posted.alerts if fresh else 0, "outcome": str(posted.outcome)}
    if not fresh:
        said["outcome"] = "known already"
    begins = began is not None and bool(began.runs or began.refused)
    if began is not None and begins:
        said |= {"runs": began.runs, "refused": began.refused}
        if began.runs and posted.outcome is Outcome.IGNORED:
            said["outcome"] = str(Outcome.TAKEN)
    # of one that only begins runs it is no news that it tells no alerts
    if posted.error and not (begins and posted.outcome is Outcome.IGNORED):
        said["note"] = posted.error
    return _json(202 if posted.outcome is Outcome.QUARANTINED else 200, said)


def _bearer(scope: Scope) -> str:
    scheme, _, secret = header(scope, "authorization").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else ""


def _unauthorized() -> Reply:
    hint = "see the integration's README for how its calls are proven, and Tocsin's log for why this one was not"
    return _json(401, {"error": "no hook that Tocsin knows", "hint": hint})


def _json(status: int, value: object, retry_after: int | None = None) -> Reply:
    headers = [("retry-after", str(retry_after))] if retry_after is not None else []
    return Reply(body=json.dumps(value).encode(), status=status, media_type="application/json", headers=headers)
