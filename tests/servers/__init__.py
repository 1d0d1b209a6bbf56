"""Real servers for tests, each one a class that starts an ordinary process on loopback and ends it again."""

from tests.servers.postgres import Postgres
from tests.servers.process import Missing, ServerProcess, free_port, locate
from tests.servers.prometheus import PrometheusServer
from tests.servers.sshd import Sshd

__all__ = ["Missing", "Postgres", "PrometheusServer", "ServerProcess", "Sshd", "free_port", "locate"]
