"""A real Alertmanager on a port and a data folder of its own, and amtool to ask it with."""

import json
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

from tests.servers.process import ServerProcess, free_port, locate

NOBODY = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"


class AlertmanagerServer(ServerProcess):
    """Alertmanager, without a cluster. `binary` is `alertmanager` or `alertmanager-old`."""

    def __init__(self, folder: Path, config: str = NOBODY, *, binary: str = "alertmanager") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "alertmanager.yml").write_text(config)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        super().__init__(
            [
                locate(binary),
                f"--config.file={folder / 'alertmanager.yml'}",
                f"--storage.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{self.port}",
                "--cluster.listen-address=",
            ],
            log=folder / "alertmanager.log",
            ready=self._is_ready,
        )

    def alerts(self) -> list[dict[str, Any]]:
        """What its API says of the alerts that are not over."""
        with urllib.request.urlopen(f"{self.url}/api/v2/alerts", timeout=5) as answer:
            found: list[dict[str, Any]] = json.load(answer)
            return found

    def amtool(self, *arguments: str) -> str:
        """What amtool prints for these words; raises when it fails."""
        argv = [locate("amtool"), f"--alertmanager.url={self.url}", *arguments]
        return subprocess.run(argv, capture_output=True, text=True, check=True, timeout=20).stdout

    def _is_ready(self) -> bool:
        with urllib.request.urlopen(f"{self.url}/-/ready", timeout=2) as answer:
            return bool(answer.status == 200)
