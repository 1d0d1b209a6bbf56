"""The actions' own tests run on whatever cluster a variable names: a kubeconfig is all that they are given of it.

Here it names the simulated one, so that the way of a real one does not fall into disrepair between two who have one.
"""

import os
import subprocess
import sys

import pytest

from bot.integrations.kubernetes import integration
from tests.house.tree import ROOT
from tests.servers import SimulatedKubernetes
from tests.servers.kubernetes import REAL

OF_NODES = {"kubernetes.cordon", "kubernetes.uncordon", "kubernetes.drain"}
"""A node of a real cluster is not emptied for a test."""


def test_every_action_is_tried_on_the_cluster_that_the_variable_names(kubernetes: SimulatedKubernetes) -> None:
    kubernetes.execs({"argv": ["/pause", "-v"], "stdout": "pause.c"})  # what the image of the tests does by itself
    since = len(kubernetes.journal())
    done = subprocess.run(
        [
            sys.executable, "-m", "pytest", "-v", "-n0", "-p", "no:cacheprovider",
            "tests/integrations/kubernetes/test_contracts.py", "-k", "its_result_is_plain",
        ],
        env=os.environ | {REAL: f"{kubernetes.kubeconfig}:tests-of-tocsin"},
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    tried = {line.partition("[")[2].partition("]")[0] for line in done.stdout.splitlines() if " PASSED" in line}
    assert {f"kubernetes.{case}" for case in tried} >= {spec.name for spec in integration.specs} - OF_NODES
    assert any("/namespaces/tests-of-tocsin/" in line["path"] for line in kubernetes.journal(since))
    with pytest.raises(ValueError, match="404"):  # and it leaves nothing behind
        kubernetes.ask("GET", "/api/v1/namespaces/tests-of-tocsin")
