"""What can be done on a page: each a plain HTML form that leads back to what it changed."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.errors import Conflict, NotAllowed
from bot.kit.http_in import read_form
from bot.kit.who_asks import Door, asker, set_cookie
from bot.model.ids import ApprovalId, IncidentId
from bot.model.incident import Severity
from bot.model.run import Approval
from bot.response import approval_given, incident_changed, incident_declared
from bot.response.world import World

MAX_TEXT = 20_000
_SEE_OTHER = 303


class Changes:
    """The forms' endpoints. The door has checked session, token, Origin and Host before any of them is asked."""

    def __init__(self, world: World, door: Door) -> None:
        self._world = world
        self._door = door

    async def acknowledge(self, request: Request) -> Response:
        """Somebody has it."""
        changed = await incident_changed.acknowledge(self._world, asker(request.scope).actor, _incident(request))
        return _to(f"/incidents/{changed.id}")

    async def resolve(self, request: Request) -> Response:
        """It is over."""
        reason = _text(await _fields(request), "reason")
        changed = await incident_changed.resolve(self._world, asker(request.scope).actor, _incident(request), reason)
        return _to(f"/incidents/{changed.id}")

    async def note(self, request: Request) -> Response:
        """Something worth remembering."""
        text = _text(await _fields(request), "text")
        told = await incident_changed.note(self._world, asker(request.scope).actor, _incident(request), text)
        return _to(f"/incidents/{told.incident}#timeline")

    async def declare(self, request: Request) -> Response:
        """A person declares an incident."""
        fields = await _fields(request)
        severity = fields.get("severity", "")
        if severity not in set(Severity):
            raise NotAllowed(f"{severity!r} is no severity", hint="choose one of SEV1 to SEV5")
        declared = await incident_declared.declare(
            self._world,
            asker(request.scope).actor,
            title=_text(fields, "title"),
            severity=Severity(severity),
            text=_text(fields, "text"),
        )
        return _to(f"/incidents/{declared.id}")

    async def answer(self, request: Request) -> Response:
        """A question is answered, by the button that was pressed; for the plan that the card showed, and no other."""
        fields, actor = await _fields(request), asker(request.scope).actor
        approval, said, reason = ApprovalId(request.path_params["key"]), fields.get("answer"), _text(fields, "reason")
        if said in ("did", "did_not"):
            answered = await approval_given.answer_if_ran(
                self._world, actor, approval, did=said == "did", reason=reason
            )
            return _to(_place(answered))
        if said not in ("approve", "reject") or not fields.get("plan_hash"):
            raise Conflict("this form does not say what is answered", hint="open the page again and answer there")
        answered = await approval_given.answer(
            self._world, actor, approval, approve=said == "approve", reason=reason, plan_hash=fields["plan_hash"]
        )
        return _to(_place(answered))

    async def open(self, request: Request) -> Response:
        """A one-time link is used up, and the browser gets the session it opens."""
        secret = await self._door.open_session((await _fields(request)).get("secret", ""))
        if secret is None:
            raise NotAllowed(
                "this link was used already, or is older than ten minutes",
                hint="make a new link to the page with `tocsin link`",
            )
        return _to("/", cookie=set_cookie(self._door.origins.of(request.scope), secret))

    async def leave(self, request: Request) -> Response:
        """The session ends here and now, wherever its pages are open."""
        session = asker(request.scope).session
        if session is not None:
            await self._door.leave(session)
        return _to("/", cookie=set_cookie(self._door.origins.of(request.scope), ""))


def _to(path: str, cookie: tuple[str, str] | None = None) -> Response:
    return RedirectResponse(path, status_code=_SEE_OTHER, headers=dict([cookie]) if cookie else None)


def _place(approval: Approval) -> str:
    return f"/incidents/{approval.incident}" if approval.incident else f"/runs/{approval.run}"


def _incident(request: Request) -> IncidentId:
    return IncidentId(request.path_params["key"])


async def _fields(request: Request) -> dict[str, str]:
    try:
        return read_form(await request.body())
    except ValueError:
        raise Conflict("this form cannot be read", hint="open the page again and send it from there") from None


def _text(fields: dict[str, str], name: str) -> str:
    text = fields.get(name, "").strip().replace("\r\n", "\n")
    if len(text) > MAX_TEXT:
        raise NotAllowed(f"the {name} is longer than {MAX_TEXT} letters", hint="say it shorter, or link to it")
    return text
