"""What tocsin.yaml says of the addresses that vendors post alerts to."""

from pathlib import Path

import pytest

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
    ("config", "secret", "complaint"),
    [
        (CONFIG, "short", "integrations.splunk.hook_secret: it must have at least 16 letters"),
        (CONFIG, "a secret/with?signs in it", "integrations.splunk.hook_secret: it must have at least 16 letters"),
        (
            CONFIG.replace('9090"}', '9090", hook_secret: {env: HOOK}}'),
            "a-secret-of-our-own",
            "integrations.prom.hook_secret: prometheus posts nothing to Tocsin; leave `hook_secret` out",
        ),
        (CONFIG.replace("{env: HOOK}", "a-secret-of-our-own"), "", "integrations.splunk.hook_secret: "),
    ],
)
def test_what_is_no_secret_of_a_hook(tmp_path: Path, config: str, secret: str, complaint: str) -> None:
    (tmp_path / "tocsin.yaml").write_text(config)
    with pytest.raises(DocumentError) as caught:
        load(tmp_path / "tocsin.yaml", {"HOOK": secret}, tmp_path)
    assert complaint in str(caught.value.complaints[0])
    assert secret == "" or secret not in str(caught.value)
