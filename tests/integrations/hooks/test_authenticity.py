"""Who may speak for a vendor: one contract, for each that signs and for each that shows a secret."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from pydantic import SecretStr

from bot.integrations.alertmanager.hook import AlertmanagerHook
from bot.integrations.datadog.hook import DatadogHook
from bot.integrations.grafana.config import GrafanaConfig
from bot.integrations.grafana.hook import GrafanaHook
from bot.integrations.json_source.config import JsonSourceConfig, SignatureConfig
from bot.integrations.json_source.hook import JsonSourceHook
from bot.integrations.opsgenie.hook import OpsgenieHook
from bot.integrations.pagerduty.hook import PagerDutyHook
from bot.integrations.sentry.hook import SIGNED, SentryHook
from bot.integrations.splunk import integration as splunk
from bot.integrations.splunk.config import SplunkConfig
from bot.integrations.standard_webhooks.config import StandardWebhooksConfig
from bot.integrations.standard_webhooks.hook import StandardWebhooksHook
from bot.kit.http_out import HttpOut
from bot.kit.json_mapping import JsonMapping
from bot.kit.plugin import Tools
from bot.kit.redaction import Redactor
from bot.kit.signatures import Signature, keys
from bot.testing.clock import FakeClock
from bot.testing.hook_contract import Attempt, SecretHookContract, SigningHookContract, SigningVendor, Vendor
from tests.integrations.hooks import payloads
from tests.integrations.hooks.conftest import BOTH, SECRETS, WayIn
from tests.servers import free_port

OTHER = b'{"action": "created"}'
MAPPING = JsonMapping(alerts="alerts", labels={"alertname": "name"})
MAPPED = b'{"alerts": [{"name": "PoolEmpty"}]}'


def whsec(secret: str) -> str:
    """A secret as Standard Webhooks writes it."""
    return "whsec_" + base64.b64encode(secret.encode()).decode()


def made(secret: str, signed: bytes) -> bytes:
    """A signature, computed without any code of ours."""
    return hmac.new(secret.encode(), signed, hashlib.sha256).digest()


class TestPagerDuty(SigningHookContract):
    @pytest.fixture
    def vendor(self, way_in: Callable[..., WayIn]) -> SigningVendor:
        into = way_in(PagerDutyHook.of(BOTH, (), "pager"), "pager")

        def prove(body: bytes, at: datetime, secret: str) -> Attempt:
            return Attempt(body=body, headers=(("X-PagerDuty-Signature", f"v1={made(SECRETS[secret], body).hex()}"),))

        return SigningVendor(
            body=payloads.pagerduty(),
            other=payloads.pagerduty(event_type="incident.brand_new", id="02"),
            prove=prove,
            header="X-PagerDuty-Signature",
            prefix="v1=",
            between=",",
            within=5,
            **into.fixtures(),
        )


class TestGrafana(SigningHookContract):
    timed = False

    @pytest.fixture
    def vendor(self, way_in: Callable[..., WayIn]) -> SigningVendor:
        timed = "X-Grafana-Alerting-Timestamp" if self.timed else ""
        config = GrafanaConfig(signing_secrets=BOTH, timestamp_header=timed)
        into = way_in(GrafanaHook(name="grafana", config=config), "grafana")

        def prove(body: bytes, at: datetime, secret: str) -> Attempt:
            stamp = str(int(at.timestamp()))
            signed = f"{stamp}:".encode() + body if timed else body
            sign = ("X-Grafana-Alerting-Signature", made(SECRETS[secret], signed).hex())
            return Attempt(body=body, headers=(sign, (timed, stamp)) if timed else (sign,))

        return SigningVendor(
            body=payloads.grafana(),
            other=payloads.grafana(alerts=[]),
            prove=prove,
            header="X-Grafana-Alerting-Signature",
            timestamp_header=timed,
            repeats=True,
            **into.fixtures(),
        )


class TestGrafanaWithATime(TestGrafana):
    timed = True


class Shown(SecretHookContract):
    """A source that shows its secret: at the end of the path, or as a bearer token."""

    body, other, repeats, source, within = b"", b"", False, "shown", 5.0

    def hook(self) -> Any:
        raise AssertionError("each says which")

    @pytest.fixture
    def vendor(self, way_in: Callable[..., WayIn]) -> Vendor:
        into = way_in(self.hook(), self.source, secrets=(SECRETS["current"], SECRETS["previous"]))

        def prove(body: bytes, at: datetime, secret: str) -> Attempt:
            return Attempt(path=f"/hooks/{self.source}/{SECRETS[secret]}", body=body)

        return Vendor(
            body=self.body, other=self.other, prove=prove, repeats=self.repeats, within=self.within, **into.fixtures()
        )

    @pytest.fixture
    def shown(self, vendor: Vendor) -> Callable[[str], Sequence[Attempt]]:
        def show(secret: str) -> Sequence[Attempt]:
            bearer = ("Authorization", f"Bearer {secret}")
            return [
                Attempt(body=vendor.body, path=f"/hooks/{self.source}/{secret}"),
                Attempt(body=vendor.body, headers=(bearer,)),
            ]

        return show


class TestSentry(SigningHookContract):
    @pytest.fixture
    def vendor(self, way_in: Callable[..., WayIn]) -> SigningVendor:
        into = way_in(SentryHook(name="sentry", proof=Signature(signed=SIGNED, secrets=keys(BOTH))), "sentry")

        def prove(body: bytes, at: datetime, secret: str) -> Attempt:
            # Sentry's own timestamp is not signed, so it is there and counts for nothing
            headers = (
                ("Sentry-Hook-Signature", made(SECRETS[secret], body).hex()),
                ("Sentry-Hook-Timestamp", str(int(at.timestamp()))),
                ("Sentry-Hook-Resource", "event_alert" if body != OTHER else "brand_new"),
                ("Request-ID", "4a1"),
            )
            return Attempt(body=body, headers=headers)

        return SigningVendor(
            body=payloads.sentry_event(), other=OTHER, prove=prove, header="Sentry-Hook-Signature", **into.fixtures()
        )


class TestStandardWebhooks(SigningHookContract):
    @pytest.fixture
    def vendor(self, way_in: Callable[..., WayIn]) -> SigningVendor:
        config = StandardWebhooksConfig(
            secrets=tuple(SecretStr(whsec(SECRETS[which])) for which in ("current", "previous")), mapping=MAPPING
        )
        into = way_in(StandardWebhooksHook.of(config, "sender"), "sender")

        def prove(body: bytes, at: datetime, secret: str) -> Attempt:
            stamp, name = str(int(at.timestamp())), f"msg_{len(body)}"
            digest = made(SECRETS[secret], f"{name}.{stamp}.".encode() + body)
            signature = "v1," + base64.b64encode(digest).decode()
            return Attempt(
                body=body,
                headers=(("webhook-id", name), ("webhook-timestamp", stamp), ("webhook-signature", signature)),
            )

        return SigningVendor(
            body=MAPPED,
            other=b'{"alerts": []}',
            prove=prove,
            header="webhook-signature",
            prefix="v1,",
            between=" ",
            timestamp_header="webhook-timestamp",
            **into.fixtures(),
        )

    async def test_the_id_is_signed(self, vendor: SigningVendor) -> None:
        genuine = vendor.prove(vendor.body, vendor.now(), "current")
        for attempt in (genuine.with_header("webhook-id", "msg_other"), genuine.without_header("webhook-id")):
            assert (await vendor.post(attempt)).status == 401


class TestSignedJson(SigningHookContract):
    """As GitHub signs."""

    @pytest.fixture
    def vendor(self, way_in: Callable[..., WayIn]) -> SigningVendor:
        signature = SignatureConfig(secrets=BOTH, header="X-Hub-Signature-256", prefix="sha256=")
        config = JsonSourceConfig(mapping=MAPPING, signature=signature, delivery_header="X-GitHub-Delivery")
        into = way_in(JsonSourceHook(name="github", config=config), "github")

        def prove(body: bytes, at: datetime, secret: str) -> Attempt:
            signature = f"sha256={made(SECRETS[secret], body).hex()}"
            return Attempt(
                body=body, headers=(("X-Hub-Signature-256", signature), ("X-GitHub-Delivery", str(len(body))))
            )

        return SigningVendor(
            body=MAPPED,
            other=b'{"alerts": []}',
            prove=prove,
            header="X-Hub-Signature-256",
            prefix="sha256=",
            **into.fixtures(),
        )


class TestAlertmanager(Shown):
    body, other, repeats = payloads.alertmanager(), payloads.alertmanager(alerts=[]), True

    def hook(self) -> AlertmanagerHook:
        return AlertmanagerHook(name=self.source)


class TestOpsgenie(Shown):
    body, other = payloads.opsgenie(), payloads.opsgenie(action="BrandNew")

    def hook(self) -> OpsgenieHook:
        return OpsgenieHook(name=self.source)


class TestDatadog(Shown):
    body, other = payloads.datadog(), payloads.datadog(ALERT_TRANSITION="Brand new")

    def hook(self) -> DatadogHook:
        return DatadogHook(name=self.source)


class TestJson(Shown):
    body, other, repeats = MAPPED, b'{"alerts": null}', True

    def hook(self) -> JsonSourceHook:
        return JsonSourceHook(name=self.source, config=JsonSourceConfig(mapping=MAPPING))


class TestSplunk(Shown):
    """Its server does not answer, and no alert is lost for that."""

    body, within = b'{"sid": "a_1", "search_name": "Refused", "app": "search", "result": {"user": "ann"}}', 10.0

    @pytest.fixture
    async def vendor(self, way_in: Callable[..., WayIn]) -> AsyncIterator[Vendor]:
        config = SplunkConfig(url=f"http://127.0.0.1:{free_port()}")
        async with HttpOut() as http:
            tools = Tools(name=self.source, clock=FakeClock(), http=http, redactor=Redactor())
            async with splunk.open(config, tools) as opened:
                into = way_in(opened.hook, self.source, secrets=(SECRETS["current"], SECRETS["previous"]))

                def prove(body: bytes, at: datetime, secret: str) -> Attempt:
                    return Attempt(path=f"/hooks/{self.source}/{SECRETS[secret]}", body=body)

                yield Vendor(body=self.body, other=b"", prove=prove, within=self.within, **into.fixtures())

    async def test_a_kind_that_nobody_knows_is_no_mistake_of_the_vendors(self, vendor: Vendor) -> None:
        """Splunk posts one kind alone; what it does not know of is kept for people."""
        answer = await vendor.post(vendor.prove(b'{"other": "kind"}', vendor.now(), "current"))
        assert (answer.status, await vendor.kept(), vendor.active()) == (202, 1, 0)


class TestEventsApi(SecretHookContract):
    """The key stands in the body."""

    @pytest.fixture
    def vendor(self, way_in: Callable[..., WayIn]) -> Vendor:
        into = way_in(PagerDutyHook.of((), BOTH, "tools"), "tools")

        def prove(body: bytes, at: datetime, secret: str) -> Attempt:
            return Attempt(path="/v2/enqueue", body=payloads.with_key(body, SECRETS[secret]))

        return Vendor(
            body=payloads.event(),
            other=payloads.event(event_action="acknowledge"),
            prove=prove,
            repeats=True,
            **into.fixtures(),
        )

    @pytest.fixture
    def shown(self, vendor: Vendor) -> Callable[[str], Sequence[Attempt]]:
        return lambda key: [Attempt(path="/v2/enqueue", body=payloads.with_key(vendor.body, key))]

    async def test_bytes_that_are_no_text_are_kept_for_people(self, vendor: Vendor) -> None:
        """Without a key that can be read nobody knows whose they are."""
        for body in (b"\xff\xfe{}", b"[" * 5000, b'{"a": NaN}', b"{}", b'{"routing_key": {}}', b'{"routing_key": 5}'):
            assert (await vendor.post(Attempt(path="/v2/enqueue", body=body))).status == 401
        assert await vendor.kept() == 0

    async def test_it_opens_no_other_way_in(self, vendor: Vendor) -> None:
        attempt = vendor.prove(vendor.body, vendor.now(), "current")
        for path in ("/hooks/tools", f"/hooks/tools/{SECRETS['current']}", "/v2/", "/v2/enqueue/"):
            assert (await vendor.post(replace(attempt, path=path))).status == 401
