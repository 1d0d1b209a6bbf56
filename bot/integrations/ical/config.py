"""What stands under `integrations:` for a calendar."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator

from bot.documents import Duration, Strict

_LONGEST = timedelta(minutes=1)


def _is_address(secret: SecretStr) -> SecretStr:
    """Calendar programs write webcal:// for what is fetched over https."""
    url = secret.get_secret_value().strip().replace("webcal://", "https://", 1)
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("not an address; it is one like https://calendar.example.net/private-x/basic.ics")
    return SecretStr(url)


class IcalConfig(Strict):
    """One calendar: a file or an address."""

    file: Path | None = Field(default=None, description="A file on this machine, such as `/etc/tocsin/team.ics`.")
    url: Annotated[SecretStr, AfterValidator(_is_address)] | None = Field(
        default=None,
        description="Its address, which opens it to whoever knows it and so is a secret: `{env: NAME}`.",
    )
    timeout: Duration = Field(default=timedelta(seconds=20), description="How long to wait for an answer; 1m at most.")

    @model_validator(mode="after")
    def _stands_somewhere(self) -> Self:
        if (self.file is None) == (self.url is None):
            raise ValueError("a calendar is a file or is at an address: write either `file` or `url`")
        if not timedelta(0) < self.timeout <= _LONGEST:
            raise ValueError("`timeout` is longer than nothing, and 1m at most")
        return self
