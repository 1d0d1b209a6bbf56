"""What the command line makes of the server's answers."""

from pathlib import Path

import httpx
import pytest

from bot.cli.client import Client
from bot.config.outline import outline
from bot.errors import Conflict, IntegrationError, NotAllowed, NotFound, Temporary, TocsinError


@pytest.mark.parametrize(
    ("status", "error"),
    [(403, NotAllowed), (404, NotFound), (409, Conflict), (500, TocsinError), (502, TocsinError), (503, Temporary)],
)
def test_a_refusal_is_the_error_it_was_and_what_may_be_over_soon_is_asked_again(
    status: int, error: type[TocsinError], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    answer = httpx.Response(status, json={"error": "the disk is full", "hint": "free some space"})
    monkeypatch.setattr(httpx.Client, "request", lambda *_, **__: answer)
    client = Client("http://127.0.0.1:9393", "token", outline(None, {}, tmp_path))
    with pytest.raises(error) as caught:
        client.get("runs", "RUN-1")
    assert (caught.value.message, caught.value.hint) == ("the disk is full", "free some space")
    assert isinstance(caught.value, IntegrationError) == (status == 503)
