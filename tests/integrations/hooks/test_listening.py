"""Integrations that only listen: they open without anybody, offer what they say, and show no secret."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from bot.config import catalog
from bot.kit.http_out import HttpOut
from bot.kit.plugin import Tools
from bot.kit.redaction import Redactor
from bot.testing.clock import FakeClock

SECRET = "whsec_c2VjcmV0LW9mLXRoaXMtc291cmNlLTQ3MTE="
MAPPING = {"labels": {"alertname": "name"}}
CONFIGS: dict[str, dict[str, Any]] = {
    "datadog": {},
    "grafana": {"signing_secrets": [SECRET]},
    "json_source": {"mapping": MAPPING, "signature": {"secrets": [SECRET], "header": "X-Sign"}},
    "opsgenie": {},
    "pagerduty": {"webhook_secrets": [SECRET], "enqueue_keys": [SECRET]},
    "sentry": {"client_secrets": [SECRET]},
    "sns": {"topics": ["arn:aws:sns:eu-central-1:123456789012:alarms"]},
    "standard_webhooks": {"secrets": [SECRET], "mapping": MAPPING},
}
UNSIGNED = {"datadog", "opsgenie"}


@pytest.mark.parametrize("kind", CONFIGS)
async def test_it_opens_offers_what_it_says_and_shows_no_secret(kind: str) -> None:
    integration = catalog.find(kind)
    config = integration.config.model_validate(CONFIGS[kind])
    async with HttpOut() as http:
        tools = Tools(name="heard", clock=FakeClock(), http=http, redactor=Redactor())
        for _ in range(2):
            async with integration.open(config, tools) as opened:
                (found,) = await opened.examine()
                shown = f"{config!r} {config} {opened!r} {found!r}"
                assert opened.hook is not None
                assert integration.provides - {"pager", "mirror"} == {"hook"}
                assert (opened.hook.proof is None) == (kind in UNSIGNED)
    assert SECRET not in shown
    assert (found.ok, "/hooks/heard" in found.detail) == (True, True)
    assert ("hook_secret" in found.detail) == (kind in UNSIGNED)


@pytest.mark.parametrize(
    ("kind", "config", "complaint"),
    [
        ("pagerduty", {}, "needs `routing_key`, `webhook_secrets` or `enqueue_keys`"),
        ("pagerduty", {"enqueue_keys": ["short"]}, "at least 16 characters"),
        ("sentry", {}, "needs `dsn`, `client_secrets` or both"),
        ("standard_webhooks", {"secrets": ["whsec_x"], "mapping": MAPPING}, "not a secret of Standard Webhooks"),
        ("standard_webhooks", {"secrets": [], "mapping": MAPPING}, "at least 1 item"),
        ("grafana", {"signature_header": "no header"}, "is not the name of a header"),
        ("grafana", {"signature_header": ""}, "at least 1 character"),
        ("grafana", {"resolve_after": "10s"}, "must be a minute or longer"),
        ("json_source", {}, "Field required"),
        ("sns", {}, "Field required"),
    ],
)
def test_what_could_never_be_believed_or_read_is_a_mistake(kind: str, config: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError) as caught:
        catalog.find(kind).config.model_validate(config)
    assert complaint in str(caught.value)
    assert "whsec_x" not in str([error["msg"] for error in caught.value.errors()])
