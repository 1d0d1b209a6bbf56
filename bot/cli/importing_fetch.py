"""Asks the APIs of PagerDuty, Opsgenie and Grafana OnCall for schedules and escalations. It only reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import httpx

from bot import __version__
from bot.cli.importing_oncall import Plain
from bot.errors import Permanent, Temporary

Found = Mapping[str, Sequence[Plain]]
ADDRESSES = {"pagerduty": "https://api.pagerduty.com", "opsgenie": "https://api.opsgenie.com", "oncall": ""}
"""Where each answers when nobody says; OnCall answers at an address of its own everywhere."""
_SECONDS = 30.0
_PAGE = 100
_MOST_PAGES = 200
_AHEAD = timedelta(weeks=8)
"""How far PagerDuty is asked for; it answers for three months at most."""


def fetched(vendor: str, address: str, token: str, now: datetime) -> Found:
    """Everything its reader reads, of overrides those from `now` on.

    Temporary and Permanent say what went wrong, and never hold the token.
    """
    headers = {"user-agent": f"tocsin/{__version__}", "authorization": _AUTHORIZATION[vendor](token)}
    if vendor == "pagerduty":
        headers["accept"] = "application/vnd.pagerduty+json;version=2"
    with httpx.Client(base_url=address.rstrip("/"), headers=headers, timeout=_SECONDS) as client:
        return _READERS[vendor](_Api(vendor, client), now)


class _Api:
    """One vendor's API."""

    def __init__(self, vendor: str, client: httpx.Client) -> None:
        self._vendor = vendor
        self._client = client

    def get(self, path: str, **query: str | int) -> Plain:
        """What it answers, which is a mapping."""
        try:
            answer = self._client.get(path, params=query)
        except httpx.TransportError as error:
            message = f"cannot reach {self._vendor}: {type(error).__name__}"
            raise Temporary(message, integration=self._vendor, reason="connection", hint="try again") from None
        if answer.status_code in (401, 403):
            raise Permanent(
                f"{self._vendor} does not let this token read {path}", integration=self._vendor, reason="auth",
                hint="name a file with a token that may read schedules, escalations and users, with --token-file",
            )  # fmt: skip
        if answer.status_code == 429 or answer.status_code >= 500:
            message = f"{self._vendor} answers {answer.status_code}"
            raise Temporary(message, integration=self._vendor, reason="server", hint="try again later")
        value = _json(answer)
        if not answer.is_success or not isinstance(value, dict):
            message = f"{self._vendor} answers {answer.status_code} to {path}, and not what its API says"
            raise Permanent(message, integration=self._vendor, reason="client", hint="see whether --api is right")
        return value

    def all(self, path: str, key: str, **query: str | int) -> Iterator[Plain]:
        """Every item of a list that comes in pages of so many from an offset on."""
        for page in range(_MOST_PAGES):
            answer = self.get(path, limit=_PAGE, offset=page * _PAGE, **query)
            items = answer.get(key) or []
            yield from items
            more = answer.get("more") if "more" in answer else (answer.get("paging") or {}).get("next")
            if not more or not items:
                return

    def numbered(self, path: str) -> Iterator[Plain]:
        """The same of a list whose pages have numbers."""
        for page in range(1, _MOST_PAGES):
            answer = self.get(path, page=page)
            yield from answer.get("results") or []
            if not answer.get("next"):
                return


def _json(answer: httpx.Response) -> Any:  # Any: plain JSON
    try:
        return answer.json()
    except ValueError:
        return None


def _pagerduty(api: _Api, now: datetime) -> Found:
    """It says who covers, and who is on call in the end, only of a time that it is asked about."""
    time = {"since": _written(now), "until": _written(now + _AHEAD)}
    schedules = [
        api.get(f"/schedules/{one['id']}", **time).get("schedule") or one for one in api.all("/schedules", "schedules")
    ]
    return {
        "users": list(api.all("/users", "users")),
        "schedules": schedules,
        "escalation_policies": list(api.all("/escalation_policies", "escalation_policies")),
    }


def _written(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _opsgenie(api: _Api, now: datetime) -> Found:
    schedules = api.get("/v2/schedules", expand="rotation").get("data") or []
    covers = (api.get(f"/v2/schedules/{one['id']}/overrides").get("data") or [] for one in schedules)
    return {
        "users": list(api.all("/v2/users", "data")),
        "schedules": schedules,
        "overrides": [
            {**one, "_parent": {"id": schedule["id"]}}
            for schedule, found in zip(schedules, covers, strict=True)
            for one in found
        ],
        "escalations": api.get("/v2/escalations").get("data") or [],
    }


def _oncall(api: _Api, now: datetime) -> Found:
    names = ("users", "schedules", "on_call_shifts", "escalation_chains", "escalation_policies")
    return {name: list(api.numbered(f"/api/v1/{name}/")) for name in names}


_READERS: Mapping[str, Callable[[_Api, datetime], Found]] = {
    "pagerduty": _pagerduty,
    "opsgenie": _opsgenie,
    "oncall": _oncall,
}
_AUTHORIZATION: Mapping[str, Callable[[str], str]] = {
    "pagerduty": lambda token: f"Token token={token}",
    "opsgenie": lambda token: f"GenieKey {token}",
    "oncall": lambda token: token,
}
