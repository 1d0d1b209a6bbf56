"""What stands under `integrations:` for a Grafana."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from bot.documents import Strict
from bot.kit.json_mapping import JsonMapping
from bot.kit.listening import Lasts

_HEADER = re.compile(r"[A-Za-z0-9-]{1,100}")


def _is_header(name: str) -> str:
    if name and not _HEADER.fullmatch(name):
        raise ValueError(f"{name!r} is not the name of a header")
    return name


_Header = Annotated[str, AfterValidator(_is_header)]


class GrafanaConfig(Strict):
    """One webhook contact point."""

    signing_secrets: tuple[SecretStr, ...] = Field(
        default=(),
        description="The secret of the contact point's HMAC signature (Grafana 12 or newer), as `{env: NAME}` or"
        " `{file: PATH}`; two while one replaces the other. Without it, `hook_secret` is needed.",
    )
    signature_header: _Header = Field(
        default="X-Grafana-Alerting-Signature", min_length=1, description="The header that holds the signature."
    )
    timestamp_header: _Header = Field(
        default="",
        description="The header that holds the time of signing, as the contact point says; with it, a post that is"
        " older than five minutes is refused.",
    )
    mapping: JsonMapping | None = Field(
        default=None, description="How to read what is posted, where the contact point has a custom payload."
    )
    resolve_after: Lasts | None = Field(
        default=None,
        description="An alert that is not posted again for so long is over; longer than the repeat interval of its"
        " notification policy. Default: never by itself.",
    )
