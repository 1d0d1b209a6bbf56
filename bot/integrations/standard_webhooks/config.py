"""What stands under `integrations:` for a sender of Standard Webhooks."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from bot.documents import Strict
from bot.kit.json_mapping import JsonMapping
from bot.kit.signatures import standard_key


def _is_key(secret: SecretStr) -> SecretStr:
    standard_key(secret.get_secret_value())
    return secret


class StandardWebhooksConfig(Strict):
    """One sender."""

    secrets: tuple[Annotated[SecretStr, AfterValidator(_is_key)], ...] = Field(
        min_length=1,
        description="The endpoint's secret, `whsec_...`, as `{env: NAME}` or `{file: PATH}`; two while one replaces the"
        " other.",
    )
    mapping: JsonMapping = Field(description="How to read what is posted.")
