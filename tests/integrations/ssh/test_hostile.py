"""Hostile texts through every input of every action on hosts: nothing is run, written or shown that was not meant."""

import json
import re
import subprocess
import sys
import types
import typing
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from bot.errors import Permanent
from bot.integrations.ssh import integration
from bot.integrations.ssh.looking import as_it_is
from bot.model.plan import Outcome
from tests.hostile import corpus, got_through
from tests.integrations.ssh.conftest import Fleet, FleetOf
from tests.soak import sample

SHOW = [sys.executable, "-c", "import json, sys; print(json.dumps(sys.argv[1:]))"]
NO_PROGRAM_CAN_BE_GIVEN = ("\x00", "\ud800", "\udfff")
VALID: dict[str, Any] = {
    "argv": ["true"], "unit": "web", "path": "/", "pid": 4_194_304, "grep": "", "since": "15m", "settle": "0s",
    "wait": "1s", "signal": "TERM", "by": "cpu",
}  # fmt: skip


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    (tmp_path / "cage").mkdir()
    return tmp_path / "cage" / "canary"


@pytest.fixture
async def web(fleet_of: FleetOf, canary: Path) -> AsyncIterator[Fleet]:
    """A machine whose files, services and processes a text could reach."""
    write = [
        {"argv": [*SHOW, "switch", "*"], "probe": ["sh", "-c", 'test "$1" = x', "probe", "{1}"], "undo": [*SHOW, "{1}"]}
    ]
    async with fleet_of("web1", files=[f"{canary.parent}/*.log"], write=write) as fleet:
        yield fleet
        assert not got_through(canary)
        assert not fleet["web1"].changes
        assert not (fleet["web1"].folder / "rebooting").exists()


def text_inputs() -> Iterator[tuple[str, str]]:
    """Every input of every action that takes a text, or something that is read from one."""
    for spec in integration.specs:
        for field in spec.params.model_fields:
            yield spec.name, field


def given(model: type[BaseModel], field: str, text: str) -> dict[str, Any]:
    """Valid parameters with the text in one of them."""
    params = {name: VALID[name] for name, info in model.model_fields.items() if info.is_required()}
    if field not in ("host", "hosts", "groups"):
        params["host"] = "web1"
    return params | {field: [text] if _is_list(model.model_fields[field].annotation) else text}


def _is_list(annotation: object) -> bool:
    origin = typing.get_origin(annotation)
    if origin in (typing.Union, types.UnionType):
        return any(_is_list(one) for one in typing.get_args(annotation))
    return origin is list


async def test_a_typed_input_refuses_what_it_cannot_be(web: Fleet, canary: Path) -> None:
    """Before anything is done; what is taken all the same is free text, of which the tests below see what becomes."""
    taken: dict[str, set[str]] = {}
    for name, field in text_inputs():
        model = web.actions[name].spec.params
        for text in corpus(canary):
            try:
                params = model.model_validate(given(model, field, text))
            except ValidationError:
                continue
            if field in ("host", "hosts", "groups"):
                await is_no_host(web, name, given(model, field, text))
            elif field == "unit":
                assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_:.@\\-]*\.service", params.unit), text
            else:
                taken.setdefault(field, set()).add(text)
    free, numbers, lengths = {"argv", "path", "grep"}, {"count", "lines", "stop_after"}, {"since", "settle", "wait"}
    assert set(taken) == {*free, *numbers, *lengths, "batch", "pid"}
    assert all(text.isprintable() for text in taken["path"] | taken["grep"])
    assert all(taken[field] == {"1", "010"} for field in numbers)
    assert all(taken[field] == {"0"} for field in lengths)
    assert (taken["batch"], taken["pid"]) == ({"", "1"}, {"010"})


async def is_no_host(web: Fleet, name: str, params: dict[str, Any]) -> None:
    """No text is a host or a group, but for the one that is the machine's own address."""
    if "127.0.0.1" in params.values() or ["127.0.0.1"] in params.values():
        return
    with pytest.raises(Permanent):
        await web.plan(name, **params)


async def test_arguments_arrive_as_they_were_written(web: Fleet, canary: Path) -> None:
    texts = [text for text in corpus(canary) if text and not any(odd in text for odd in NO_PROGRAM_CAN_BE_GIVEN)]
    assert len(texts) > 300
    result = await web.do("host.run", host="web1", argv=[*SHOW, *texts])
    assert result.outcome is Outcome.SUCCEEDED, result
    assert json.loads(result.value["stdout"]) == texts


async def test_what_no_program_can_be_given_is_refused(web: Fleet, canary: Path) -> None:
    odd = [text for text in corpus(canary) if not text or any(char in text for char in NO_PROGRAM_CAN_BE_GIVEN)]
    assert len(odd) > 5
    for text in odd:
        with pytest.raises(Permanent):
            await web.plan("host.run", host="web1", argv=[*SHOW, text])


async def test_what_a_pattern_captured_is_an_argument_of_its_probe(web: Fleet, canary: Path) -> None:
    for text in sample(corpus(canary), 12):
        try:
            plan = await web.plan("host.run", host="web1", argv=[*SHOW, "switch", text])
        except Permanent:
            continue
        assert plan.can_probe == (not text.startswith("-")), text  # what may be an option is destructive, not known
        if plan.can_probe:
            assert (await web.probe(plan)).value == "did_not", text


async def test_a_text_to_look_for_is_no_pattern_and_no_option(web: Fleet, canary: Path) -> None:
    texts = [text for text in corpus(canary) if text.isprintable() and text.strip() == text and 0 < len(text) <= 200]
    for text in texts:
        web["web1"].log("web.service", f"before {text} after")
    for text in sample(texts, 12):
        result = await web.do("host.journal", host="web1", unit="web", grep=text, lines=5000)
        assert result.outcome is Outcome.SUCCEEDED, text
        assert result.value["lines"], text
        assert all(text in line for line in result.value["lines"]), text


async def test_a_path_shows_nothing_that_may_not_be_shown(web: Fleet, canary: Path) -> None:
    shown = canary.parent / "app.log"
    shown.write_text("a line\n")
    texts = corpus(canary)
    paths = [*texts, *(f"{canary.parent}/{text}" for text in texts), *(f"{shown}{text}" for text in texts)]
    paths += [f"{canary.parent}/{text}.log" for text in sample(texts, 12)]  # these fit, and the machine is asked
    for path in paths:
        if path:
            try:
                await web.plan("host.file_tail", host="web1", path=path)
            except (ValidationError, Permanent):
                continue
            assert path == str(shown), path


async def test_a_disk_is_only_looked_at(web: Fleet, canary: Path) -> None:
    paths = [f"/{text.strip('/')}" for text in corpus(canary)]
    for path in sample(paths, 12):
        try:
            result = await web.do("host.disk_usage", host="web1", path=path)
        except ValidationError:
            continue
        assert result.outcome is Outcome.FAILED or path.count("/") <= 3, path


def test_the_real_journalctl_takes_each_text_as_it_is(canary: Path, journalctl: str) -> None:
    """It reads patterns of PCRE2; of an empty folder it shows nothing, but first it compiles them."""
    texts = [text for text in corpus(canary) if text.isprintable() and 0 < len(text) <= 200]
    for text in sample(texts, 25):
        argv = [journalctl, f"--directory={canary.parent}", f"--grep={as_it_is(text)}"]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        assert "Bad pattern" not in done.stderr, (text, done.stderr)
        assert not done.stderr.strip() or "No journal files were found" in done.stderr, (text, done.stderr)
