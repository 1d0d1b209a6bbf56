"""What stands under `integrations:` for an Opsgenie, or for Jira Service Management after it."""

from __future__ import annotations

from datetime import timedelta
from typing import Self

from pydantic import Field, SecretStr, model_validator

from bot.documents import Duration, Strict
from bot.kit.way_in import Address

_LONGEST_WAIT = timedelta(seconds=30)


class OpsgenieConfig(Strict):
    """One integration there. Opsgenie does not sign what it posts: for that `hook_secret` is needed."""

    api_key: SecretStr | None = Field(
        default=None,
        description="The key of an API integration, as `{env: NAME}`: with it people are paged, and what Tocsin pages"
        " for is followed.",
    )
    api_url: Address = Field(
        default="https://api.opsgenie.com",
        description="`https://api.eu.opsgenie.com` for accounts in Europe;"
        " `https://api.atlassian.com/jsm/ops/integration` for Jira Service Management.",
    )
    timeout: Duration = Field(default=timedelta(seconds=10), description="How long to wait for an answer, 30s at most.")

    @model_validator(mode="after")
    def _is_patient_but_not_for_ever(self) -> Self:
        if not timedelta(0) < self.timeout <= _LONGEST_WAIT:
            raise ValueError("`timeout` is longer than nothing and 30s at most: the next way to reach somebody waits")
        return self
