"""What tocsin.yaml says of signs of life."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.config.loading import load
from bot.errors import DocumentError
from bot.model.deadman import LifeSign

WEBHOOK = 'integrations: {outside: {use: webhook, url: "https://a.example.net"}}\n'
DEADMEN = """\
deadmen:
  - {name: backup, interval: 1d, grace: 1h, secret: {env: PING}, labels: {team: db}}
  - {name: prometheus, interval: 5m, severity: page, matchers: ['alertname="Watchdog"', cluster=eu]}
"""


def test_deadmen_and_our_own_sign_are_read(tmp_path: Path) -> None:
    (tmp_path / "tocsin.yaml").write_text(WEBHOOK + DEADMEN + "deadman: {integration: outside}\n")
    loaded = load(tmp_path / "tocsin.yaml", {"PING": "a-secret-of-our-own"}, tmp_path)
    backup, prometheus = loaded.setup.deadmen
    assert (backup.name, backup.interval, backup.grace) == ("backup", timedelta(days=1), timedelta(hours=1))
    assert (backup.severity, dict(backup.labels), backup.matchers) == ("critical", {"team": "db"}, ())
    assert [str(matcher) for matcher in prometheus.matchers] == ['alertname="Watchdog"', 'cluster="eu"']
    assert (prometheus.severity, prometheus.grace) == ("page", timedelta(minutes=1))
    assert loaded.setup.life_sign == LifeSign(integration="outside", every=timedelta(minutes=1))
    assert [secret.get_secret_value() for secret in loaded.secrets] == ["a-secret-of-our-own"]
    assert "a-secret-of-our-own" not in repr(loaded)


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ("deadmen: [{name: a b, interval: 1m}]", "deadmen[0].name: "),
        ("deadmen: [{name: a/b, interval: 1m}]", "deadmen[0].name: "),
        ("deadmen: [{name: a}]", "deadmen[0].interval: "),
        ("deadmen: [{name: a, interval: 0s}]", "deadmen[0].interval: it must be longer than 0"),
        ("deadmen: [{name: a, interval: 1m, secret: {env: SHORT}}]", "deadmen[0].secret: it must have at least 16"),
        ("deadmen: [{name: a, interval: 1m, secret: plain-text-secret}]", "deadmen[0].secret: "),
        ("deadmen: [{name: a, interval: 1m, labels: {severity: x}}]", "deadmen[0].labels: 'severity' is set by Tocsin"),
        (
            "deadmen: [{name: a, interval: 1m}, {name: a, interval: 2m}]",
            "deadmen[1].name: there is another deadman 'a'",
        ),
        ("deadman: {integration: outsied}", "deadman.integration: no integration is called 'outsied'"),
        (
            'integrations: {prom: {use: prometheus, url: "http://a.example.net"}}\ndeadman: {integration: prom}',
            "deadman.integration: 'prom' (prometheus) waits for no sign of life",
        ),
    ],
)
def test_every_mistake_is_found_and_has_a_place(tmp_path: Path, document: str, complaint: str) -> None:
    (tmp_path / "tocsin.yaml").write_text(document if "integrations" in document else WEBHOOK + document)
    with pytest.raises(DocumentError) as caught:
        load(tmp_path / "tocsin.yaml", {"SHORT": "short"}, tmp_path)
    assert complaint in str(caught.value.complaints[0])
