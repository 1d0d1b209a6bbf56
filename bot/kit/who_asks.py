"""Who asks: programs show a bearer token, pages a session that a one-time link opened.

Of every secret only the SHA-256 is kept or compared: they are 256 random bits each, so a slow hash would add nothing.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.errors import NotAllowed
from bot.kit.http_in import SAFE, Origins, Refusal, Scope, header, read_form
from bot.model.actor import Actor, Person, person
from bot.ports.store import Session, Tx
from bot.response.record import record
from bot.response.world import World
from bot.rights import Act, require

LINK_LIFE = timedelta(minutes=10)
SESSION_IDLE = timedelta(hours=8)
SESSION_LIFE = timedelta(hours=24)
LINK_PATH = "/open/"
CSRF_FIELD = "csrf"
CLI_AGENT = "tocsin-cli/"
"""How our own command line names itself in User-Agent; it only decides what the timeline calls the door."""

_TOUCH_EVERY = timedelta(minutes=5)
_ASKER = "tocsin.asker"
_NEW_LINK = "make a new link to the page with `tocsin link`"


def secret_hash(secret: str) -> str:
    """What is kept of a secret: its SHA-256 in hex."""
    return hashlib.sha256(secret.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Whoever a porter let in. A program has no session."""

    actor: Actor
    session: Session | None = None


def let_in(scope: Scope, who: Asker) -> None:
    """A porter says who it let in."""
    scope[_ASKER] = who


def asker(scope: Scope) -> Asker:
    """Who asks, on any path that a porter guards."""
    who = scope[_ASKER]
    assert isinstance(who, Asker), "a porter admitted nobody and yet the request went on"  # noqa: S101  # our mistake
    return who


class Door:
    """Tokens, links and sessions. `tokens` maps the SHA-256 of each token to its owner; replaced whole on reload."""

    def __init__(self, world: World, origins: Origins, tokens: Mapping[str, Person]) -> None:
        self.origins = origins
        self.tokens = tokens
        self.hooks: Mapping[str, Sequence[str]] = {}
        """The SHA-256 of each secret that an integration's vendor may post with; replaced whole on reload."""
        self.pings: Mapping[str, str] = {}
        """By the name of a deadman, the SHA-256 of the secret that its pings end in, or of nothing; replaced whole."""
        self.closing = asyncio.Event()
        """Set when Tocsin stops, so that answers that never end do."""
        self._world = world

    def bearer(self, scope: Scope) -> Actor | None:
        """Whose token the request shows. All tokens are compared, so that the time taken tells nothing."""
        scheme, _, token = header(scope, "authorization").partition(" ")
        shown, owner = secret_hash(token.strip()), None
        for known, person_ in self.tokens.items():
            if hmac.compare_digest(known, shown):
                owner = person_
        if owner is None or scheme.lower() != "bearer":
            return None
        return person(owner, "cli" if header(scope, "user-agent").startswith(CLI_AGENT) else "api")

    async def make_link(self, actor: Actor) -> tuple[str, datetime]:
        """The path of a page that signs `actor` in, once, and when it stops doing so. NotAllowed."""
        now = self._world.clock.now()
        require(actor, Act.OPEN_LINK, actor.name, now)
        if actor.name not in self._world.setup.people:
            raise NotAllowed(f"nobody called {actor.name!r} is known", hint="add them under `people:` in tocsin.yaml")
        secret, expires_at = secrets.token_urlsafe(32), now + LINK_LIFE

        def work(tx: Tx) -> None:
            record(tx, actor, Act.OPEN_LINK, actor.name, now)
            tx.sessions.add_link(secret_hash(secret), actor.name, expires_at)

        await self._world.store.write(work)
        return LINK_PATH + secret, expires_at

    async def open_session(self, link_secret: str) -> str | None:
        """Uses a link up: the secret of the session it opened; None when it was used, has expired or never was."""
        secret, csrf, now = secrets.token_urlsafe(32), secrets.token_urlsafe(32), self._world.clock.now()

        def work(tx: Tx) -> bool:
            name = tx.sessions.use_link(secret_hash(link_secret), now)
            if name is None or name not in self._world.setup.people:
                return False
            who = person(self._world.setup.people[name], "page")
            record(tx, who, Act.OPEN_LINK, name, now, opened="a session")
            tx.sessions.put(
                Session(
                    secret_hash=secret_hash(secret),
                    person=name,
                    csrf=csrf,
                    created_at=now,
                    seen_at=now,
                    expires_at=now + SESSION_LIFE,
                )
            )
            return True

        return secret if await self._world.store.write(work) else None

    async def session(self, secret: str, *, seen: bool) -> Session | None:
        """The session with this secret while it lasts and its owner is known; `seen` keeps it from falling idle."""
        now, key = self._world.clock.now(), secret_hash(secret)
        found = await self._world.store.read(lambda tx: tx.sessions.get(key))
        if found is None or not self._lasts(found, now):
            return None
        if seen and now - found.seen_at >= _TOUCH_EVERY:
            await self._world.store.write(lambda tx: _touch(tx, key, now))
        return found

    async def leave(self, session: Session) -> None:
        """Ends a session; pages that are open by it stop being told of changes."""
        await self._world.store.write(lambda tx: tx.sessions.drop(session.secret_hash))

    def person(self, session: Session) -> Person:
        """Whose session it is, with the roles they have now."""
        return self._world.setup.people[session.person]

    def _lasts(self, session: Session, now: datetime) -> bool:
        known = session.person in self._world.setup.people
        return known and now < session.expires_at and now - session.seen_at < SESSION_IDLE


def _touch(tx: Tx, key: str, now: datetime) -> None:
    session = tx.sessions.get(key)
    if session is not None:  # else it was ended a moment ago, and stays so
        tx.sessions.put(replace(session, seen_at=now))


class TokenPorter:
    """Lets in who shows a token. Cookies mean nothing here, so there is nothing another site could abuse."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def admit(self, scope: Scope) -> Refusal | None:
        """401 without a known token; 403 for a page of another site."""
        actor = self._door.bearer(scope)
        if actor is None:
            hint = (
                "send `Authorization: Bearer TOKEN`; the command line reads its token from the file `tocsin run` wrote"
            )
            return Refusal(status=401, error="no token that Tocsin knows", hint=hint)
        if self._door.origins.foreign(scope, required=False):
            return _from_elsewhere()
        let_in(scope, Asker(actor=actor))
        return None

    def inspect(self, scope: Scope, body: bytes) -> Refusal | None:
        """Nothing to see: a token is never sent by mistake."""
        return None


class SessionPorter:
    """Lets in who has a session; `public` are the beginnings of paths that need none."""

    def __init__(self, door: Door, *, public: tuple[str, ...]) -> None:
        self._door = door
        self._public = public

    async def admit(self, scope: Scope) -> Refusal | None:
        """401 without a session; 403 for a change that does not come from a page of ours."""
        if scope["method"] not in SAFE and self._door.origins.foreign(scope, required=True):
            return _from_elsewhere()
        if scope["path"].startswith(self._public):
            return None
        secret = cookie(scope, cookie_name(self._door.origins.of(scope)))
        session = await self._door.session(secret, seen=True) if secret else None
        if session is None:
            return Refusal(status=401, error="you are not signed in, or your session has ended", hint=_NEW_LINK)
        let_in(scope, Asker(actor=person(self._door.person(session), "page"), session=session))
        return None

    def inspect(self, scope: Scope, body: bytes) -> Refusal | None:
        """403 for a change without the session's own token."""
        if scope["path"].startswith(self._public):
            return None
        session = asker(scope).session
        try:
            shown = read_form(body).get(CSRF_FIELD, "")
        except ValueError:
            return Refusal(
                status=400, error="this form cannot be read", hint="open the page again and send it from there"
            )
        if session is None or not hmac.compare_digest(shown.encode(), session.csrf.encode()):
            return Refusal(
                status=403,
                error="this form belongs to another session",
                hint="open the page again and send it from there",
            )
        return None


def _from_elsewhere() -> Refusal:
    return Refusal(
        status=403,
        error="this change was not sent from a page of Tocsin's",
        hint="open Tocsin's own page and do it there",
    )


def cookie_name(origin: str) -> str:
    """What the session's cookie is called: over https with the prefix that binds it to this very host."""
    return "__Host-tocsin" if origin.startswith("https:") else "tocsin_session"


def cookie(scope: Scope, name: str) -> str:
    """The value of a cookie, or nothing."""
    for part in header(scope, "cookie").replace(", ", "; ").split("; "):
        key, _, value = part.partition("=")
        if key == name:
            return value
    return ""


def set_cookie(origin: str, secret: str) -> tuple[str, str]:
    """The header that hands a session to the browser; with no secret, the one that takes it away."""
    lasts = int(SESSION_LIFE.total_seconds()) if secret else 0
    secure = "; Secure" if origin.startswith("https:") else ""
    # Lax, not Strict: a link in a chat or an e-mail must open the page; changes are guarded by token and Origin.
    return "set-cookie", f"{cookie_name(origin)}={secret}; Path=/; Max-Age={lasts}; HttpOnly; SameSite=Lax{secure}"
