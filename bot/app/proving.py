"""Proves rule files by their unit-test files: reads both, and plays each test.

Those of PromQL each have a Prometheus of their own; those of saved searches say themselves what Splunk finds.
"""

from __future__ import annotations

import asyncio
import glob
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from bot.config.files import shown, text_of, whole
from bot.errors import Complaint, DocumentError, Gravity, StartError
from bot.integrations.prometheus.scratch import scratch
from bot.model.rule import RuleGroup
from bot.rules.proving.prove import Proof, in_order, prove
from bot.rules.proving.spec import read_stories
from bot.rules.proving.story import Story, StoryFile
from bot.rules.savedsearches import conf, stanza
from bot.rules.savedsearches.proving import prove_search
from bot.rules.savedsearches.stories import SearchStory, is_of_searches, read_search_stories
from bot.rules.spec import read_groups

_AT_ONCE = 3
"""Tests that are played at the same time: while one waits for its server, another can go on."""
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """A unit-test file: its tests and the rules they are about, or what is wrong with it.

    `complaints` with errors among them: nothing of it can be played.
    """

    name: str
    stories: tuple[Story | SearchStory, ...] = ()
    groups: tuple[RuleGroup, ...] = ()
    every: timedelta = _MINUTE
    fuzzy: bool = False
    complaints: tuple[Complaint, ...] = ()

    @property
    def broken(self) -> bool:
        """Whether it holds mistakes."""
        return any(one.gravity is Gravity.ERROR for one in self.complaints)

    @property
    def needs_prometheus(self) -> bool:
        """Whether one of its tests asks PromQL."""
        return not self.broken and any(isinstance(story, Story) for story in self.stories)


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """One test and what came of it."""

    file: str
    story: Story | SearchStory
    proof: Proof
    seconds: float


def load(files: Sequence[Path], cwd: Path, only: re.Pattern[str] | None = None) -> tuple[Suite, ...]:
    """Reads test files and the rule files they name; `only` keeps the tests whose names it finds itself in."""
    rules: dict[Path, tuple[RuleGroup, ...] | DocumentError] = {}
    return tuple(_load(path, cwd, only, rules) for path in files)


async def play(suites: Iterable[Suite], binary: Path | None, told: Callable[[Played], None]) -> tuple[Played, ...]:
    """Plays every test of the suites that have no mistakes; in their order, `told` as each is done.

    `binary` None: none of them asks PromQL. StartError when the Prometheus does not start; Temporary and Permanent when
    it fails in the middle.
    """
    free = asyncio.Semaphore(_AT_ONCE)
    loop = asyncio.get_running_loop()

    async def one(suite: Suite, story: Story | SearchStory) -> Played:
        async with free:
            began = loop.time()
            proof = await _proof(suite, story, binary)
            played = Played(file=suite.name, story=story, proof=proof, seconds=loop.time() - began)
            told(played)
            return played

    try:
        async with asyncio.TaskGroup() as tasks:
            done = [
                tasks.create_task(one(suite, story)) for suite in suites if not suite.broken for story in suite.stories
            ]
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return tuple(task.result() for task in done)


async def _proof(suite: Suite, story: Story | SearchStory, binary: Path | None) -> Proof:
    if isinstance(story, SearchStory):
        return prove_search(story, suite.groups)
    if binary is None:
        raise StartError("no Prometheus was named to play the test", hint="name one with --prometheus")
    async with scratch(binary, suite.every) as server:
        return await prove(story, suite.groups, suite.every, server, fuzzy=suite.fuzzy)


def _load_searches(path: Path, name: str, text: str, cwd: Path, only: re.Pattern[str] | None) -> Suite:
    """A test file of saved searches, and the searches it names; one file over the other, as an app's layers are."""
    try:
        stories = read_search_stories(text, name)
        layers = [_conf((cwd / path).parent / file, cwd) for file in stories.files]
    except DocumentError as error:
        return Suite(name=name, complaints=error.complaints)
    home = stanza.Home(file=name, source="test", time_zone=stories.time_zone)
    reading = stanza.read(conf.layered(layers), home)
    return Suite(
        name=name,
        stories=tuple(story for story in stories.stories if only is None or only.search(story.name)),
        groups=reading.groups,
        complaints=reading.complaints,
    )


def _conf(file: Path, cwd: Path) -> conf.Conf:
    name = shown(file.resolve(), cwd)
    return conf.parse(text_of(file, name), name)


def _load(
    path: Path,
    cwd: Path,
    only: re.Pattern[str] | None,
    rules: dict[Path, tuple[RuleGroup, ...] | DocumentError],
) -> Suite:
    name = shown(path, cwd)
    try:
        text = text_of(cwd / path, name)
        if is_of_searches(text):
            return _load_searches(path, name, text, cwd, only)
        stories = read_stories(text, name)
    except DocumentError as error:
        return Suite(name=name, complaints=error.complaints)
    complaints = list(stories.warnings)
    groups: list[RuleGroup] = []
    for file in _rule_files((cwd / path).parent, stories, complaints) if stories.stories else ():
        if file not in rules:
            rules[file] = _groups(file, cwd)
        found = rules[file]
        if isinstance(found, DocumentError):
            complaints += found.complaints
        else:
            groups += found
    return Suite(
        name=name,
        stories=tuple(story for story in stories.stories if only is None or only.search(story.name)),
        groups=in_order(groups, stories.order),
        every=stories.evaluation_interval,
        fuzzy=stories.fuzzy,
        complaints=tuple(complaints),
    )


def _rule_files(folder: Path, stories: StoryFile, complaints: list[Complaint]) -> Sequence[Path]:
    """The files that the patterns name, each once; a pattern that names none is a warning, as in promtool."""
    found: dict[Path, None] = {}
    for pattern in stories.rule_files:
        names = sorted(glob.glob(pattern, root_dir=folder, include_hidden=True)) if pattern else []
        if not names:
            warning = whole(stories.file, f"`rule_files` names {pattern!r}, and there is no such file")
            complaints.append(replace(warning, gravity=Gravity.WARNING))
        found |= dict.fromkeys(folder / name for name in names)
    return tuple(found)


def _groups(file: Path, cwd: Path) -> tuple[RuleGroup, ...] | DocumentError:
    name = shown(file.resolve(), cwd)
    try:
        return read_groups(text_of(file, name), name, source="scratch", default_interval=_MINUTE)
    except DocumentError as error:
        return error


def as_json(played: Played) -> Mapping[str, object]:
    """A test and what came of it, for programs."""
    return {
        "file": played.file,
        "name": played.story.name,
        "place": played.story.place,
        "holds": played.proof.holds,
        "seconds": round(played.seconds, 3),
        "troubles": [{"place": trouble.place, "message": trouble.message} for trouble in played.proof.troubles],
        "mismatches": [
            {
                "place": mismatch.place,
                "what": mismatch.what,
                "at_seconds": mismatch.at.total_seconds(),
                "right": mismatch.right,
                "different": [{"expected": dict(pair.expected), "came": dict(pair.came)} for pair in mismatch.pairs],
                "missing": [dict(traits) for traits in mismatch.missing],
                "unexpected": [dict(traits) for traits in mismatch.unexpected],
                "hints": list(mismatch.hints),
            }
            for mismatch in played.proof.mismatches
        ],
    }
