"""What stands under `integrations:` for a Sentry that hears of Tocsin's own faults."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr

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

    dsn: Annotated[SecretStr, AfterValidator(_dsn)] = Field(
        description="Where Tocsin's own faults are told, as `{env: NAME}` or `{file: PATH}`."
    )
    environment: str = Field(default="production", min_length=1, description="Which of your environments this is.")
