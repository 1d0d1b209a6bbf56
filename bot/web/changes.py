"""What can be done on a page: each a plain HTML form that leads back to what it changed."""

from __future__ import annotations

import uuid

from starlette.requests import Request
from starlette.responses import Response

from bot.alerts import silencing
from bot.errors import Conflict, NotAllowed
from bot.kit.who_asks import Door, asker, set_cookie
from bot.model.ids import ApprovalId, SilenceId
from bot.model.run import Approval
from bot.model.silence import Silence
from bot.response import approval_given, incident_changed, silences_kept
from bot.response.world import World
from bot.web import asked
from bot.web.forms import fields, incident_of, text, to


class Changes:
    """The forms' endpoints. The door has checked session, token, Origin and Host before any of them is asked."""

    def __init__(self, world: World, door: Door) -> None:
        self._world = world
        self._door = door

    async def note(self, request: Request) -> Response:
        """Something worth remembering."""
        said = text(await fields(request), "text")
        told = await incident_changed.note(self._world, asker(request.scope).actor, incident_of(request), said)
        return to(f"/incidents/{told.incident}#timeline")

    async def answer(self, request: Request) -> Response:
        """A question is answered, by the button that was pressed; for the plan that the card showed, and no other."""
        form, actor = await fields(request), asker(request.scope).actor
        approval, said, reason = ApprovalId(request.path_params["key"]), form.get("answer"), text(form, "reason")
        if said in ("did", "did_not"):
            answered = await approval_given.answer_if_ran(
                self._world, actor, approval, did=said == "did", reason=reason
            )
            return to(_place(answered))
        if said == "give":
            values = {name.removeprefix("value."): text(form, name) for name in form if name.startswith("value.")}
            return to(_place(await approval_given.answer_what(self._world, actor, approval, values, reason=reason)))
        if said not in ("approve", "reject") or not form.get("plan_hash"):
            raise Conflict("this form does not say what is answered", hint="open the page again and answer there")
        answered = await approval_given.answer(
            self._world, actor, approval, approve=said == "approve", reason=reason, plan_hash=form["plan_hash"]
        )
        return to(_place(answered))

    async def silence(self, request: Request) -> Response:
        """Alerts are not told for a while, or until they are over. Whoever is signed in owns it."""
        form, actor = await fields(request), asker(request.scope).actor
        now = self._world.clock.now()
        try:
            wanted, lasts = asked.matchers(text(form, "matchers")), asked.length(text(form, "lasts"))
            ends_at = now + lasts
        except (ValueError, OverflowError) as error:
            raise NotAllowed(str(error), hint="go back, correct it and send it again") from None
        wished = Silence(
            id=SilenceId(""),
            matchers=wanted,
            starts_at=now,
            ends_at=ends_at,
            updated_at=now,
            created_by=actor.name,
            comment=text(form, "comment"),
        )
        if form.get("until") == "clear":
            wished = silencing.until_clear(wished)
        await silences_kept.place(self._world, actor, wished, SilenceId(str(uuid.uuid4())))
        return to("/alerts#silences")

    async def expire(self, request: Request) -> Response:
        """A silence ends now."""
        silence = SilenceId(request.path_params["key"])
        await silences_kept.expire(self._world, asker(request.scope).actor, silence)
        return to("/alerts#silences")

    async def open(self, request: Request) -> Response:
        """A one-time link is used up, and the browser gets the session it opens."""
        secret = await self._door.open_session((await fields(request)).get("secret", ""))
        if secret is None:
            raise NotAllowed(
                "this link was used already, or is older than ten minutes",
                hint="make a new link to the page with `tocsin link`",
            )
        return to("/", cookie=set_cookie(self._door.origins.of(request.scope), secret))

    async def leave(self, request: Request) -> Response:
        """The session ends here and now, wherever its pages are open."""
        session = asker(request.scope).session
        if session is not None:
            await self._door.leave(session)
        return to("/", cookie=set_cookie(self._door.origins.of(request.scope), ""))


def _place(approval: Approval) -> str:
    return f"/incidents/{approval.incident}" if approval.incident else f"/runs/{approval.run}"
