"""SNS: signed with a key of AWS's own, which is fetched from AWS's hosts alone."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from bot.errors import Permanent, Temporary
from bot.integrations.sns.certificates import Certificates, is_of_aws
from bot.integrations.sns.config import SnsConfig
from bot.integrations.sns.hook import SnsHook, SnsMessages
from bot.integrations.sns.proof import SnsProof
from bot.kit.json_mapping import JsonMapping
from bot.testing.hook_contract import Attempt, HookContract, Vendor
from tests.integrations.hooks import payloads
from tests.integrations.hooks.conftest import AT, WayIn, heard

CERTIFICATE = "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-abc.pem"
OTHER_CERTIFICATE = "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-old.pem"
SUBSCRIBE = "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&Token=2336412f"
NOTIFICATION = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
CONFIRMATION = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")


@dataclass
class Amazon:
    """Signs, and answers for its hosts."""

    keys: dict[str, rsa.RSAPrivateKey] = field(
        default_factory=lambda: {
            which: rsa.generate_private_key(public_exponent=65537, key_size=2048)
            for which in ("current", "previous", "strange")
        }
    )
    asked: list[str] = field(default_factory=list)
    answers: dict[str, bytes | Exception] = field(default_factory=dict)

    async def fetch(self, url: str) -> bytes:
        self.asked.append(url)
        answer = self.answers.get(url, b"")
        if isinstance(answer, Exception):
            raise answer
        return answer

    def publishes(self, url: str, which: str, at: datetime, days: int = 100) -> None:
        key = self.keys[which]
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")])
        begins = at - timedelta(days=days)
        made = x509.CertificateBuilder(
            name, name, key.public_key(), x509.random_serial_number(), begins, at + timedelta(days=days)
        ).sign(key, hashes.SHA256())
        self.answers[url] = made.public_bytes(Encoding.PEM)

    def sign(self, message: dict[str, Any], which: str = "current", hash: Any = None) -> dict[str, Any]:
        names = NOTIFICATION if message.get("Type") == "Notification" else CONFIRMATION
        text = "".join(f"{name}\n{message[name]}\n" for name in names if message.get(name) is not None)
        signature = self.keys[which].sign(text.encode(), padding.PKCS1v15(), hash or hashes.SHA256())
        return message | {"Signature": base64.b64encode(signature).decode()}


@pytest.fixture(scope="module")
def keys() -> dict[str, rsa.RSAPrivateKey]:
    return Amazon().keys


@pytest.fixture
def amazon(keys: dict[str, rsa.RSAPrivateKey]) -> Amazon:
    return Amazon(keys=keys)


def hook_of(amazon: Amazon, **messages: Any) -> SnsHook:
    proof = SnsProof(topics=frozenset({payloads.TOPIC}), certificates=Certificates(amazon.fetch))
    return SnsHook(messages=SnsMessages(name="aws", **messages), proof=proof, fetch=amazon.fetch)


@pytest.fixture
def into(way_in: Callable[..., WayIn], amazon: Amazon) -> WayIn:
    opened = way_in(hook_of(amazon, severity="critical"), "aws")
    amazon.publishes(CERTIFICATE, "current", opened.now())
    amazon.publishes(OTHER_CERTIFICATE, "previous", opened.now())
    return opened


def dumped(message: dict[str, Any]) -> bytes:
    return json.dumps(message).encode()


class TestSns(HookContract):
    @pytest.fixture
    def vendor(self, into: WayIn, amazon: Amazon) -> Vendor:
        def prove(body: bytes, at: datetime, secret: str) -> Attempt:
            message = json.loads(body) | {"Timestamp": at.isoformat()}
            if secret == "previous":
                message["SigningCertURL"] = OTHER_CERTIFICATE
            return Attempt(body=dumped(amazon.sign(message, secret)))

        return Vendor(
            body=dumped(payloads.sns()),
            other=dumped(payloads.sns(Message="Hello", Subject=None, MessageId="2")),
            prove=prove,
            **into.fixtures(),
        )


async def refused(into: WayIn, *messages: dict[str, Any] | bytes) -> None:
    for message in messages:
        answer = await into.post(Attempt(body=message if isinstance(message, bytes) else dumped(message)))
        assert answer.status == 401, message
    assert await into.kept() == 0


async def test_all_that_is_signed_is_signed(into: WayIn, amazon: Amazon) -> None:
    genuine = amazon.sign(payloads.sns(Timestamp=into.now().isoformat()))
    for name in NOTIFICATION:
        await refused(into, genuine | {name: f"{genuine[name]}x"}, genuine | {name: None})
    await refused(into, genuine | {"Type": "SubscriptionConfirmation", "SubscribeURL": SUBSCRIBE, "Token": "1"})


async def test_what_is_no_signature_is_none(into: WayIn, amazon: Amazon) -> None:
    genuine = amazon.sign(payloads.sns(Timestamp=into.now().isoformat()))
    right = genuine["Signature"]
    for wrong in ("", None, right[:-1], right[:-4], right.swapcase(), f"{right[:9]} {right[9:]}", "\xe9", "=" * 20):
        await refused(into, genuine | {"Signature": wrong})
    old = amazon.sign(payloads.sns(Timestamp=into.now().isoformat(), SignatureVersion="1"), hash=hashes.SHA1())
    await refused(into, old, old | {"SignatureVersion": "2"}, old | {"SignatureVersion": None})
    await refused(into, b"", b"\xff\xfe", b"[]", b"null", b"[" * 5000, dumped(genuine)[:-1])


async def test_the_message_may_be_written_otherwise_as_its_fields_are_signed(into: WayIn, amazon: Amazon) -> None:
    genuine = amazon.sign(payloads.sns(Timestamp=into.now().isoformat()))
    anew = json.dumps(dict(reversed(genuine.items())), indent=2).encode()
    assert (await into.post(Attempt(body=anew))).status == 200


async def test_a_message_is_good_for_an_hour(into: WayIn, amazon: Amazon) -> None:
    for seconds in (-3601, 3601):
        at = into.now() + timedelta(seconds=seconds)
        await refused(into, amazon.sign(payloads.sns(Timestamp=at.isoformat())))
    await refused(into, amazon.sign(payloads.sns(Timestamp="soon")), amazon.sign(payloads.sns(Timestamp=None)))
    recent = payloads.sns(Timestamp=(into.now() - timedelta(seconds=3599)).isoformat())
    assert (await into.post(Attempt(body=dumped(amazon.sign(recent))))).status == 200


HOSTILE = [
    "http://sns.eu-central-1.amazonaws.com/a.pem",
    "https://sns.eu-central-1.amazonaws.com.evil.example/a.pem",
    "https://evil.example/sns.eu-central-1.amazonaws.com/a.pem",
    "https://sns.eu-central-1.amazonaws.com@evil.example/a.pem",
    "https://evil.example#@sns.eu-central-1.amazonaws.com/a.pem",
    "https://sns.eu-central-1.amazonaws.com:8443/a.pem",
    "https://sns.eu-central-1.amazonaws.com\\@evil.example/a.pem",
    "https://snsxeu-central-1.amazonaws.com/a.pem",
    "https://s3.amazonaws.com/bucket/a.pem",
    "https://sns.amazonaws.com.s3.amazonaws.com/a.pem",
    "https://sns.eu-central-1.amazonaws.com/a.pem?x=.txt#.pem",
    "https://SNS.eu-central-1.amazonaws.com/a.pem",
    "https://sns.eu-central-1.amazonaws.com\u3002evil.example/a.pem",
    "https://[::1]/a.pem",
    "https://sns.eu-central-1.amazonaws.com /a.pem",
    "file:///etc/passwd.pem",
    "",
]


@pytest.mark.parametrize("url", HOSTILE)
async def test_nobody_else_is_asked_for_a_certificate(into: WayIn, amazon: Amazon, url: str) -> None:
    amazon.publishes(url, "strange", into.now())
    message = payloads.sns(Timestamp=into.now().isoformat(), SigningCertURL=url)
    await refused(into, amazon.sign(message, "strange"))
    assert amazon.asked == []


async def test_nobody_is_asked_before_all_else_is_right(into: WayIn, amazon: Amazon) -> None:
    now = into.now().isoformat()
    await refused(
        into,
        amazon.sign(payloads.sns(Timestamp=now, TopicArn="arn:aws:sns:eu-central-1:999999999999:alarms")),
        amazon.sign(payloads.sns(Timestamp=now, SignatureVersion="1")),
        amazon.sign(payloads.sns(Timestamp=now, Type="Other")),
        amazon.sign(payloads.sns(Timestamp="2020-01-01T00:00:00Z")),
        amazon.sign(payloads.sns(Timestamp=now, SigningCertURL="https://sns.eu-central-1.amazonaws.com/a.txt")),
    )
    assert amazon.asked == []


async def test_a_certificate_is_fetched_once(into: WayIn, amazon: Amazon) -> None:
    for number in range(5):
        message = payloads.sns(Timestamp=into.now().isoformat(), MessageId=str(number))
        assert (await into.post(Attempt(body=dumped(amazon.sign(message))))).status == 200
    assert amazon.asked == [CERTIFICATE]


async def test_what_is_no_certificate_of_now_is_none(into: WayIn, amazon: Amazon) -> None:
    genuine = amazon.sign(payloads.sns(Timestamp=into.now().isoformat()))
    amazon.publishes(CERTIFICATE, "current", into.now() - timedelta(days=300))
    await refused(into, genuine)
    for number, bad in enumerate((b"", b"-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n", b"\xff")):
        url = f"https://sns.eu-central-1.amazonaws.com/{number}.pem"
        amazon.answers[url] = bad
        await refused(into, genuine | {"SigningCertURL": url})
    url = "https://sns.eu-central-1.amazonaws.com/gone.pem"
    amazon.answers[url] = Permanent("it said 404", integration="aws", reason="client")
    await refused(into, genuine | {"SigningCertURL": url})


async def test_a_key_that_is_none_of_rsa_is_none(into: WayIn, amazon: Amazon) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([])
    at = into.now()
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, at - timedelta(days=1), at + timedelta(days=1))
    amazon.answers[CERTIFICATE] = made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    await refused(into, amazon.sign(payloads.sns(Timestamp=at.isoformat())))


async def test_while_aws_cannot_be_reached_the_message_is_to_come_again(into: WayIn, amazon: Amazon) -> None:
    genuine = amazon.sign(payloads.sns(Timestamp=into.now().isoformat()))
    certificate = amazon.answers[CERTIFICATE]
    amazon.answers[CERTIFICATE] = Temporary("no answer", integration="aws", reason="timeout")
    assert (await into.post(Attempt(body=dumped(genuine)))).status == 503
    amazon.answers[CERTIFICATE] = certificate
    assert (await into.post(Attempt(body=dumped(genuine)))).status == 200


def subscription(at: datetime, **values: Any) -> dict[str, Any]:
    usual = {
        "Type": "SubscriptionConfirmation",
        "Message": "You have chosen to subscribe to the topic",
        "Subject": None,
        "Token": "2336412f",
        "SubscribeURL": SUBSCRIBE,
        "Timestamp": at.isoformat(),
    }
    return payloads.sns(**(usual | values))


async def test_a_subscription_is_confirmed(into: WayIn, amazon: Amazon) -> None:
    answer = await into.post(Attempt(body=dumped(amazon.sign(subscription(into.now())))))
    assert answer.status == 200
    assert amazon.asked == [CERTIFICATE, SUBSCRIBE]
    assert (await into.bodies())[0].error == f"SubscriptionConfirmation of {payloads.TOPIC}: confirmed"


@pytest.mark.parametrize("url", [url.replace("a.pem", "?Action=ConfirmSubscription") for url in HOSTILE])
async def test_nobody_else_is_visited_to_confirm(into: WayIn, amazon: Amazon, url: str) -> None:
    if is_of_aws(url):
        pytest.fail(f"{url} is no address of SNS's")
    answer = await into.post(Attempt(body=dumped(amazon.sign(subscription(into.now(), SubscribeURL=url)))))
    assert answer.status == 200
    assert amazon.asked == [CERTIFICATE]


async def test_a_confirmation_that_fails_is_asked_for_again_or_noted(into: WayIn, amazon: Amazon) -> None:
    body = dumped(amazon.sign(subscription(into.now())))
    amazon.answers[SUBSCRIBE] = Temporary("no answer", integration="aws", reason="timeout")
    assert (await into.post(Attempt(body=body))).status == 503
    amazon.answers[SUBSCRIBE] = Permanent("it said 404", integration="aws", reason="client")
    assert (await into.post(Attempt(body=body))).status == 200
    assert "not confirmed: it said 404" in (await into.bodies())[0].error


async def test_an_end_of_a_subscription_is_noted_and_not_undone(into: WayIn, amazon: Amazon) -> None:
    body = dumped(amazon.sign(subscription(into.now(), Type="UnsubscribeConfirmation")))
    assert (await into.post(Attempt(body=body))).status == 200
    assert amazon.asked == [CERTIFICATE]


def test_an_alarm(amazon: Amazon) -> None:
    said = heard(hook_of(amazon, severity="critical"), dumped(payloads.sns()))
    (alert,) = said.alerts
    assert dict(alert.labels) == {
        "alertname": "cpu-high",
        "alarm_arn": "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:cpu-high",
        "account": "123456789012",
        "region": "eu-central-1",
        "namespace": "AWS/EC2",
        "metric": "CPUUtilization",
        "severity": "critical",
    }
    assert alert.annotations == {
        "summary": "CPU of the shop",
        "description": "Threshold Crossed: 1 datapoint (91.0) was greater than the threshold (80.0).",
        "dimensions": "InstanceId=i-1",
    }
    assert alert.starts_at.isoformat() == "2026-03-04T05:05:00.123000+00:00"
    assert (said.known_by, said.delivery) == (("alarm_arn",), "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324")


def test_not_to_see_is_no_recovery(amazon: Amazon) -> None:
    hook = hook_of(amazon)
    over = heard(hook, dumped(payloads.sns(Message=payloads.alarm(NewStateValue="OK")))).alerts[0]
    assert over.ends_at is not None
    assert over.ends_at < AT
    blind = heard(hook, dumped(payloads.sns(Message=payloads.alarm(NewStateValue="INSUFFICIENT_DATA"))))
    assert (blind.alerts, blind.note) == ((), "INSUFFICIENT_DATA neither begins nor ends an alert")


def test_other_messages_are_mapped(amazon: Amazon) -> None:
    mapping = JsonMapping(labels={"alertname": "detail.kind"})
    body = dumped(payloads.sns(Message='{"detail": {"kind": "failover"}}'))
    assert heard(hook_of(amazon, mapping=mapping), body).alerts[0].name == "failover"
    assert heard(hook_of(amazon), body).note == "no CloudWatch alarm; say with `mapping` how to read it"
    for text in ("Hello", "[]", "", "5"):
        assert heard(hook_of(amazon, mapping=mapping), dumped(payloads.sns(Message=text))).alerts == ()


@pytest.mark.parametrize("arn", ["alarms", "arn:aws:sqs:eu-central-1:123456789012:alarms", "arn:aws:sns:*:1:*", ""])
def test_what_is_no_topic(arn: str) -> None:
    with pytest.raises(ValueError, match="topics"):
        SnsConfig(topics=(arn,))
