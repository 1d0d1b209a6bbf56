"""What stands under `integrations:` for a source of JSON."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, SecretStr, StringConstraints, model_validator

from bot.documents import Strict
from bot.kit.json_mapping import JsonMapping
from bot.kit.signatures import Hash, Signature, Signed, Written, keys

_Header = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,100}$")]
_OptionalHeader = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{0,100}$")]


class SignatureConfig(Strict):
    """How the source signs with a shared secret (HMAC)."""

    secrets: tuple[SecretStr, ...] = Field(
        min_length=1, description="The shared secret, as `{env: NAME}`; two while one replaces the other."
    )
    header: _Header = Field(description="The header that holds the signature, such as `X-Hub-Signature-256`.")
    prefix: str = Field(default="", description="What stands before it, such as `sha256=`.")
    hash: Hash = Field(default=Hash.SHA256, description="What it is a hash of.")
    encoding: Written = Field(default=Written.HEX, description="How it is written.")
    separator: str = Field(default="", description="Between several signatures, where there may be several.")
    signed: str = Field(
        default="{body}",
        description="What is signed, such as `{timestamp}.{body}` or `{id}.{timestamp}.{body}`.",
    )
    timestamp_header: _OptionalHeader = Field(
        default="", description="The header of `{timestamp}`, seconds since 1970; five minutes off at most."
    )
    id_header: _OptionalHeader = Field(default="", description="The header of `{id}`.")

    @model_validator(mode="after")
    def _signs_the_body(self) -> Self:
        if "{body}" not in self.signed:
            raise ValueError("`signed` must hold `{body}`")
        if ("{timestamp}" in self.signed) != bool(self.timestamp_header):
            raise ValueError("`timestamp_header` and `{timestamp}` in `signed` are needed together")
        if ("{id}" in self.signed) != bool(self.id_header):
            raise ValueError("`id_header` and `{id}` in `signed` are needed together")
        return self

    def proof(self) -> Signature:
        """The same, ready to judge."""
        signed = Signed(
            header=self.header.lower(),
            prefix=self.prefix,
            hash=self.hash,
            written=self.encoding,
            parts=self.signed,
            timestamp_header=self.timestamp_header.lower(),
            id_header=self.id_header.lower(),
            between=self.separator,
        )
        return Signature(signed=signed, secrets=keys(self.secrets))


class JsonSourceConfig(Strict):
    """One source."""

    mapping: JsonMapping = Field(description="How to read what is posted.")
    signature: SignatureConfig | None = Field(
        default=None, description="How the source signs. Without it, `hook_secret` is needed."
    )
    delivery_header: _OptionalHeader = Field(
        default="",
        description="The header with an id that the source repeats when it posts the same again, such as"
        " `X-GitHub-Delivery`.",
    )
