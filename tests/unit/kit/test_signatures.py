"""Signatures, beside those that vendors publish and those computed without us."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from bot.kit.signatures import STANDARD, Hash, SharedSecrets, Signature, Signed, Written, standard_key
from bot.ports.alert_hook import Call

OWN = b'{"event":{"id":"01TEST","event_type":"incident.triggered"}}'
SLACK = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&"
    b"channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&"
    b"response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&"
    b"trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
VECTORS = {
    "slack": (
        Signed(header="x-slack-signature", prefix="v0=", parts="v0:{timestamp}:{body}", timestamp_header="ts"),
        b"8f742231b10e8888abcd99yyyzzz85a5",
        SLACK,
        {"ts": "1531420618"},
        "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    ),
    "github": (
        Signed(header="x-hub-signature-256", prefix="sha256="),
        b"It's a Secret to Everybody",
        b"Hello, World!",
        {},
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
    ),
    "standard webhooks": (
        STANDARD,
        standard_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        b'{"test": 2432232314}',
        {"webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp": "1614265330"},
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    ),
    "pagerduty": (
        Signed(header="x-pagerduty-signature", prefix="v1=", between=","),
        b"pd-secret",
        OWN,
        {},
        "v1=5de3e06a8996baadf1fe72fda01356e06960da17b3e7b307d6ee90ffff258201",
    ),
    "sentry": (
        Signed(header="sentry-hook-signature"),
        b"sentry-secret",
        OWN,
        {},
        "d54b76b03c109c1055bd02796d24cbd25a78bb406ddf154bf6c2a01375032b5b",
    ),
    "grafana": (
        Signed(header="x-grafana-alerting-signature"),
        b"graf-secret",
        OWN,
        {},
        "78571065c3a34432e6d77e0a0c111755f9cbfffc101b3384ef66641d85cbfd0d",
    ),
    "grafana with a time": (
        Signed(header="x-grafana-alerting-signature", parts="{timestamp}:{body}", timestamp_header="ts"),
        b"graf-secret",
        OWN,
        {"ts": "1700000000"},
        "acc831aa2e28f7ed80994b932119adbe0512c7904c26d797c1dc5d38db9f0a28",
    ),
    "jfrog": (
        Signed(header="x-jfrog-event-auth"),
        b"jf-secret",
        OWN,
        {},
        "06a16423244dd7be11028d0bcc34ec380907d8365a7bf8f302891f71a314ad43",
    ),
    "terraform": (
        Signed(header="x-tfe-notification-signature", hash=Hash.SHA512),
        b"tfe-secret",
        OWN,
        {},
        "a03c0eeb21585ac6691d8c42bd0355acc539b149d84e2ba766239fcf3d262ea5"
        "5641c36bdedaa30a114464bce413cfa25d746c11c7e4af226b5d4cbef9996ac3",
    ),
    "splunk observability": (
        Signed(header="x-sfx-signature", written=Written.BASE64),
        b"sfx-secret",
        OWN,
        {},
        base64.b64encode(hmac.new(b"sfx-secret", OWN, hashlib.sha256).digest()).decode(),
    ),
}


@pytest.mark.parametrize("vendor", VECTORS)
def test_what_is_published(vendor: str) -> None:
    signed, secret, body, headers, signature = VECTORS[vendor]
    at = next((int(value) for value in headers.values() if value.isdigit()), 0)
    call = Call(
        body=body,
        headers=((signed.header, signature), *headers.items()),
        received_at=datetime.fromtimestamp(at, UTC),
    )
    assert asyncio.run(Signature(signed=signed, secrets=[b"another", secret]).why_not(call)) == ""
    assert Signature(signed=signed, secrets=[b"another"]).flaw(call)
    assert Signature(signed=signed, secrets=[]).flaw(call)
    other = Call(body=body + b" ", headers=call.headers, received_at=call.received_at)
    assert Signature(signed=signed, secrets=[secret]).flaw(other)


def test_a_header_counts_where_it_stands_once() -> None:
    at = datetime(2026, 3, 4, tzinfo=UTC)
    call = Call(body=b"", headers=(("a", "1"), ("b", "2"), ("b", "2")), received_at=at)
    assert (call.header("a"), call.header("b"), call.header("c")) == ("1", "", "")


def test_no_signature_is_made_for_nothing() -> None:
    """Of a header with a thousand signatures the first few are looked at."""
    signed, secret, body, _, right = VECTORS["pagerduty"]
    many = ",".join([*["v1=0"] * 1000, right])
    call = Call(body=body, headers=((signed.header, many),), received_at=datetime(2026, 3, 4, tzinfo=UTC))
    assert Signature(signed=signed, secrets=[secret]).flaw(call)


def test_secrets_that_are_shown() -> None:
    known = SharedSecrets.of([SecretStr("first"), SecretStr("second")])
    assert [known.hold(text) for text in ("first", "second", "", "third", "firs", "\ud800")] == [True, True] + [
        False
    ] * 4
    assert not SharedSecrets.of([]).hold("")
    assert "first" not in repr(known)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_%%%", "whsec_c2hvcnQ=", "not base64 at all"])
def test_what_is_no_key_of_standard_webhooks(secret: str) -> None:
    with pytest.raises(ValueError, match="whsec_"):
        standard_key(secret)
