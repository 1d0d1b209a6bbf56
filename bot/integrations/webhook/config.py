"""What stands under `integrations:` for a webhook."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from bot.kit.way_in import WayIn

_LONGEST = timedelta(seconds=30)
_PATH = re.compile(r"[/?][!-\"$-~]*")
"""It begins a path or a query, so that it cannot lead to another host; visible ASCII without `#`."""


def _is_path(secret: SecretStr) -> SecretStr:
    if not _PATH.fullmatch(secret.get_secret_value().strip()):
        raise ValueError(
            "it must begin with `/` or `?` and go on without spaces and `#`, as the end of an address does"
        )
    return secret


class WebhookConfig(WayIn):
    """One address. Which receivers are told there, and how much, is said under `receivers:`."""

    secret_path: Annotated[SecretStr, AfterValidator(_is_path)] | None = Field(
        default=None,
        description="What follows the address and is a secret, as `{env: NAME}`: `/services/T0/XyZ` or `?token=XyZ`.",
    )

    @model_validator(mode="after")
    def _is_patient_but_not_for_ever(self) -> Self:
        if self.timeout > _LONGEST:
            raise ValueError("`timeout` is 30s at most: whoever needs longer should answer first and work afterwards")
        return self
