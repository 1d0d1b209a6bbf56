"""What a Prometheus says of its rules, said of ours in the same words, for Grafana and whatever else reads it there."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Response

from bot import __version__
from bot.api.asked import AskedWorld, Asker
from bot.api.prometheus_form import Json, Standing, Wanted, alerts, page
from bot.model.actor import Actor
from bot.model.rule import AlertRule, RecordingRule
from bot.response import looked_up
from bot.response.world import World
from bot.rules.selection import Selection, selection

router = APIRouter(include_in_schema=False)  # Prometheus' own documentation describes it

PATHS = ("/rules", "/alerts", "/status/buildinfo")
"""What is answered in Prometheus' form, refusals too."""

MEDIA_TYPE = "application/json"
_KINDS: dict[str, tuple[type, ...]] = {
    "": (AlertRule, RecordingRule),
    "alert": (AlertRule,),
    "record": (RecordingRule,),
}
_BOOLEANS = {**dict.fromkeys(("1", "t", "true"), True), **dict.fromkeys(("", "0", "f", "false"), False)}
_INTEGER = re.compile(r"[+-]?[0-9]+")
_LARGEST = 2**31 - 1
_ERRORS = {404: "not_found", 408: "timeout", 503: "unavailable", 504: "timeout"}


class _Unfit(Exception):
    """A parameter that makes no sense; the message is Prometheus' own."""

    def __init__(self, why: str, parameter: str = "") -> None:
        super().__init__(f'invalid parameter "{parameter}": {why}' if parameter else why)


@router.get("/rules", name="prometheus_rules")
async def list_rules(
    world: AskedWorld,
    asker: Asker,
    names: Annotated[list[str] | None, Query(alias="rule_name[]")] = None,
    groups: Annotated[list[str] | None, Query(alias="rule_group[]")] = None,
    files: Annotated[list[str] | None, Query(alias="file[]")] = None,
    matches: Annotated[list[str] | None, Query(alias="match[]")] = None,
    kind: Annotated[str, Query(alias="type")] = "",
    exclude_alerts: str = "",
    group_limit: str = "",
    group_next_token: str = "",
) -> Response:
    """Every group with its rules and their alerts, as a Prometheus answers it."""
    try:
        wanted = Wanted(
            kinds=_kinds(kind),
            names=frozenset(names or ()),
            groups=frozenset(groups or ()),
            files=frozenset(files or ()),
            selections=_selections(matches or ()),
            with_alerts=not _boolean("exclude_alerts", exclude_alerts),
            most=_most(group_limit, group_next_token),
            token=group_next_token,
        )
        return _success(_page(await _standings(world, asker), wanted))
    except _Unfit as unfit:
        return Response(refusal_body(400, str(unfit)), status_code=400, media_type=MEDIA_TYPE)


@router.get("/alerts", name="prometheus_alerts")
async def list_alerts(world: AskedWorld, asker: Asker) -> Response:
    """Every pending and firing alert of our rules, as a Prometheus answers it."""
    return _success({"alerts": alerts(await _standings(world, asker))})


@router.get("/status/buildinfo", name="prometheus_buildinfo")
async def build_info() -> Response:
    """What Grafana asks a Prometheus before it asks for rules."""
    info = {"application": "Tocsin", "version": __version__}
    unknown = dict.fromkeys(("revision", "branch", "buildUser", "buildDate", "goVersion"), "")
    return _success({**info, **unknown})


def refusal_body(status: int, error: str) -> bytes:
    """A refusal as Prometheus writes it: `status`, `errorType`, `error`."""
    kind = _ERRORS.get(status, "internal" if status >= 500 else "bad_data")
    return json.dumps({"status": "error", "errorType": kind, "error": error}).encode()


async def _standings(world: World, asker: Actor) -> Sequence[Standing]:
    statuses = {status.key: status for status in await looked_up.rules(world, asker)}
    return [Standing(group=group, status=statuses.get(group.key)) for group in world.setup.groups]


def _kinds(kind: str) -> tuple[type, ...]:
    if kind.lower() not in _KINDS:
        raise _Unfit(f'not supported value "{kind.lower()}"', "type")
    return _KINDS[kind.lower()]


def _boolean(parameter: str, text: str) -> bool:
    if text.lower() not in _BOOLEANS:
        why = f'error converting {parameter}: strconv.ParseBool: parsing "{text.lower()}": invalid syntax'
        raise _Unfit(why, parameter)
    return _BOOLEANS[text.lower()]


def _selections(matches: Sequence[str]) -> Sequence[Selection]:
    try:
        return [selection(match) for match in matches]
    except ValueError as error:
        raise _Unfit(str(error)) from None


def _most(limit: str, token: str) -> int:
    """How many groups a page may have; 0 for all of them on one."""
    if not limit:
        if token:
            raise _Unfit("group_limit needs to be present in order to paginate over the groups", "group_next_token")
        return 0
    if _INTEGER.fullmatch(limit) is None:
        raise _no_number(limit, "invalid syntax")
    if len(limit) > 11 or not -_LARGEST - 1 <= int(limit) <= _LARGEST:
        raise _no_number(limit, "value out of range")
    if int(limit) <= 0:
        raise _Unfit("group_limit needs to be greater than 0", "group_limit")
    return int(limit)


def _no_number(limit: str, why: str) -> _Unfit:
    return _Unfit(f'group_limit needs to be a valid number: strconv.ParseInt: parsing "{limit}": {why}', "group_limit")


def _page(standings: Sequence[Standing], wanted: Wanted) -> Json:
    try:
        return page(standings, wanted)
    except ValueError as error:
        raise _Unfit(str(error), "group_next_token") from None


def _success(data: Json) -> Response:
    return Response(json.dumps({"status": "success", "data": data}), media_type=MEDIA_TYPE)
