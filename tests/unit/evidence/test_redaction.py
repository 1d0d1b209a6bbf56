import json

import pytest

from bot.evidence.redaction import redact, redact_value
from bot.evidence.secret_shapes import SHAPES

MARK = "[redacted]"
HEX = "0123456789abcdef"
B62 = "aZ3kQ9xB7mT1vR5yL8wN2pJ6cF4hD0sGeUiXoKqW"
"""Forty letters and digits without order."""
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\nabc/def+ghi==\n-----END RSA PRIVATE KEY-----"

# (what it is, the text it stands in, what must be gone, what must have stayed)
SEEDED = [
    ("AWS key id", "uses AKIAIOSFODNN7EXAMPLE to sign", "AKIAIOSFODNN7EXAMPLE", "to sign"),
    ("AWS secret", "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "wJalrXUtnFEMI", "aws_secret"),
    ("AWS session token", f"AWS_SESSION_TOKEN={B62}//{B62}", B62, "AWS_SESSION_TOKEN"),
    ("GitHub", f"clone with ghp_{B62[:36]} now", B62[:36], "now"),
    ("GitHub fine-grained", f"github_pat_11ABCDEFG0{B62}", B62, ""),
    ("GitLab", f"PRIVATE-TOKEN glpat-{B62[:20]}", B62[:20], "PRIVATE-TOKEN"),
    ("Slack bot", "posting as xoxb-123456789012-abcdefGHIJKL", "abcdefGHIJKL", "posting as"),
    ("Slack app", "socket xapp-1-A01BCD-123-deadbeefdeadbeef", "deadbeefdeadbeef", "socket"),
    (
        "Slack webhook",
        "POST https://hooks.slack.com/services/T00/B00/XXXXsecretXXXX ok",
        "XXXXsecret",
        "hooks.slack.com",
    ),
    ("Discord webhook", "https://discord.com/api/webhooks/123/abcSECRETdef", "abcSECRETdef", "discord.com"),
    ("Teams webhook", "https://acme.webhook.office.com/webhookb2/1-2@3/IncomingWebhook/abc/def", "abc/def", "office"),
    ("JWT", f"token {JWT} expired", "dozjgNryP4J3jVmNHl0w5N", "expired"),
    ("PEM", f"found\n{PEM}\nin the log", "MIIEowIBAAKCAQEA", "in the log"),
    ("PEM cut short", "-----BEGIN PRIVATE KEY-----\nMIIEowIBAAKCAQEA", "MIIEowIBAAKCAQEA", ""),
    ("PuTTY key", "PuTTY-User-Key-File-2: ssh-rsa\nAAAAB3secret\nPrivate-MAC: abc", "AAAAB3secret", ""),
    ("age key", "AGE-SECRET-KEY-1QQPQZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", "QQPQZRY9X8", ""),
    (
        "basic auth in an address",
        "GET https://ann:hunter2@shop.example/cart failed",
        "hunter2",
        "shop.example/cart failed",
    ),
    ("a password with odd letters in an address", "redis://:p/w#d@cache:6379/0", "p/w#d", "cache:6379/0"),
    ("a token in an address", f"git clone https://{B62}@git.example/repo", B62, "git.example/repo"),
    ("Sentry DSN", f"https://{HEX * 2}@o1.ingest.sentry.example/4", HEX * 2, "o1.ingest.sentry.example/4"),
    ("PostgreSQL DSN", "postgresql+psycopg://app:s3cr3t@db:5432/shop", "s3cr3t", "db:5432/shop"),
    ("libpq", "host=db user=app password=s3cr3t dbname=shop", "s3cr3t", "dbname=shop"),
    ("password=", "login failed: password=hunter2&user=ann", "hunter2", "user=ann"),
    ("a short password", "pwd=x", "=x", "pwd="),
    ("YAML", "db:\n  password: hunter2\n  host: db", "hunter2", "host: db"),
    ("a password with spaces", "PASSWORD='correct horse battery' ./run", "horse", "./run"),
    ("JSON", '{"user": "ann", "password": "hun\\"ter2", "n": 1}', "ter2", '"n": 1'),
    ("JSON in JSON", '{"body": "{\\"password\\": \\"hunter2\\"}"}', "hunter2", "body"),
    ("client secret", "client_secret: abc.def-ghi", "abc.def-ghi", "client_secret"),
    ("api key", "X-Api-Key: 0123abcd4567", "0123abcd4567", "X-Api-Key"),
    ("Bearer", f"curl -H 'Authorization: Bearer {B62}' https://x", B62, "curl"),
    ("Bearer alone", f"sent Bearer {B62} to x", B62, "to x"),
    ("Basic", "Authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz", "Authorization"),
    ("Splunk", "Authorization: Splunk 12345678-1234-1234-1234-1234567890ab", "1234567890ab", "Authorization"),
    ("Splunk alone", "using Splunk 12345678-1234-1234-1234-1234567890ab here", "1234567890ab", "here"),
    ("Opsgenie", "GenieKey 12345678-1234-1234-1234-1234567890ab", "1234567890ab", "GenieKey"),
    ("PagerDuty REST", "Authorization: Token token=y_NbAkKc66ryYTWUXYEu", "y_NbAkKc66ry", "Authorization"),
    ("PagerDuty user token", "u+aBcDeFgHiJkLmNoPqR", "aBcDeFgHiJkLmNoPqR", ""),
    ("PagerDuty routing key", f'"routing_key": "{HEX * 2}"', HEX * 2, "routing_key"),
    ("PagerDuty integration key", "R0ABCDEFGHIJKLMNOPQRSTUVWXYZ0123", "ABCDEFGHIJ", ""),
    ("cookie", "Set-Cookie: session=abc; Path=/", "session=abc", "Set-Cookie"),
    ("Google API key", "AIzaSyA1234567890abcdefghijklmnopqrstuv", "SyA1234567890", ""),
    ("Google OAuth", f"ya29.{B62}", B62, ""),
    ("Google client", "GOCSPX-abcdefghijklmnopqrstuv", "abcdefghijklmnop", ""),
    ("Grafana", f"glsa_{B62[:32]}_12345678", B62[:32], ""),
    ("Vault", f"hvs.{B62[:28]}", B62[:28], ""),
    ("Vault, old", f"s.{B62[:24]} in use", B62[:24], "in use"),
    ("Stripe", "sk_live_abcdefghijklmnop", "abcdefghijklmnop", ""),
    ("SendGrid", "SG.abcdefghijklmnopqrst.uvwxyzABCDEFGHIJKLMN", "uvwxyzABCDEF", ""),
    ("Mailgun", f"key-{HEX * 2}", HEX * 2, ""),
    ("Twilio", f"SK{HEX * 2}", HEX * 2, ""),
    ("npm", f"npm_{B62[:36]}", B62[:36], ""),
    ("PyPI", f"pypi-AgEIcHlwaS5vcmc{B62}", B62, ""),
    ("DigitalOcean", f"dop_v1_{HEX * 4}", HEX * 4, ""),
    ("New Relic", "NRAK-ABCDEFGHIJKLMNOPQRSTUVWXYZ0", "ABCDEFGHIJ", ""),
    ("Databricks", f"dapi{HEX * 2}", HEX * 2, ""),
    ("a language model's key", f"sk-ant-{B62}", B62, ""),
    ("Hugging Face", f"hf_{B62[:34]}", B62[:34], ""),
    ("Telegram", f"https://api.telegram.org/bot123456789:AA{B62[:33]}/getMe", B62[:33], "getMe"),
    ("Telegram alone", f"token is 123456789:AA{B62[:33]} here", B62[:33], "here"),
    ("Azure storage", f"AccountName=shop;AccountKey={B62}{B62}==;Suffix=x", B62, "AccountName=shop"),
    ("Azure signature", "https://x.blob.core.example/a?sv=2020&sig=abc%2Fdef&se=2027", "abc%2Fdef", "se=2027"),
    ("presigned", f"https://s3.example/a?X-Amz-Signature={HEX * 4}&X-Amz-Date=1", HEX * 4, "X-Amz-Date=1"),
    ("kubeconfig key", "    client-key-data: LS0tLS1CRUdJTg==", "LS0tLS1CRUdJTg", "client-key-data"),
    ("kubeconfig token", f"    token: {B62}", B62, "token"),
    ("docker login", '{"auths": {"r.example": {"auth": "dXNlcjpwYXNz"}}}', "dXNlcjpwYXNz", "r.example"),
    ("npmrc", "//registry.example/:_authToken=abcdef123456", "abcdef123456", "registry.example"),
    ("netrc", "machine git.example login ann password hunter2", "hunter2", "git.example"),
    ("curl", "curl -u ann:hunter2 https://shop.example", "hunter2", "shop.example"),
    ("an option", "mysqldump --password hunter2 shop", "hunter2", "shop"),
    ("an option with =", "run --api-token=abcdef123456 now", "abcdef123456", "now"),
    ("SQL", "CREATE USER ann IDENTIFIED BY 'hunter2';", "hunter2", "CREATE USER"),
    ("password hash", "root:$6$saltsalt$abcdefghijklmnopqrstuvwxyz0123:19000", "abcdefghijklmnop", "19000"),
    ("bcrypt", "$2b$12$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234", "abcdefghijklm", ""),
    ("random characters", f"value {B62} in memory", B62, "in memory"),
    ("e-mail", "mail from ann.lee+shop@example.com bounced", "ann.lee", "@example.com bounced"),
    ("payment card", "card 4111 1111 1111 1111 declined", "1111 1111", "declined"),
    ("American Express", "378282246310005 declined", "378282246310005", "declined"),
]

HARMLESS = [
    "2026-11-22T14:02:10Z INFO shop.checkout request path=/cart/items status=200 took=12ms",
    "trace 4bf92f3577b34da6a3ce929d0e0e4736 span 00f067aa0ba902b7",
    "commit 8882343a1b2c3d4e5f60718293a4b5c6d7e8f901",
    "image shop/checkout@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "pod checkout-7d9f8b6c5d-x2x4z on ip-10-0-3-4.eu-central-1.compute.internal",
    "id 12345678-1234-1234-1234-1234567890ab",
    "postgresql@15-main.service: main process exited; getty@tty1.service started",
    "http://prom:9090/graph?g0.expr=up",
    "https://user.example:8443/path?to=a@b",
    "at org.apache.kafka.clients.consumer.internals.AbstractCoordinator.ensureReady(AbstractCoordinator.java:259)",
    "/usr/lib/python3.11/site-packages/Sample/AnotherModule/Something2.py",
    "basic authentication is off; bearer token missing; tokens: 5",
    "password reset requested",
    "node_filesystem_avail_bytes 1700000000000000 4111111111111112",
    "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/my-lb/50dc6c495c0c9188",
    'sum by (service) (rate(shop_requests_total{code="500"}[10s])) > 0.05',
    "keyboard: us, monkey=1, bypass=true, compass: north, author: ann",
    "",
]


def test_there_are_seventy_kinds_of_seeds() -> None:
    assert len(SEEDED) >= 70


@pytest.mark.parametrize(("text", "gone", "stays"), [case[1:] for case in SEEDED], ids=[case[0] for case in SEEDED])
def test_a_secret_goes_and_what_stands_around_it_stays(text: str, gone: str, stays: str) -> None:
    clean = redact(text)
    assert gone not in clean
    assert MARK in clean
    assert stays in clean
    assert redact(clean) == clean


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact(text) == text


def test_secrets_go_wherever_they_stand() -> None:
    log = "\n".join(f"line {number}: {text}" for number, (_, text, _, _) in enumerate(SEEDED) if "BEGIN" not in text)
    clean = redact(log)
    for name, text, gone, _ in SEEDED:
        if "BEGIN" not in text and name not in ("PuTTY key", "AWS secret"):
            assert gone not in clean, name


def test_no_text_that_holds_a_secret_is_passed_over_for_want_of_a_hint() -> None:
    for _, text, _, _ in SEEDED:
        for shape in SHAPES:
            if shape.pattern.search(text):
                assert any(hint in text.lower() for hint in shape.hints), (shape.name, text)


def test_tokens_without_a_gap_between_them_all_go() -> None:
    chain = f"key-{HEX * 2}" * 9 + f"SK{HEX * 2}" + f"hvs.{B62}"
    assert redact(f"see {chain} there") == f"see {MARK} there"


def test_every_shape_is_the_one_that_finds_some_seed() -> None:
    texts = [text for _, text, _, _ in SEEDED]
    assert [shape.name for shape in SHAPES if not any(shape.pattern.search(text) for text in texts)] == []


def test_plain_json_is_redacted_to_its_leaves() -> None:
    value = {
        "password": "hunter2",
        "Token": "short",
        "nested": [{"log": "pwd=hunter2"}, ("AKIAIOSFODNN7EXAMPLE", 3, None, True, 1.5)],
        "empty": {"password": "", "secret": {"inner": "kept"}},
        f"ghp_{B62}": 1,
        7: "seven",
    }
    clean = redact_value(value)
    assert clean == {
        "password": MARK,
        "Token": MARK,
        "nested": [{"log": f"pwd={MARK}"}, [MARK, 3, None, True, 1.5]],
        "empty": {"password": "", "secret": {"inner": "kept"}},
        MARK: 1,
        "7": "seven",
    }
    assert redact_value(clean) == clean
    json.dumps(clean)


@pytest.mark.parametrize("escape", ["\x1b", "\\x1b", "\\u001b", "\\033"])
def test_a_secret_whose_name_is_coloured_goes_and_so_do_colours(escape: str) -> None:
    line = f"{escape}[36mpassword{escape}[0m=hunter2 {escape}[1;31mfailed{escape}[0m"
    assert redact(line) == f"password={MARK} failed"
    assert redact_value({"log": line}) == {"log": f"password={MARK} failed"}
