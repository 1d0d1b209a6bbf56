"""What every store promises of alerts on their way: the log, those that were told, silences, decisions, bodies."""

from dataclasses import replace as replaced
from datetime import timedelta

import pytest

from bot.errors import NotFound
from bot.model.held_group import HeldGroup
from bot.model.ids import Fingerprint, SilenceId
from bot.model.labels import Matcher, MatchOp
from bot.model.silence import Silence
from bot.model.telling import Decision, Told, Verdict
from bot.ports.alert_store import Heartbeat, LogKind, Outcome, Posted
from bot.ports.store import Store, Tx
from tests.contracts.store_nouns import MINUTE, NOW, alert, incident

NOBODY = Fingerprint("0" * 16)


def silence(id: str = "6f1", **fields: object) -> Silence:
    """A silence of an hour."""
    given = {
        "matchers": (Matcher(name="alertname", op=MatchOp.EQUAL, value="ShopSlow"),),
        "starts_at": NOW,
        "ends_at": NOW + timedelta(hours=1),
        "updated_at": NOW,
        "created_by": "ann",
        "comment": "the shop moves",
        **fields,
    }
    return Silence(id=SilenceId(id), **given)


def posted(delivery: str, at: timedelta = timedelta(0), source: str = "pd") -> Posted:
    """A body that said one alert."""
    return Posted(
        source=source,
        delivery=delivery,
        received_at=NOW + at,
        headers={"content-type": "application/json"},
        body=b"\x00{}\xff",
        outcome=Outcome.TAKEN,
        alerts=1,
    )


class AlertsSuite:
    """From the log to what was told."""

    async def test_the_log_is_read_in_the_order_it_was_written(self, store: Store) -> None:
        bodies = [b"[]", b'[{"a":"\xc3\xa9"}]', bytes(range(256)) * 5000]
        seqs = [
            await store.write(lambda tx, body=body: tx.log.append(LogKind.RECEIVED, body, NOW, "me")) for body in bodies
        ]
        assert seqs == sorted(set(seqs))
        rows = await store.read(lambda tx: tx.log.after(0, 10))
        assert [(row.seq, row.body) for row in rows] == list(zip(seqs, bodies, strict=True))
        assert {(row.kind, row.received_at, row.writer, row.since) for row in rows} == {
            (LogKind.RECEIVED, NOW, "me", 0)
        }
        assert [row.seq for row in await store.read(lambda tx: tx.log.after(seqs[0], 1))] == [seqs[1]]
        assert await store.read(lambda tx: tx.log.after(seqs[-1], 10)) == []
        assert await store.read(lambda tx: tx.log.newest()) == seqs[-1]

    async def test_what_one_process_wrote_it_need_not_read(self, store: Store) -> None:
        for writer in ("me", "other", "me"):
            await store.write(lambda tx, writer=writer: tx.log.append(LogKind.RECEIVED, b"[]", NOW, writer))
        assert [row.writer for row in await store.read(lambda tx: tx.log.after(0, 10, not_by="me"))] == ["other"]
        assert len(await store.read(lambda tx: tx.log.after(0, 10))) == 3

    async def test_the_table_begins_where_the_last_mark_says(self, store: Store) -> None:
        assert await store.read(lambda tx: (tx.log.begins(), tx.log.newest())) == (0, 0)

        def work(tx: Tx) -> tuple[int, int]:
            tx.log.append(LogKind.RECEIVED, b"[]", NOW, "me")
            first = tx.log.append(LogKind.CARRIED, b"[]", NOW, "me")
            tx.log.append(LogKind.MARK, b"", NOW, "me", first)
            second = tx.log.append(LogKind.CARRIED, b"[]", NOW, "me")
            tx.log.append(LogKind.MARK, b"", NOW, "me", second)
            tx.log.append(LogKind.RECEIVED, b"[]", NOW, "me")
            return first, second

        first, second = await store.write(work)
        assert first < await store.read(lambda tx: tx.log.begins()) == second

    async def test_the_last_word_on_an_alert_counts(self, store: Store) -> None:
        first, other = alert(instance="a"), alert(instance="b")
        ended = replaced(first, ends_at=NOW + MINUTE)
        await store.write(lambda tx: tx.alerts.put([first, other]))
        await store.write(lambda tx: tx.alerts.put([first, ended]))
        assert await store.read(lambda tx: tx.alerts.get(ended.fingerprint)) == ended
        assert await store.read(lambda tx: tx.alerts.get(other.fingerprint)) == other
        assert await store.read(lambda tx: tx.alerts.get(NOBODY)) is None

    async def test_many_alerts_are_known_at_once(self, store: Store) -> None:
        batch = [alert(instance=f"web-{number}") for number in range(1200)]
        await store.write(lambda tx: tx.alerts.put(batch))
        asked = [found.fingerprint for found in batch] + [NOBODY]
        known = await store.read(lambda tx: tx.alerts.known(asked))
        assert known == {found.fingerprint: found for found in batch}
        await store.write(lambda tx: tx.alerts.put(batch))
        assert len(await store.read(lambda tx: tx.alerts.known(asked))) == 1200

    async def test_a_silence_that_changes_is_seen_by_whoever_reads_on(self, store: Store) -> None:
        first, second = silence("6f1"), silence("6f2", comment="")
        await store.write(lambda tx: (tx.silences.put(first), tx.silences.put(second)))
        seq, changed = await store.read(lambda tx: tx.silences.changed_after(0))
        assert list(changed) == [first, second]
        assert await store.read(lambda tx: tx.silences.newest()) == seq
        ended = replaced(first, ends_at=NOW + MINUTE, updated_at=NOW + MINUTE)
        await store.write(lambda tx: tx.silences.put(ended))
        later, changed = await store.read(lambda tx: tx.silences.changed_after(seq))
        assert (list(changed), later > seq) == ([ended], True)
        assert await store.read(lambda tx: tx.silences.get(first.id)) == ended
        assert await store.read(lambda tx: tx.silences.changed_after(later)) == (later, [])
        with pytest.raises(NotFound, match="6f3"):
            await store.read(lambda tx: tx.silences.get(SilenceId("6f3")))

    async def test_what_was_told_is_known_by_group_and_way(self, store: Store) -> None:
        first = Told(group="g", way="incident", firing=frozenset({NOBODY}), at=NOW)
        again = replaced(first, firing=frozenset(), resolved=frozenset({NOBODY}), at=NOW + MINUTE)
        hook = replaced(first, way="hook")
        other = replaced(first, group="h")
        await store.write(lambda tx: [tx.tellings.put(told) for told in (first, hook, other)])
        await store.write(lambda tx: tx.tellings.put(again))
        assert await store.read(lambda tx: tx.tellings.of_group("g")) == {"incident": again, "hook": hook}
        assert await store.read(lambda tx: tx.tellings.of_group("another")) == {}

    async def test_what_was_told_of_all_groups_of_an_incident_is_read_at_once(self, store: Store) -> None:
        told = [Told(group=key, way="incident", firing=frozenset({NOBODY}), at=NOW) for key in ("g", "h", "other's")]

        def play(tx: Tx) -> None:
            for number, one in zip((1, 1, 2), told, strict=True):
                tx.incidents.put(incident(number))
                tx.incidents.hold(HeldGroup(key=one.group, incident=incident(number).id, began_at=NOW))
                tx.tellings.put(one)
                tx.tellings.put(replaced(one, way="hook"))

        await store.write(play)
        found = await store.read(lambda tx: tx.tellings.of_incident(incident(1).id, "incident"))
        assert sorted(found, key=lambda one: one.group) == told[:2]

    async def test_decisions_are_told_the_newest_first(self, store: Store) -> None:
        made = [
            Decision(at=NOW, verdict=verdict, text=str(verdict), rule="route {}")
            for verdict in (Verdict.RECEIVED, Verdict.GROUPED, Verdict.TOLD)
        ]
        for about, decision in zip(("a", "g", "g"), made, strict=True):
            await store.write(lambda tx, about=about, decision=decision: tx.decisions.add(about, decision))
        found = await store.read(lambda tx: tx.decisions.of(["a", "g"], 2))
        assert list(found) == [("g", made[2]), ("g", made[1])]
        assert list(await store.read(lambda tx: tx.decisions.of(["a"], 10))) == [("a", made[0])]

    async def test_a_delivery_counts_once(self, store: Store) -> None:
        assert await store.write(lambda tx: tx.posted.add(posted("1")))
        assert not await store.write(lambda tx: tx.posted.add(posted("1", MINUTE)))
        assert await store.write(lambda tx: tx.posted.add(posted("1", source="og")))
        assert await store.write(lambda tx: tx.posted.add(posted("2", 2 * MINUTE)))
        found = await store.read(lambda tx: tx.posted.since(NOW, 0, 10))
        assert [replaced(one, seq=0) for one in found] == [
            posted("1"),
            posted("1", source="og"),
            posted("2", 2 * MINUTE),
        ]
        after = await store.read(lambda tx: tx.posted.since(NOW, found[0].seq, 1))
        assert after == [found[1]]
        assert await store.read(lambda tx: tx.posted.since(NOW + MINUTE, 0, 10)) == [found[2]]

    async def test_signs_of_life_are_kept_by_name(self, store: Store) -> None:
        heard = Heartbeat(name="backup", seen_at=NOW)
        missed = replaced(heard, missing_since=NOW + MINUTE)
        other = Heartbeat(name="another", seen_at=NOW)
        await store.write(lambda tx: (tx.heartbeats.put(heard), tx.heartbeats.put(other), tx.heartbeats.put(missed)))
        assert list(await store.read(lambda tx: tx.heartbeats.all())) == [other, missed]
        await store.write(lambda tx: tx.heartbeats.drop(["another"]))
        assert list(await store.read(lambda tx: tx.heartbeats.all())) == [missed]
