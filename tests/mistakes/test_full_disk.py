"""A disk that fills up while Tocsin works: what it accepted is there afterwards, and what it refused it said so."""

import re
import resource
import sys

import httpx

from tests.mistakes.conftest import Folder

LIMIT = 1_500_000  # bytes a file may have: a database with a few hundred incidents in it
# The soft limit alone, so that nothing but this process and its children feel it. Python ignores SIGXFSZ.
LIMITED = (
    "import os, resource, sys; "
    f"resource.setrlimit(resource.RLIMIT_FSIZE, ({LIMIT}, resource.getrlimit(resource.RLIMIT_FSIZE)[1])); "
    "os.execv(sys.argv[1], sys.argv[1:])"
)


def test_what_was_accepted_before_the_disk_was_full_is_there_afterwards(folder: Folder) -> None:
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    folder.change("tocsin.yaml", "rules: [{files: [rules.yaml], source: prom}]\n", "")  # whoever writes, it is counted
    accepted, refusals = [], []
    with folder.tocsin(sys.executable, "-c", LIMITED) as tocsin:
        for number in range(2000):
            body = {"title": f"number {number}", "severity": "SEV3", "text": "x" * 15_000}
            answer = tocsin.api.post("/incidents", json=body)
            if answer.status_code == 201:
                accepted.append(answer.json()["id"])
            else:
                refusals.append(answer)
            if len(refusals) == 5:
                break
        assert len(accepted) > 3
        assert {answer.status_code for answer in refusals} == {503}
        problem = refusals[0].json()
        assert "tocsin.db" in problem["error"]
        assert "free" in problem["hint"]
        assert tocsin.api.get(f"/incidents/{accepted[-1]}").status_code == 200
        metrics = httpx.get(f"{tocsin.address}/metrics", trust_env=False).text
        (refused,) = re.findall(
            r'^tocsin_store_write_errors_total\{reason="unavailable"\} (\S+)$', metrics, re.MULTILINE
        )
        assert float(refused) >= len(refusals)
    with folder.tocsin() as again:
        for incident in accepted:
            assert again.api.get(f"/incidents/{incident}").status_code == 200
        assert again.api.post("/incidents", json={"title": "room again", "severity": "SEV3"}).status_code == 201
    status, said = folder.says("db", "verify")
    assert status == 0, said
