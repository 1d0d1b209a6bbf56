"""The real schemathesis over what OpenAPI says of `/api/v2/`: no fault of ours, no answer that is not allowed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.integrations.alertmanager_api.conftest import Real
from tests.soak import many

# What a schema cannot say, Alertmanager's API is full of: a name must not be empty, not all matchers may take the
# empty text, an end not lie before a start. And it takes for "no" whatever is not "yes".
NOT_SAID = "positive_data_acceptance,negative_data_rejection"


def test_the_document_is_kept_to_whatever_is_sent(real: Real, tmp_path: Path) -> None:
    argv = [
        str(Path(sys.executable).with_name("st")),
        "run",
        f"{real.url}/api/v1/openapi.json",
        f"--header=Authorization: Bearer {real.token}",
        "--include-path-regex=^/api/v2/",
        f"--max-examples={many(15, 500)}",
        f"--exclude-checks={NOT_SAID}",
        "--phases=examples,coverage,fuzzing",
        "--generation-database=none",
    ]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, cwd=tmp_path, timeout=110)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-1000:]
    assert "Selected: 9/" in done.stdout
