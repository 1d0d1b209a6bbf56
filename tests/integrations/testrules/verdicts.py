"""What promtool and we say of unit-test files."""

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from bot.app.proving import Played, Suite, load, play
from bot.rules.proving.telling import tell

_VERDICT = re.compile(r"^  (SUCCESS|FAILED)", re.MULTILINE)


def of_promtool(promtool: str, files: Sequence[Path]) -> tuple[list[bool], str]:
    """Whether each file passes, and all that promtool said."""
    argv = [promtool, "test", "rules", *files]
    out = subprocess.PIPE
    done = subprocess.run(argv, stdout=out, stderr=subprocess.STDOUT, text=True, check=False, timeout=600)
    said = [found[1] == "SUCCESS" for found in _VERDICT.finditer(done.stdout)]
    assert len(said) == len(files), done.stdout
    return said, done.stdout


async def of_ours(binary: str, files: Sequence[Path]) -> tuple[list[bool], str]:
    """Whether each file passes, and all that we would say."""
    suites = load(files, Path("/"))
    played = await play(suites, Path(binary), lambda _: None)
    return [_passes(suite, played) for suite in suites], "\n".join(_words(suites, played))


def _passes(suite: Suite, played: Sequence[Played]) -> bool:
    return not suite.broken and all(one.proof.holds for one in played if one.file == suite.name)


def _words(suites: Sequence[Suite], played: Sequence[Played]) -> list[str]:
    complaints = [str(complaint) for suite in suites for complaint in suite.complaints]
    return complaints + [f"{one.story.name}: {line}" for one in played for line in tell(one.proof)]
