"""What tocsin.yaml says of the addresses that vendors post alerts to."""

from pathlib import Path

import pytest

from bot.config.examine import examine
from bot.config.findings import Findings
from bot.config.loading import load
from bot.errors import DocumentError

CONFIG = """\
integrations:
  prom: {use: prometheus, url: "http://127.0.0.1:9090"}
  splunk: {use: splunk, url: "https://127.0.0.1:8089", hook_secret: {env: HOOK}}
"""


def test_the_secret_of_a_hook_is_a_secret(tmp_path: Path) -> None:
    (tmp_path / "tocsin.yaml").write_text(CONFIG)
    loaded = load(tmp_path / "tocsin.yaml", {"HOOK": "a-secret-of-our-own"}, tmp_path)
    assert [secret.get_secret_value() for secret in loaded.secrets] == ["a-secret-of-our-own"]
    assert "a-secret-of-our-own" not in repr(loaded)


@pytest.mark.parametrize(
    ("config", "needs"),
    [
        ("{use: datadog}", True),
        ("{use: grafana}", True),
        ("{use: datadog, hook_secret: {env: HOOK}}", False),
        ("{use: grafana, signing_secrets: [{env: HOOK}]}", False),
        ("{use: json_source, mapping: {labels: {alertname: a}}}", True),
        ('{use: alertmanager, url: "http://127.0.0.1:9093"}', False),
        ('{use: sns, topics: ["arn:aws:sns:eu-central-1:123456789012:alarms"]}', False),
    ],
)
def test_whoever_only_listens_needs_something_to_believe(tmp_path: Path, config: str, needs: bool) -> None:
    (tmp_path / "tocsin.yaml").write_text(f"integrations:\n  heard: {config}\n")
    findings = Findings()
    examine(tmp_path / "tocsin.yaml", {"HOOK": "a-secret-of-our-own"}, tmp_path, findings=findings)
    assert any("nobody who posts here could be believed" in str(one) for one in findings.errors) == needs
    assert bool(findings.errors) == needs


@pytest.mark.parametrize(
    ("config", "secret", "complaint"),
    [
        (CONFIG, "short", "integrations.splunk.hook_secret: it must have at least 16 letters"),
        (CONFIG, "a secret/with?signs in it", "integrations.splunk.hook_secret: it must have at least 16 letters"),
        (
            CONFIG + '  out: {use: webhook, url: "https://a.example", hook_secret: {env: HOOK}}',
            "a-secret-of-our-own",
            "integrations.out.hook_secret: webhook posts nothing to Tocsin; leave `hook_secret` out",
        ),
        (CONFIG.replace("{env: HOOK}", "a-secret-of-our-own"), "", "integrations.splunk.hook_secret: "),
        (
            CONFIG + '  out: {use: webhook, url: "https://a.example", previous_hook_secret: {env: HOOK}}',
            "a-secret-of-our-own",
            "integrations.out.previous_hook_secret: webhook posts nothing to Tocsin; leave `previous_hook_secret` out",
        ),
    ],
)
def test_what_is_no_secret_of_a_hook(tmp_path: Path, config: str, secret: str, complaint: str) -> None:
    (tmp_path / "tocsin.yaml").write_text(config)
    with pytest.raises(DocumentError) as caught:
        load(tmp_path / "tocsin.yaml", {"HOOK": secret}, tmp_path)
    assert complaint in str(caught.value.complaints[0])
    assert secret == "" or secret not in str(caught.value)
