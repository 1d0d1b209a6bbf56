"""Integrations that only listen: whose vendor posts to Tocsin, and is asked nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator

from bot.documents import Duration
from bot.kit.plugin import Capabilities, Tools
from bot.ports.actions import Health
from bot.ports.alert_hook import AlertHook, Call, Heard


def _long_enough(length: timedelta) -> timedelta:
    if length < timedelta(minutes=1):
        raise ValueError("must be a minute or longer")
    return length


Lasts = Annotated[Duration, AfterValidator(_long_enough)]
"""A field of a document: how long an alert is believed without being posted again."""


class SaysAll:
    """The half of an `AlertHook` that most have: a call says all there is, and comes to `/hooks/NAME` alone."""

    @property
    def doors(self) -> frozenset[str]:
        """None of its own."""
        return frozenset()

    async def complete(self, call: Call, heard: Heard) -> Heard:
        """Nobody is asked for more."""
        return heard


def listening(hook: AlertHook, tools: Tools) -> Capabilities:
    """What an integration can do that has a hook and nothing else."""

    async def examine() -> Sequence[Health]:
        how = "signed" if hook.proof else "with the `hook_secret` at the end, or as a bearer token"
        return [Health(what="listening", ok=True, detail=f"takes posts at /hooks/{tools.name}, {how}")]

    return Capabilities(examine=examine, hook=hook)
