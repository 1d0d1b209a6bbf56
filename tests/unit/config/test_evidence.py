"""What tocsin.yaml says of the evidence to collect."""

from pathlib import Path

import pytest

from bot.config.loading import load
from bot.errors import DocumentError
from bot.model.log_look import LogLook
from bot.model.matchers import parse_matcher

CONFIG = """\
integrations:
  prom: {use: prometheus, url: "http://127.0.0.1:9090"}
  splunk: {use: splunk, url: "https://127.0.0.1:8089", bearer_token: {env: SPLUNK}}
evidence:
  logs:
    - {source: splunk, query: 'index="shop" service="$service"', matchers: ['team="shop"'], by: host}
"""


def test_searches_of_logs(tmp_path: Path) -> None:
    (tmp_path / "tocsin.yaml").write_text(CONFIG)
    loaded = load(tmp_path / "tocsin.yaml", {"SPLUNK": "t"}, tmp_path)
    assert loaded.setup.log_looks == (
        LogLook(
            title="What do the logs say?",
            source="splunk",
            query='index="shop" service="$service"',
            matchers=(parse_matcher('team="shop"'),),
            by="host",
        ),
    )


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (
            "source: splunk",
            "source: splnk",
            "6:16: evidence.logs[0].source: no integration is called 'splnk'; did you mean 'splunk'?",
        ),
        (
            "source: splunk",
            "source: prom",
            "6:16: evidence.logs[0].source: 'prom' (prometheus) cannot be searched for log lines; these can: splunk",
        ),
        ("by: host", "buy: host", "evidence.logs[0].buy: unknown key 'buy'; did you mean 'by'?"),
        ("'team=\"shop\"'", "team", "evidence.logs[0].matchers[0]: "),
    ],
)
def test_a_mistake_says_where_and_what(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    (tmp_path / "tocsin.yaml").write_text(CONFIG.replace(old, new))
    with pytest.raises(DocumentError) as caught:
        load(tmp_path / "tocsin.yaml", {"SPLUNK": "t"}, tmp_path)
    (found,) = caught.value.complaints
    assert complaint in str(found)
