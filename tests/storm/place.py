"""A folder with a Tocsin in it that tells a webhook, and what is asked of it from outside."""

from __future__ import annotations

import json
import sqlite3
import urllib.request
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Self

from tests.kill.scene import OPENER, Process
from tests.storm.weather import Sender

GROUP_WAIT = 2
CONFIG = """\
http: {{listen: "127.0.0.1:0"}}
store: {{url: "sqlite:///{folder}/tocsin.db"}}
integrations: {{pager: {{use: webhook, url: "{webhook}"}}}}
route: {{receiver: on-call, group_by: [alertname], group_wait: {wait}s, group_interval: {interval}s}}
receivers: [{{name: on-call, webhook_configs: [{{integration: pager}}]}}]
"""


class Place:
    """One Tocsin's folder."""

    def __init__(self, folder: Path, webhook: str, *, group_interval: int = 10) -> None:
        self.folder = folder
        words = {"folder": folder, "webhook": webhook, "wait": GROUP_WAIT, "interval": group_interval}
        (folder / "tocsin.yaml").write_text(CONFIG.format(**words))
        self.tocsin = Process(folder, 1)

    def __enter__(self) -> Self:
        self.tocsin.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.tocsin.stop()

    def sender(self) -> Sender:
        """Somebody who posts alerts."""
        return Sender(self.tocsin.address or "", self.token)

    @property
    def token(self) -> str:
        """What shows who asks."""
        return self.tocsin.token.read_text().strip()

    def ask(self, path: str) -> Any:
        """One question to its API."""
        request = urllib.request.Request(
            f"{self.tocsin.address}{path}", headers={"Authorization": f"Bearer {self.token}"}
        )
        with OPENER.open(request, timeout=60) as answer:
            return json.load(answer)

    def rows(self, query: str) -> Sequence[tuple[Any, ...]]:
        """What stands in its database."""
        with closing(sqlite3.connect(f"file:{self.folder}/tocsin.db?mode=ro", uri=True)) as connection:
            return connection.execute(query).fetchall()
