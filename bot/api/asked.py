"""What every call of the API gets handed: the world, who asks, and ids out of the path."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Path, Query, Request

from bot.kit import who_asks
from bot.model.actor import Actor
from bot.model.ids import ApprovalId, EvidenceId, IncidentId, RunId
from bot.response.world import World


def _world(request: Request) -> World:
    return cast(World, request.app.state.world)


def _actor(request: Request) -> Actor:
    return who_asks.asker(request.scope).actor


AskedWorld = Annotated[World, Depends(_world)]
Asker = Annotated[Actor, Depends(_actor)]

_ID = Path(max_length=40)
AskedIncident = Annotated[IncidentId, _ID]
AskedRun = Annotated[RunId, _ID]
AskedAfter = Annotated[int, Query(ge=0, le=2**53)]
AskedApproval = Annotated[ApprovalId, _ID]
AskedEvidence = Annotated[EvidenceId, _ID]
AskedName = Annotated[str, Path(max_length=200)]
