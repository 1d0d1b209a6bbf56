"""What the command line makes of a server's answers: refusals, and a run that it follows to its end."""

import http.server
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.cli.client import Client
from bot.config.outline import outline
from bot.errors import Conflict, IntegrationError, NotAllowed, NotFound, Temporary, TocsinError
from tests.integrations.cli.conftest import Shell

BEGUN = {"id": "RUN-1", "title": "Looks"}
LOOK = {"id": "look", "title": "Look", "status": "failed", "text": "one\n", "reason": "no", "plan": None}
OVER = {"id": "RUN-1", "status": "failed", "steps": [LOOK], "ended_at": "2026-11-23T03:00:00Z"}
RUN = {
    "/api/v1/runbooks/look/runs": BEGUN,
    "/api/v1/runs/RUN-1/output?after=0": {"pieces": []},
    "/api/v1/runs/RUN-1": {"run": OVER, "journal": [], "approvals": []},
}


@contextmanager
def answering(answer: Callable[[str], tuple[int, Mapping[str, Any]]]) -> Iterator[str]:
    """The address of a server that answers so, by what is asked for."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, body = answer(self.path)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        do_GET = do_POST = _answer  # noqa: N815 - the server looks for these names

        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize(
    ("status", "error"),
    [(403, NotAllowed), (404, NotFound), (409, Conflict), (500, TocsinError), (502, TocsinError), (503, Temporary)],
)
def test_a_refusal_is_the_error_it_was_and_what_may_be_over_soon_is_asked_again(
    status: int, error: type[TocsinError], tmp_path: Path
) -> None:
    with answering(lambda _: (status, {"error": "the disk is full", "hint": "free some space"})) as address:
        client = Client(address, "token", outline(None, {}, tmp_path))
        with pytest.raises(error) as caught:
            client.get("runs", "RUN-1")
        client.close()
    assert (caught.value.message, caught.value.hint) == ("the disk is full", "free some space")
    assert isinstance(caught.value, IntegrationError) == (status == 503)


@pytest.mark.parametrize("more", [(), ("--json",)], ids=["text", "json"])
def test_a_run_that_is_begun_is_followed_to_its_end(more: tuple[str, ...], shell: Shell) -> None:
    with answering(lambda path: (200, RUN[path])) as address:
        said = shell("runbook", "run", "look", "--follow", *more, "--server", address)
    told = (said.err if more else said.out).splitlines()
    assert (said.status, told) == (
        1,
        ["RUN-1 has begun: Looks", "== look  Look", "   one", "   failed  no", "RUN-1 failed"],
    )
    assert not more or json.loads(said.out) == OVER


def test_a_run_is_followed_by_its_name_in_any_case(shell: Shell) -> None:
    with answering(lambda path: (200, RUN[path])) as address:
        assert shell("runbook", "follow", "run-1", "--server", address).status == 1
