"""What the forms of pages hold, and where the browser is sent once a change is committed."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.errors import Conflict, NotAllowed
from bot.kit.http_in import read_form
from bot.model.ids import IncidentId

MAX_TEXT = 20_000
_SEE_OTHER = 303


def to(path: str, cookie: tuple[str, str] | None = None) -> Response:
    """On to this page."""
    return RedirectResponse(path, status_code=_SEE_OTHER, headers=dict([cookie]) if cookie else None)


def incident_of(request: Request) -> IncidentId:
    """The incident that the address names."""
    return IncidentId(request.path_params["key"])


async def fields(request: Request) -> dict[str, str]:
    """The form's fields; Conflict when it cannot be read."""
    try:
        return read_form(await request.body())
    except ValueError:
        raise Conflict("this form cannot be read", hint="open the page again and send it from there") from None


def text(given: dict[str, str], name: str) -> str:
    """What was written into a field, empty where it is not there; NotAllowed when it is too long."""
    said = given.get(name, "").strip().replace("\r\n", "\n")
    if len(said) > MAX_TEXT:
        raise NotAllowed(f"the {name} is longer than {MAX_TEXT} letters", hint="say it shorter, or link to it")
    return said
