"""A folder with a configuration to measure with, and the real `tocsin` started in it."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TOCSIN = Path(sys.executable).with_name("tocsin")
GROUPS, RULES = 20, 10

RULE = """\
      - alert: Bench{number}
        expr: sum by (job) (rate(bench_requests_total{{code="500", part="{number}"}}[5m])) > 0.05
        for: 5m
        labels: {{severity: warning}}
        annotations: {{summary: "{{{{ $labels.job }}}} fails {{{{ $value | humanizePercentage }}}}"}}
"""
RUNBOOK = """\
runbook: ask
title: Asks, and then looks
owner: bench
summary: For the time between an answer and what follows it.
steps:
  - {id: look, uses: prometheus.query, with: {expr: "vector(1)"}, approval: {count: 1, ask: "Look?"}}
"""


def furnish(folder: Path, prometheus: str) -> Path:
    """Writes a configuration with 200 rules; returns its path."""
    groups = "".join(
        f"  - name: group{group}\n    rules:\n"
        + "".join(RULE.format(number=group * RULES + number) for number in range(RULES))
        for group in range(GROUPS)
    )
    (folder / "rules.yaml").write_text("groups:\n" + groups)
    (folder / "ask.yaml").write_text(RUNBOOK)
    config = folder / "tocsin.yaml"
    config.write_text(f"""\
http: {{listen: "127.0.0.1:0"}}
integrations: {{prom: {{use: prometheus, url: "{prometheus}"}}}}
rules: [{{files: [rules.yaml], source: prom}}]
runbooks: [ask.yaml]
""")
    return config


@contextmanager
def running(config: Path) -> Iterator[tuple[subprocess.Popen[str], str, float]]:
    """A Tocsin that is ready: its process, its address, and the seconds it took from the start of the process."""
    log = config.with_name("tocsin.log")
    began = time.perf_counter()
    with log.open("w") as words:
        process = subprocess.Popen([TOCSIN, "-c", config, "run"], stdout=words, stderr=subprocess.STDOUT, text=True)
    try:
        while "ready at " not in (said := log.read_text()):
            if process.poll() is not None:
                raise RuntimeError(f"tocsin did not start:\n{said}")
            time.sleep(0.002)
        took = time.perf_counter() - began
        address = said.split("ready at ", 1)[1].split(": ", 1)[0]
        yield process, address, took
    finally:
        process.terminate()
        process.wait(20)
