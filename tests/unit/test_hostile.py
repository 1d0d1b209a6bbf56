"""The hostile texts do what they are for: where somebody pastes them, they get through."""

import subprocess
from pathlib import Path

from tests.hostile import KINDS, corpus, got_through


def test_there_are_many_and_none_twice(tmp_path: Path) -> None:
    texts = corpus(tmp_path / "canary")
    assert len(texts) == len(set(texts)) > 300
    assert all(len(kind) > 20 for kind in KINDS.values())
    assert not [text for text in texts if "$(P)" in text]


def test_a_shell_into_which_they_are_pasted_runs_some_of_them(tmp_path: Path) -> None:
    ran = 0
    for number, _ in enumerate(KINDS["shell"]):
        canary = tmp_path / f"canary{number:03}"
        text = list(KINDS["shell"])[number].replace("P", f"touch {canary}").replace("C", str(canary))
        subprocess.run(["sh", "-c", f"echo {text}"], cwd=tmp_path, capture_output=True, check=False)
        ran += bool(got_through(canary))
    assert ran > 20
