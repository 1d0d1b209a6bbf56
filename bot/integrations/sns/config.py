"""What stands under `integrations:` for topics of AWS SNS."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from bot.documents import Strict
from bot.kit.json_mapping import JsonMapping

_Arn = Annotated[str, StringConstraints(pattern=r"^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_.-]{1,262}$")]


class SnsConfig(Strict):
    """Topics that are subscribed to."""

    topics: tuple[_Arn, ...] = Field(
        min_length=1,
        description="The ARNs of the topics that may post, such as `arn:aws:sns:eu-central-1:123456789012:alarms`. A"
        " subscription to one of these is confirmed by itself; set its `SignatureVersion` to 2.",
    )
    severity: str = Field(default="", description="The `severity` label of CloudWatch's alarms, which have none.")
    mapping: JsonMapping | None = Field(
        default=None, description="How to read messages that are JSON and no CloudWatch alarms."
    )
