"""A real VictoriaMetrics on a port and a data folder of its own."""

import urllib.request
from pathlib import Path

from tests.servers.process import ServerProcess, free_port, locate


class VictoriaMetricsServer(ServerProcess):
    """A single node; it takes remote write where Prometheus does, and shows it after `flush`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.url = f"http://127.0.0.1:{free_port()}"
        super().__init__(
            [
                locate("victoria-metrics"),
                f"-storageDataPath={folder / 'data'}",
                f"-httpListenAddr={self.url.removeprefix('http://')}",
                "-retentionPeriod=100y",
                "-search.latencyOffset=0s",
                "-memory.allowedBytes=200MB",
            ],
            log=folder / "victoria-metrics.log",
            ready=lambda: self._get("/health"),
        )

    def flush(self) -> None:
        """Makes everything that was written visible to queries."""
        self._get("/internal/force_flush")

    def _get(self, path: str) -> bool:
        with urllib.request.urlopen(self.url + path, timeout=5) as answer:
            return bool(answer.status == 200)
