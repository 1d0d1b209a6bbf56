"""What stands under `integrations:` for a Splunk."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from bot.documents import Duration, Strict
from bot.kit.way_in import Address, BasicAuth, Tls, WayIn


def _seconds(length: timedelta) -> timedelta:
    if length < timedelta(seconds=1):
        raise ValueError("must be a second or longer")
    return length


def _printable(text: str) -> str:
    if not text.isprintable() or not text.strip():
        raise ValueError("must not be empty, nor hold a line break or a control character")
    return text


_Length = Annotated[Duration, AfterValidator(_seconds)]
_Word = Annotated[str, AfterValidator(_printable)]


class HecConfig(Strict):
    """The HTTP Event Collector, where events of Tocsin's own go."""

    url: Address = Field(description="Its address, often port 8088, without `/services`.")
    token: SecretStr = Field(description="The collector's token, as `{env: NAME}` or `{file: PATH}`.")
    index: str = Field(default="", description="The index to write to, if it is not the token's own.")
    source: _Word = Field(default="tocsin", description="The `source` of the events.")
    sourcetype: _Word = Field(
        default="tocsin", description="The first part of their `sourcetype`; the kind follows: `tocsin:audit`."
    )
    ack: bool = Field(
        default=False,
        description="Whether the token has indexer acknowledgement: then an event counts as sent when it is indexed.",
    )
    tls: Tls | None = Field(default=None, description="Certificates, where they are not those of the server itself.")


class SplunkConfig(WayIn):
    """One Splunk: a search head, or a load balancer that keeps each client with one of them."""

    url: Address = Field(description="Address of the management port, often 8089, without `/services`.")
    bearer_token: SecretStr | None = Field(
        default=None, description="A token of Splunk's (Settings > Tokens), as `{env: NAME}` or `{file: PATH}`."
    )
    login: BasicAuth | None = Field(
        default=None,
        description="A name and a password to sign in with, where the server takes neither tokens nor `basic_auth`.",
    )
    web_url: Address | None = Field(
        default=None, description="Where people reach Splunk Web, often port 8000; without it there are no links."
    )
    app: _Word = Field(default="search", description="The app in which logs are searched, with its macros and lookups.")
    owner: _Word = Field(
        default="nobody", description="Whose private objects a search of logs may use; `nobody`: shared ones."
    )
    searches_at_once: int = Field(
        default=8,
        ge=1,
        le=500,
        description="How many searches may run at once; no more than `srchJobsQuota` of Tocsin's role in Splunk.",
    )
    evidence_at_once: int = Field(
        default=4,
        ge=1,
        le=500,
        description="How many of those evidence and backtests may take together; one is always left for alerts.",
    )
    search_timeout: _Length = Field(
        default=timedelta(minutes=10), description="How long one search may run before it is cancelled."
    )
    keep: _Length = Field(
        default=timedelta(minutes=10), description="How long Splunk keeps the rows of a run, so that its link works."
    )
    harmless_messages: tuple[_Word, ...] = Field(
        default=(),
        description="Texts of warnings that do not mean that data is missing; part of the warning is enough.",
    )
    resolve_after: _Length | None = Field(
        default=None,
        description="Of alerts that Splunk posts: one that is not posted again for so long is over. Default: never.",
    )
    hec: HecConfig | None = Field(default=None, description="Where Tocsin's own events go.")

    @model_validator(mode="after")
    def _only_one_way_in(self) -> Self:
        if self.login and (self.basic_auth or self.bearer_token):
            raise ValueError("use `login`, `basic_auth` or `bearer_token`, only one of them")
        return self

    @property
    def most_evidence(self) -> int:
        """How many searches that are no alert's may run at once."""
        return min(self.evidence_at_once, max(1, self.searches_at_once - 1))
