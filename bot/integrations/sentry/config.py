"""What stands under `integrations:` for a Sentry: one that hears of Tocsin's own faults, that posts alerts, or both."""

from __future__ import annotations

from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator

from bot.documents import Strict


def _dsn(dsn: SecretStr) -> SecretStr:
    wanted = "not a DSN; it looks like https://KEY@HOST/NUMBER, and Sentry shows it under Client Keys"
    try:
        parts = urlsplit(dsn.get_secret_value().strip())
        complete = parts.username and parts.hostname and parts.port != 0
    except ValueError:
        raise ValueError(wanted) from None
    if parts.scheme not in ("http", "https") or not complete or not parts.path.rpartition("/")[2].isdigit():
        raise ValueError(wanted)
    return SecretStr(dsn.get_secret_value().strip())


class SentryConfig(Strict):
    """One project."""

    dsn: Annotated[SecretStr, AfterValidator(_dsn)] | None = Field(
        default=None, description="Where Tocsin's own faults are told, as `{env: NAME}` or `{file: PATH}`."
    )
    environment: str = Field(default="production", min_length=1, description="Which of your environments this is.")
    client_secrets: tuple[SecretStr, ...] = Field(
        default=(),
        description="The Client Secret of the integration in Sentry that posts to Tocsin, as `{env: NAME}`; two while"
        " one replaces the other.",
    )

    @model_validator(mode="after")
    def _is_of_use(self) -> Self:
        if self.dsn is None and not self.client_secrets:
            raise ValueError("needs `dsn`, `client_secrets` or both")
        return self
