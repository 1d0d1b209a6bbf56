"""What there is to go wrong: whatever stands here, a real Prometheus scrapes it twice a second."""

import asyncio
import contextlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit
from urllib.request import Request, urlopen

import yaml

from tests.servers import Machine, Postgres, PrometheusServer, SimulatedKubernetes

_EVERY = {"scrape_interval": "500ms", "scrape_timeout": "500ms", "evaluation_interval": "1s"}


class Site:
    """A place of work for one story; what it starts ends with it.

    cluster: an empty simulated cluster with the namespace `shop`.  integrations: what the story's runbook may use, as
    `name: (integration, config)`.
    """

    def __init__(self, prometheus: PrometheusServer, cluster: SimulatedKubernetes, folder: Path) -> None:
        self.prometheus = prometheus
        self.cluster = cluster
        self.folder = folder
        self.running = ExitStack()
        self._forget()
        self._jobs: list[Mapping[str, Any]] = []

    def scrapes(self, job: str, address: str, *, instance: str, path: str = "/metrics", **labels: str) -> None:
        """From now on Prometheus scrapes this too."""
        target = {"targets": [address], "labels": {"instance": instance, **labels}}
        self._jobs.append({"job_name": job, "metrics_path": path, "static_configs": [target]})
        self.prometheus.reload(yaml.safe_dump({"global": _EVERY, "scrape_configs": self._jobs}))

    def shows(self, job: str, instance: str, text: Callable[[], str], **labels: str) -> None:
        """Starts an exporter that shows this, and fails to where `text` raises; Prometheus scrapes it."""
        self.scrapes(job, self.running.enter_context(exporter(text)), instance=instance, **labels)

    def shows_cluster(self) -> SimulatedKubernetes:
        """What kube-state-metrics would tell of the cluster is scraped from now on."""
        self.scrapes("ksm", urlsplit(self.cluster.knobs).netloc, instance="ksm:8080", path="/_sim/metrics")
        return self.cluster

    async def sees(self, expr: str) -> None:
        """Returns once Prometheus has something for this; it looks for new targets every few seconds only."""
        url = f"{self.prometheus.url}/api/v1/query?{urlencode({'query': expr})}"
        async with asyncio.timeout(60):
            while True:
                if json.loads(await asyncio.to_thread(_get, url))["data"]["result"]:
                    return
                await asyncio.sleep(0.1)

    def machine(self) -> Machine:
        """Starts a host with a real sshd."""
        return self.running.enter_context(Machine(self.folder / "web1"))

    def postgres(self, *settings: str) -> Postgres:
        """Starts a PostgreSQL of its own."""
        return self.running.enter_context(Postgres(*settings))

    def close(self) -> None:
        """Nothing of it is left."""
        self.running.close()

    def _forget(self) -> None:
        """Prometheus knows nothing of the story before: in a window of its past that one would go on."""
        self.prometheus.reload(yaml.safe_dump({"global": _EVERY}))
        everything = urlencode({"match[]": '{__name__!=""}'})
        url = f"{self.prometheus.url}/api/v1/admin/tsdb/delete_series?{everything}"
        urlopen(Request(url, method="POST"), timeout=10).close()


@contextlib.contextmanager
def exporter(text: Callable[[], str], *, port: int = 0) -> Iterator[str]:
    """Serves metrics, each time as they are then; yields its address. What `text` raises is a scrape that failed."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                body = text().encode()
            except Exception as error:
                self.send_error(503, str(error).splitlines()[0][:100])
                return
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            with contextlib.suppress(ConnectionError):  # who asked did not wait
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing: two scrapes a second."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _get(url: str) -> bytes:
    with urlopen(url, timeout=10) as answer:
        return bytes(answer.read())


def sample(metric: str, value: float, /, **labels: str) -> str:
    """One line of Prometheus' text format."""
    inner = ",".join(f'{key}="{text}"' for key, text in labels.items())
    return f"{metric}{{{inner}}} {float(value)}\n"
