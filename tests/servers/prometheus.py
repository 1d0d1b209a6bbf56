"""A real Prometheus on a port and a data folder of its own."""

import urllib.request
from collections.abc import Sequence
from pathlib import Path

from tests.servers.process import ServerProcess, free_port, locate

EVERY_SECOND = "global: {scrape_interval: 1s, evaluation_interval: 1s}\n"
# Samples from the year 1970 on are taken, so that a test can write a past that suits it.
ANY_TIME = "storage: {tsdb: {out_of_order_time_window: 3650d}}\n"


class PrometheusServer(ServerProcess):
    """Prometheus with its remote-write receiver and its life-cycle endpoints switched on.

    `stop()` and `start()` again keep port and data, so that an outage is two lines of a test.
    """

    def __init__(
        self, folder: Path, config: str = EVERY_SECOND, *, flags: Sequence[str] = (), binary: str = "prometheus"
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.config = folder / "prometheus.yml"
        self.config.write_text(config)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        super().__init__(
            [
                locate(binary),
                f"--config.file={self.config}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{self.port}",
                "--web.enable-lifecycle",
                "--web.enable-remote-write-receiver",
                *flags,
            ],
            log=folder / "prometheus.log",
            ready=lambda: self._get("/-/ready"),
        )

    def reload(self, config: str | None = None) -> None:
        """Reads the configuration again, the given one if there is one; raises OSError when Prometheus refuses it."""
        if config is not None:
            self.config.write_text(config)
        urllib.request.urlopen(urllib.request.Request(f"{self.url}/-/reload", method="POST"), timeout=10).close()

    def _get(self, path: str) -> bool:
        with urllib.request.urlopen(self.url + path, timeout=2) as answer:
            return bool(answer.status == 200)
