"""What stands under `integrations:` for requests that runbooks make."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator

from bot.documents import Strict
from bot.kit.way_in import WayIn

Method = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
READS: frozenset[Method] = frozenset({"GET", "HEAD"})
_LONGEST = timedelta(minutes=1)
_NEVER = (IPv4Network("169.254.0.0/16"), IPv6Network("fe80::/10"), IPv6Network("fd00:ec2::/32"))
"""Where clouds hand out credentials to whoever asks."""

Network = IPv4Network | IPv6Network


def _not_of_the_machine(networks: list[Network]) -> list[Network]:
    for network in networks:
        if any(network.version == never.version and network.overlaps(never) for never in _NEVER):
            raise ValueError(f"{network} holds addresses at which clouds hand out credentials; name a narrower one")
    return networks


class Place(WayIn):
    """An address below which runbooks may ask, and what they may do there."""

    methods: list[Method] = Field(
        default=["GET", "HEAD"], min_length=1, description="What may be done there; all but GET and HEAD ask people."
    )
    risk: Literal["write", "destructive"] = Field(
        default="write", description="How grave it is to do anything but read there: `destructive` asks two people."
    )
    networks: Annotated[list[Network], AfterValidator(_not_of_the_machine)] = Field(
        default_factory=list,
        description="Networks that its host may lie in, such as `10.0.0.0/8`. Without them it must be on the internet.",
    )

    @field_validator("url")
    @classmethod
    def _is_as_a_step_writes_it(cls, url: str) -> str:
        """A step's address is plain ASCII, so that two that look alike are never two hosts: no other would ever fit."""
        if not url.isascii():
            raise ValueError("write a host as DNS has it, like xn--bcher-kva.example, and a path with escapes")
        return url

    @field_validator("timeout")
    @classmethod
    def _is_patient_but_not_for_ever(cls, timeout: timedelta) -> timedelta:
        if timeout > _LONGEST:
            raise ValueError("`timeout` is 1m at most: begin what takes longer, and look for its end in a later step")
        return timeout


class HttpConfig(Strict):
    """The places that runbooks may reach; there is no other."""

    allow: list[Place] = Field(min_length=1, description="Where runbooks may ask: each an address and what lies below.")
    largest_answer: int = Field(
        default=1024,
        ge=1,
        le=5120,
        description="KiB that an answer may have; a longer one fails a read; of a change nobody then knows.",
    )
