"""A storm of 10,000 alerts in a minute, and people who type and click in Slack meanwhile: how soon they are heard.

The whole of `tocsin run` on SQLite, and the simulated Slack on the same cores, where the incidents of the storm are
shown within Slack's limits; once over Socket Mode and once over HTTP. What people do is acknowledged, Slack shows an
error after three seconds; then it is answered. Half-way somebody declares a grave incident, whose message has to come
before those of the storm that wait for the channel.
"""

import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bot.testing.slack import blocks as kit
from bot.testing.slack.deliveries import EVENTS
from bot.testing.slack.methods import TIERS
from bot.testing.slack.settings import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET
from tests.bench import Row, p99
from tests.bench.place import running
from tests.bench.storm import STORM
from tests.integrations.slack_simulator.simulated import Slack
from tests.kill.scene import until
from tests.storm.weather import blows

DOORS = {"Socket Mode": ("app_token", APP_TOKEN), "HTTP": ("signing_secret", SIGNING_SECRET)}
EVERY = 0.25
"""Seconds between two things that people do."""
HALF = int(STORM.seconds / EVERY / 2) // 5 * 5
"""By then so many things were done; it is the turn of a command."""
SAYS = ("list", "why Storm7", "search Storm", "note 1 it goes on")
GRAVE = "nobody can pay"
CONFIG = """\
http: {{listen: "127.0.0.1:0"}}
integrations:
  slack:
    use: slack
    url: "{url}/api"
    bot_token: {{file: bot}}
    {door}: {{file: door}}
    incidents: {{channel: {channel}}}
people: [{{name: ann, roles: [on-call], chat: {{slack: U0ANN}}}}]
route: {{receiver: sre, group_by: [alertname], group_wait: 2s, group_interval: 10s}}
receivers: [{{name: sre}}]
"""


def rows(folder: Path, prometheus: str = "") -> list[Row]:
    """How soon, by both doors."""
    return [row for door in DOORS for row in _through(door, folder / door.replace(" ", "-"))]


def _through(door: str, folder: Path) -> list[Row]:
    folder.mkdir()
    with Slack() as slack:
        slack.begins()
        channel = slack.channel("sre")["id"]
        config = folder / "tocsin.yaml"
        key, secret = DOORS[door]
        (folder / "bot").write_text(BOT_TOKEN)
        (folder / "door").write_text(secret)
        config.write_text(CONFIG.format(url=slack.url, door=key, channel=channel))
        with running(config) as (_, address, _):
            hook = f"{address}/hooks/slack" if door == "HTTP" else ""
            urls = dict.fromkeys(("events", "interactivity", "commands"), hook)
            slack.set(urls=urls, limits=True, tiers={**TIERS, 4: 100_000})
            until(lambda: bool(hook or slack.knob("GET", "sockets")["open"]), "somebody who listens")
            with doing(slack, _declared(slack)) as taken:
                answers = blows(STORM, address, (folder / "tocsin.token").read_text().strip())
            until(lambda: len(_unseen(slack)) > len(taken), "an answer to everything", within=60)
            acts = [one for one in slack.knob("GET", "deliveries") if one["kind"] != EVENTS]
            waited = [one["answered_s"] for one in acts if one["answered_s"] is not None]
            grave, before = _grave(slack, acts[1 + HALF]["answered_s"])
    refused = sum(answer.status != 200 for answer in answers)
    note = f"{len(taken)} commands and clicks beside {STORM.alerts:,} alerts; {refused} requests refused"
    missed = sum(not one["acknowledged"] for one in taken)
    took = p99([one["took_s"] for one in taken])
    ahead = f"{before} messages of the storm were written before it, {STORM.groups - before} waited behind it"
    return [
        Row(f"what people do is acknowledged over {door}, 99 of 100", took, "s", floor=1, aim=0.25, note=note),
        Row(f"what was not acknowledged in time over {door}", missed, "", floor=0),
        Row(f"what people do is answered over {door}, the median", statistics.median(waited), "s"),
        Row(f"what people do is answered over {door}, 99 of 100", p99(waited), "s", note=f"{len(waited)} answers"),
        Row(f"a grave incident stands in the channel, declared over {door}", grave, "s", note=ahead),
    ]


def _grave(slack: Slack, answered_s: float) -> tuple[float, int]:
    """From the command that declares it to its message in the channel, in seconds; messages before it."""
    said = [one for one in slack.said("sre") if one["text"].startswith("Triggered: ")]
    place, shown = next((at, one) for at, one in enumerate(said) if GRAVE in one["text"])
    [declared] = [one for one in _unseen(slack) if GRAVE in str(one) and "is declared" in one["text"]]
    return float(shown["ts"]) - float(declared["ts"]) + answered_s, place


def _declared(slack: Slack) -> dict[str, Any]:
    """What clicks a button of a message that only Ann sees."""
    slack.does("command", user="ann", channel="sre", text="declare sev5 a storm is coming")
    until(lambda: bool(_unseen(slack)), "an answer")
    [message] = _unseen(slack)
    blocks = [block for bar in message["attachments"] for block in bar["blocks"]]
    action = next(one["action_id"] for _, one in kit.elements(blocks) if one["text"]["text"] == "Acknowledge")
    return {"user": "ann", "channel": "sre", "ts": message["ts"], "action_id": action}


@contextmanager
def doing(slack: Slack, click: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
    """All the while something is typed or clicked; what became of each."""
    taken, stop = list[dict[str, Any]](), threading.Event()

    def act() -> None:
        began = time.monotonic()
        while not stop.wait(max(0.0, began + EVERY * (len(taken) + 1) - time.monotonic())):
            at = len(taken) % (len(SAYS) + 1)
            typed = {"user": "ann", "channel": "sre", "text": SAYS[at % len(SAYS)]}
            if len(taken) == HALF:
                typed["text"] = f"declare sev1 {GRAVE}"
            taken.append(slack.does("command", **typed) if at < len(SAYS) else slack.does("click", **click))

    thread = threading.Thread(target=act)
    thread.start()
    try:
        yield taken
    finally:
        stop.set()
        thread.join()


def _unseen(slack: Slack) -> list[dict[str, Any]]:
    return [one["message"] for one in slack.channel("sre")["unseen"]]
