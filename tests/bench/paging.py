"""A thousand incidents are open, another alert comes: how soon after its answer somebody is paged, beyond group_wait.

The whole of `tocsin run` on SQLite; whoever is paged is a server outside. Alerts come one at a time, a new group each.
"""

import json
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.bench import Row, p99
from tests.bench.place import running
from tests.kill.scene import until
from tests.kill.test_paging import Phone, phoned

OPEN, MORE = 1000, 100
EVERY = 0.25
"""Seconds between two alerts."""
GROUP_WAIT = 1.0
WITHIN = 300.0
CONFIG = """\
http: {{listen: "127.0.0.1:0"}}
integrations: {{phone: {{use: webhook, url: "http://127.0.0.1:{port}"}}}}
people: [{{name: ann, contacts: [{{integration: phone, address: "1"}}]}}]
escalations: [{{name: shop, levels: [{{people: [ann], wait: 1d}}]}}]
default_escalation: shop
bundle_pages: 0s
route: {{receiver: sre, group_by: [alertname], group_wait: 1s}}
receivers: [{{name: sre}}]
"""


def rows(folder: Path, prometheus: str = "") -> list[Row]:
    """How late pages are."""
    config = folder / "tocsin.yaml"
    with phoned() as phone:
        config.write_text(CONFIG.format(port=phone.port))
        with running(config) as (_, address, _):
            token = (folder / "tocsin.token").read_text().strip()
            began = time.monotonic()
            send(address, token, [f"Open{number:04}" for number in range(OPEN)])
            until(lambda: len(paged(phone)) >= OPEN, f"{OPEN} pages", within=WITHIN)
            note = f"all {OPEN:,} at once were paged in {time.monotonic() - began:.1f} s"
            answered = {}
            for number in range(MORE):
                name = f"More{number:04}"
                send(address, token, [name])
                answered[name] = time.monotonic()
                time.sleep(EVERY)
            until(lambda: len(paged(phone)) >= OPEN + MORE, f"{MORE} more pages", within=WITHIN)
    found = paged(phone)
    late = [found[name] - at - GROUP_WAIT for name, at in answered.items()]
    return [
        Row(f"from an alert's answer to its page, {OPEN:,} open", p99(late), "s", floor=1, aim=0.25, note=note),
        Row("pages that came twice", len(phone.rang) - len(found), "", floor=0),
    ]


def send(address: str, token: str, names: list[str]) -> None:
    """Alerts of these names, each a group of its own; returns once they are answered."""
    ends_at = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    body = [
        {"labels": {"alertname": name, "severity": "critical"}, "annotations": {"summary": name}, "endsAt": ends_at}
        for name in names
    ]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{address}/api/v2/alerts", data=json.dumps(body).encode(), headers=headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        answer.read()


def paged(phone: Phone) -> dict[str, float]:
    """When the first page came for each alert's name, which is its incident's title."""
    first: dict[str, float] = {}
    for at, page in list(phone.rang):
        first.setdefault(page["title"], at)
    return first
