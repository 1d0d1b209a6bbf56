"""Real servers for tests, each one a class that starts an ordinary process on loopback and ends it again."""

from tests.servers.alertmanager import AlertmanagerServer
from tests.servers.kubernetes import SimulatedKubernetes
from tests.servers.machine import Machine, Systemd
from tests.servers.postgres import Postgres
from tests.servers.process import Missing, ServerProcess, free_port, locate
from tests.servers.prometheus import PrometheusServer
from tests.servers.sshd import Sshd
from tests.servers.victoria_metrics import VictoriaMetricsServer

# For playwright's `launch(args=...)`: without root's sandbox, and without talking to anything but the page under test.
BROWSER_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

__all__ = [
    "BROWSER_FLAGS",
    "AlertmanagerServer",
    "Machine",
    "Missing",
    "Postgres",
    "PrometheusServer",
    "ServerProcess",
    "SimulatedKubernetes",
    "Sshd",
    "Systemd",
    "VictoriaMetricsServer",
    "free_port",
    "locate",
]
