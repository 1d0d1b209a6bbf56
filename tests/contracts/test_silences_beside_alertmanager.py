"""Making, changing and ending silences: what a real Alertmanager keeps and what our rules say to keep are the same.

Each story is told to both: to Alertmanager over its API, to `placed` and `expired` at the moment it was told.
"""

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.alerts.silencing import expired, listed, mistake, placed
from bot.errors import NotAllowed
from bot.model.ids import SilenceId
from bot.model.labels import MatchOp
from bot.model.matchers import parse_matchers
from bot.model.silence import Silence
from tests.servers.alertmanager import AlertmanagerServer

MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AlertmanagerServer]:
    """One for all stories."""
    with AlertmanagerServer(tmp_path_factory.mktemp("alertmanager")) as running:
        yield running


def asked(matchers: str, starts: timedelta, ends: timedelta, *, comment: str = "why") -> Silence:
    now = datetime.now(UTC)
    return Silence(
        id=SilenceId(""), matchers=parse_matchers(matchers), starts_at=now + starts, ends_at=now + ends,
        updated_at=now, created_by="ann", comment=comment,
    )  # fmt: skip


def as_json(silence: Silence) -> dict[str, Any]:
    return {
        "id": silence.id,
        "matchers": [
            {
                "name": one.name,
                "value": one.value,
                "isRegex": one.op in (MatchOp.REGEX, MatchOp.NOT_REGEX),
                "isEqual": one.op in (MatchOp.EQUAL, MatchOp.REGEX),
            }
            for one in silence.matchers
        ],
        "startsAt": silence.starts_at.isoformat(),
        "endsAt": silence.ends_at.isoformat(),
        "createdBy": silence.created_by,
        "comment": silence.comment,
    }


@dataclass
class Both:
    """The same silences here and there, by our names for them."""

    server: AlertmanagerServer
    theirs: dict[str, str] = field(default_factory=dict)
    ours: dict[str, Silence] = field(default_factory=dict)
    status: int = 0

    def post(self, silence: Silence, to: str = "") -> str:
        """Posts it, as a change of one of ours where `to` says so; our name for what came of it."""
        call = self._call("POST", "silences", as_json(replace(silence, id=SilenceId(self.theirs.get(to, to)))))
        fresh = SilenceId(f"s{len(self.ours)}")
        try:
            kept = placed(self.ours.get(to), replace(silence, id=SilenceId(to)), fresh, datetime.now(UTC))
        except NotAllowed:
            assert self.status == 400, call
            return ""
        assert self.status == 200, call
        self.ours.update({one.id: one for one in kept})
        name, their = kept[-1].id, json.loads(call)["silenceID"]
        assert (their == self.theirs.get(to)) is (name == to), "one of the two changed it, the other made another one"
        self.theirs[name] = their
        return name

    def expire(self, name: str) -> None:
        self._call("DELETE", f"silence/{self.theirs[name]}")
        self.ours[name] = expired(self.ours[name], datetime.now(UTC))

    def agree(self) -> None:
        """Every silence has the same state, times within a second, and words; and they come in the same order."""
        now = datetime.now(UTC) + timedelta(milliseconds=1)
        found = [one for one in json.loads(self._call("GET", "silences")) if one["id"] in self.theirs.values()]
        named = {their: ours for ours, their in self.theirs.items()}
        assert [named[one["id"]] for one in found] == [one.id for one in listed(self.ours.values(), now)]
        for one in found:
            ours = self.ours[named[one["id"]]]
            assert one["status"]["state"] == ours.state(now)
            for key, at in (("startsAt", ours.starts_at), ("endsAt", ours.ends_at), ("updatedAt", ours.updated_at)):
                assert abs(datetime.fromisoformat(one[key]) - at) < timedelta(seconds=1), key
            assert (one["comment"], one["matchers"]) == (ours.comment, as_json(ours)["matchers"])

    def _call(self, method: str, path: str, body: object = None) -> str:
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"{self.server.url}/api/v2/{path}", data, method=method)
        request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                self.status = answer.status
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            self.status = error.code
            return error.read().decode()


Story = Callable[[Both], None]
STORIES: dict[str, Story] = {}


def story(tell: Story) -> Story:
    STORIES[tell.__name__] = tell
    return tell


@story
def a_new_one(both: Both) -> None:
    both.post(asked("a=b", -MINUTE, 10 * MINUTE))
    both.post(asked('a=~"b|c", d!="", e!~"x.*"', 5 * MINUTE, 10 * MINUTE))


@story
def a_longer_one(both: Both) -> None:
    one = both.post(asked("a=b", -MINUTE, 10 * MINUTE))
    both.post(replace(both.ours[one], ends_at=datetime.now(UTC) + 60 * MINUTE, comment="longer"), one)


@story
def a_start_without_fractions(both: Both) -> None:
    one = both.post(asked("a=b", -MINUTE, 10 * MINUTE))
    both.post(replace(both.ours[one], starts_at=both.ours[one].starts_at.replace(microsecond=0)), one)


@story
def other_matchers(both: Both) -> None:
    one = both.post(asked("a=b", -MINUTE, 10 * MINUTE))
    both.post(replace(both.ours[one], matchers=parse_matchers("a=c")), one)


@story
def matchers_in_another_order(both: Both) -> None:
    one = both.post(asked("a=b, c=d", -MINUTE, 10 * MINUTE))
    both.post(replace(both.ours[one], matchers=parse_matchers("c=d, a=b")), one)


@story
def another_start(both: Both) -> None:
    one = both.post(asked("a=b", -MINUTE, 10 * MINUTE))
    both.post(replace(both.ours[one], starts_at=datetime.now(UTC) + MINUTE), one)


@story
def an_earlier_start(both: Both) -> None:
    one = both.post(asked("a=b", -MINUTE, 10 * MINUTE))
    both.post(replace(both.ours[one], starts_at=datetime.now(UTC) - 30 * MINUTE), one)


@story
def a_pending_one_that_moves(both: Both) -> None:
    one = both.post(asked("a=b", 5 * MINUTE, 10 * MINUTE))
    both.post(asked("a=b", 7 * MINUTE, 20 * MINUTE), one)


@story
def a_pending_one_that_begins(both: Both) -> None:
    one = both.post(asked("a=b", 5 * MINUTE, 10 * MINUTE))
    both.post(asked("a=b", -MINUTE, 20 * MINUTE), one)


@story
def ended_and_ended_again(both: Both) -> None:
    one, two = both.post(asked("a=b", -MINUTE, 10 * MINUTE)), both.post(asked("a=c", 5 * MINUTE, 10 * MINUTE))
    both.expire(one)
    both.expire(two)
    both.agree()
    both.expire(one)
    both.expire(two)


@story
def one_that_is_over_comes_back_as_another(both: Both) -> None:
    one = both.post(asked("a=b", -MINUTE, 10 * MINUTE))
    both.expire(one)
    both.post(asked("a=b", -MINUTE, 10 * MINUTE), one)


@story
def refusals(both: Both) -> None:
    one = both.post(asked("a=b", -MINUTE, 10 * MINUTE))
    for wrong in (
        asked('a=""', -MINUTE, MINUTE),
        asked('a=~".*", b=""', -MINUTE, MINUTE),
        asked("a=b", -2 * MINUTE, -MINUTE),
        asked("a=b", 2 * MINUTE, MINUTE),
        asked('""=b', -MINUTE, MINUTE),
    ):
        assert mistake(wrong, datetime.now(UTC))
        assert both.post(wrong) == both.post(wrong, one) == ""
    both.post(asked('a!="b"', -MINUTE, MINUTE))


@pytest.mark.parametrize("tell", STORIES.values(), ids=STORIES)
def test_both_keep_the_same(tell: Story, server: AlertmanagerServer) -> None:
    both = Both(server)
    tell(both)
    both.agree()


def test_only_tocsin_asks_for_an_owner_and_a_reason(server: AlertmanagerServer) -> None:
    both, now = Both(server), datetime.now(UTC)
    for wrong in (asked("a=b", -MINUTE, MINUTE, comment=""), replace(asked("a=b", -MINUTE, MINUTE), created_by="")):
        both._call("POST", "silences", as_json(wrong))
        assert both.status == 200
        assert mistake(wrong, now)
