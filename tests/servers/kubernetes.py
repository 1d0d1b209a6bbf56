"""A simulated Kubernetes API server with its knobs; or the address of a real one, for the tests that can do without."""

import json
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import yaml

from tests.servers.process import ServerProcess

Json = Any
REAL = "TOCSIN_TEST_KUBECONFIG"
"""The variable that names the kubeconfig of a real cluster, for tests that only need `Cluster`."""
ADMIN = "token-of-admin"
_KUBECTL = Path(sys.executable).with_name("kubectl")


class Cluster:
    """A cluster that tests may use: a kubeconfig, and one namespace of it that is theirs."""

    def __init__(self, kubeconfig: Path, namespace: str = "shop") -> None:
        self.kubeconfig = kubeconfig
        self.namespace = namespace
        self._cache = tempfile.mkdtemp(prefix="tocsin-kubectl-")  # of its own: another server may have had this address
        weakref.finalize(self, shutil.rmtree, self._cache, ignore_errors=True)

    def kubectl(self, *argv: str, given: str | None = None, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Runs kubectl on it; AssertionError with what it said where it failed, unless that is for the test to see."""
        done = subprocess.run(
            [_KUBECTL, f"--kubeconfig={self.kubeconfig}", f"--cache-dir={self._cache}", *argv],
            input=given, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        if check and done.returncode:
            raise AssertionError(f"kubectl {' '.join(argv)}: {done.stderr or done.stdout}")
        return done

    def apply(self, *objects: Mapping[str, Json]) -> None:
        """Makes or changes objects."""
        self.kubectl("apply", "--server-side", "-f", "-", given=yaml.safe_dump_all([dict(one) for one in objects]))

    def get(self, what: str, name: str, *, namespace: str = "") -> Json:
        """An object."""
        at = namespace or self.namespace
        return json.loads(self.kubectl("get", what, name, "-n", at, "-o", "json").stdout)


class SimulatedKubernetes(Cluster):
    """`python -m bot.testing.kubernetes`, a process of its own. `url` is its API (https), `knobs` its `/_sim`."""

    def __init__(self, namespace: str = "shop") -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="tocsin-kubernetes-"))
        super().__init__(self.folder / "kubeconfig", namespace)
        self.ca = self.folder / "ca.crt"
        self.token = ADMIN
        self.url = self.knobs = ""
        self._log = self.folder / "log"
        self._process = ServerProcess(
            [sys.executable, "-m", "bot.testing.kubernetes", "--folder", str(self.folder)],
            log=self._log,
            ready=self._addresses,
        )

    def __enter__(self) -> Self:
        self._process.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._process.stop()
        shutil.rmtree(self.folder)

    def reset(self, **settings: Json) -> None:
        """An empty cluster with these settings (`bot/testing/kubernetes/settings.py`), and the tests' namespace."""
        self.turn("POST", "reset", settings)
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}}
        self.ask("POST", "/api/v1/namespaces", namespace)

    def set(self, **settings: Json) -> None:
        """Changes settings."""
        self.turn("PUT", "settings", settings)

    def advance(self, seconds: float) -> None:
        """Lets time pass in the cluster."""
        self.turn("POST", "time", {"advance": seconds})

    def images(self, **behaviours: Json) -> None:
        """How the containers of images behave: `images(**{"shop/cart:2": {"does": "crash"}})`."""
        self.turn("PUT", "images", {"images": behaviours})

    def execs(self, *commands: Json) -> None:
        """What commands answer: `{"argv": [...], "stdout": "", "stderr": "", "exit_code": 0}`."""
        self.turn("PUT", "execs", {"commands": list(commands)})

    def users(self, **users: Json) -> None:
        """Who stands behind tokens: `users(**{"TOKEN": {"name": "ann", "rules": [{"verbs": ["get"], ...}]}})`."""
        self.turn("PUT", "users", {"users": users})

    def usage(self, usage: Mapping[str, Json]) -> None:
        """How much is used: `{"node/node-1": {"cpu": "2"}, "pod/shop/cart-0": {"memory": "1Gi"}}`."""
        self.turn("PUT", "usage", {"usage": dict(usage)})

    def node(self, name: str, **state: Json) -> None:
        """How a node is: `ready` (True, False, None), `pressure` (["Memory"]), `labels`, `allocatable`."""
        self.turn("PUT", f"nodes/{name}", state)

    def status(self, group: str, plural: str, name: str, **parts: Json) -> None:
        """Sets parts of the status of an object in the tests' namespace: of an autoscaler, say."""
        self.turn("PATCH", f"status/{group}/{plural}/{self.namespace}/{name}", parts)

    def writes(self, pod: str, *lines: str, container: str = "") -> None:
        """Lets a container write lines."""
        self.turn("POST", f"logs/{self.namespace}/{pod}", {"lines": list(lines), "container": container})

    def breaks(self, *faults: Json) -> None:
        """What goes wrong from now on; nothing, without any."""
        self.turn("PUT", "faults", {"faults": list(faults)})

    def compact(self) -> None:
        """Forgets what happened until now."""
        self.turn("POST", "compact")

    def journal(self, since: int = 0) -> list[Json]:
        """Every request, in order."""
        made: list[Json] = self.turn("GET", f"journal?since={since}")
        return made

    def metrics(self) -> str:
        """What kube-state-metrics would say."""
        with urllib.request.urlopen(f"{self.knobs}/_sim/metrics", timeout=10) as answer:
            return str(answer.read().decode())

    def kubeconfig_for(self, token: str) -> Path:
        """A kubeconfig for another token."""
        config = yaml.safe_load(self.kubeconfig.read_text())
        config["users"][0]["user"]["token"] = token
        path = self.folder / f"kubeconfig-{token}"
        path.write_text(yaml.safe_dump(config))
        return path

    def turn(self, method: str, knob: str, body: Json = None) -> Json:
        """Turns a knob; ValueError with the answer where it is refused."""
        return _asked(f"{self.knobs}/_sim/{knob}", method, body)

    def ask(self, method: str, path: str, body: Json = None) -> Json:
        """Asks the API as admin, without any client; ValueError with the answer where it refuses."""
        return _asked(self.url + path, method, body, token=self.token, ca=self.ca)

    def _addresses(self) -> bool:
        words = self._log.read_text().split()
        if len(words) < 2:
            return False
        self.url, self.knobs = words[0], words[1]
        return True


def _asked(url: str, method: str, body: Json, *, token: str = "", ca: Path | None = None) -> Json:
    request = urllib.request.Request(url, method=method, data=None if body is None else json.dumps(body).encode())
    request.add_header("Content-Type", "application/json")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    context = ssl.create_default_context(cafile=str(ca)) if ca else None
    try:
        with urllib.request.urlopen(request, timeout=30, context=context) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            raise ValueError(f"{method} {url}: {error.code} {error.read().decode()}") from None


def real_cluster() -> Cluster | None:
    """The cluster that the variable names, with its namespace after a colon: `~/.kube/config:tocsin-tests`."""
    named = os.environ.get(REAL)
    if not named:
        return None
    path, _, namespace = named.partition(":")
    return Cluster(Path(path).expanduser(), namespace or "tocsin-tests")
