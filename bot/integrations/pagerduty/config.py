"""What stands under `integrations:` for PagerDuty."""

from __future__ import annotations

from datetime import timedelta
from typing import Self

from pydantic import Field, SecretStr, model_validator

from bot.documents import Duration, Strict
from bot.kit.way_in import Address

_SHORTEST_KEY = 16
_LONGEST_WAIT = timedelta(seconds=30)


class PagerDutyConfig(Strict):
    """One service that Tocsin pages through, one account's webhook, keys for tools that send events, or all of them."""

    routing_key: SecretStr | None = Field(
        default=None,
        description="The integration key of the PagerDuty service through which people are paged (*Integrations >"
        " Events API V2*), as `{env: NAME}`.",
    )
    webhook_secrets: tuple[SecretStr, ...] = Field(
        default=(),
        description="The secret of the webhook subscription, which PagerDuty shows once; two while one replaces the"
        " other. As `{env: NAME}` or `{file: PATH}`.",
    )
    api_key: SecretStr | None = Field(
        default=None,
        description="A REST API key, as `{env: NAME}`: with it notes are exchanged, and what a webhook did not tell is"
        " asked for.",
    )
    as_user: str = Field(
        default="",
        description="The e-mail address of the PagerDuty user in whose name notes are written; keys of an account need"
        " one.",
    )
    events_url: Address = Field(
        default="https://events.pagerduty.com",
        description="Where events are sent; `https://events.eu.pagerduty.com` for accounts in Europe.",
    )
    api_url: Address = Field(
        default="https://api.pagerduty.com",
        description="Where the REST API is; `https://api.eu.pagerduty.com` for accounts in Europe.",
    )
    timeout: Duration = Field(default=timedelta(seconds=10), description="How long to wait for an answer, 30s at most.")
    enqueue_keys: tuple[SecretStr, ...] = Field(
        default=(),
        description="Keys of your own making that tools send as `routing_key` to `/v2/enqueue` and"
        " `/v2/change/enqueue`, at least 16 characters; PagerDuty's own have 32. Each as `{env: NAME}`.",
    )

    @model_validator(mode="after")
    def _is_of_use(self) -> Self:
        if not self.routing_key and not self.webhook_secrets and not self.enqueue_keys:
            raise ValueError("needs `routing_key`, `webhook_secrets` or `enqueue_keys`")
        if any(len(key.get_secret_value()) < _SHORTEST_KEY for key in self.enqueue_keys):
            raise ValueError(
                f"`enqueue_keys` have at least {_SHORTEST_KEY} characters; `openssl rand -hex 16` makes one"
            )
        if self.api_key and not self.routing_key:
            raise ValueError("`api_key` is for incidents that Tocsin pages people for: it needs `routing_key`")
        if not timedelta(0) < self.timeout <= _LONGEST_WAIT:
            raise ValueError("`timeout` is longer than nothing and 30s at most: the next way to reach somebody waits")
        return self
