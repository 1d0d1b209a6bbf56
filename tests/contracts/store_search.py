"""Incidents are found: by their words and by their columns, a page at a time. Run by `test_store.py` over both."""

from dataclasses import replace

import pytest

from bot.errors import NotFound
from bot.incidents.searching import parse
from bot.model.ids import IncidentId
from bot.model.incident import IncidentKind, IncidentStatus, Severity
from bot.model.incident_query import IncidentQuery
from bot.ports.store import Store, Tx
from tests.contracts.store_nouns import MINUTE, NOW, entry, incident


async def found(store: Store, text: str = "", **asked: object) -> list[str]:
    """The ids of what is found, without what stands before the number."""
    query = IncidentQuery(terms=parse(text) if text else (), **asked)
    page = await store.read(lambda tx: tx.incidents.find(query))
    return [one.incident.id.removeprefix("INC-") for one in page.found]


class SearchSuite:
    """What is asked for is found, newest first, and nothing else."""

    async def test_by_the_words_of_its_head_and_of_its_story(self, store: Store) -> None:
        def work(tx: Tx) -> None:
            tx.incidents.put(incident(1, title="Checkout is slow", service="shop", fields={"customer": "Zürich"}))
            tx.incidents.put(incident(2, title="KubePodCrashLooping (namespace=shop)", team="platform"))
            tx.incidents.put(incident(3, title="drill", roles={"commander": "ann"}))
            tx.incidents.tell(entry("INC-1", "the disk of db-3.example.net is full"))
            tx.incidents.tell(replace(entry("INC-1", "looked"), why="the cache was cold"))
            tx.incidents.tell(entry("INC-2", "restarted"))
            tx.incidents.tell(entry("INC-2", "the shop is full of people"))

        await store.write(work)
        assert await found(store, "shop") == ["2", "1"]
        assert await found(store, "SHOP full") == ["2", "1"]
        assert await found(store, '"disk of db-3"') == ["1"]
        assert await found(store, "db-3 cold zurich slow") == ["1"]
        assert await found(store, "crash looping restarted") == ["2"]
        assert await found(store, "check*") == ["1"]
        assert await found(store, "shop -disk") == ["2"]
        assert await found(store, "full -disk* -people") == []
        assert await found(store, "inc-3") == ["3"]
        assert await found(store, "ann") == ["3"]
        assert await found(store, '"restarted the"') == [], "a phrase does not go from one entry into the next"

    async def test_what_was_changed_is_found_by_what_it_says_now(self, store: Store) -> None:
        await store.write(lambda tx: tx.incidents.put(incident(1, title="slow")))
        told = await store.write(lambda tx: tx.incidents.tell(entry("INC-1", "it was the cache")))
        rubbish = await store.write(lambda tx: tx.incidents.tell(entry("INC-1", "rubbish")))
        assert await found(store, "cache rubbish") == ["1"]

        def work(tx: Tx) -> None:
            tx.incidents.put(incident(1, title="fast"))
            tx.incidents.tell(replace(entry("INC-1", "it was dns"), amends=told.seq))
            tx.incidents.tell(replace(entry("INC-1", ""), amends=rubbish.seq))

        await store.write(work)
        texts = ("slow", "cache", "rubbish")
        assert [await found(store, text) for text in texts] == [[], [], []]
        assert await found(store, "fast dns") == ["1"]

    async def test_text_from_anywhere_can_be_kept_and_asked_for(self, store: Store) -> None:
        hostile = "a' & b | !c:* \"quoted\" NEAR(x) OR \\ \x00 \ud800 ﷺ ½ ¶ ').(--"
        letters = "𝔘𠮷" * 40_000  # four bytes each
        await store.write(lambda tx: tx.incidents.put(incident(1, title=hostile)))
        for text in (hostile, letters, "long " * 200_000, "last"):
            await store.write(lambda tx, text=text: tx.incidents.tell(entry("INC-1", text)))
        assert await found(store, hostile.replace("!", "")) == ["1"]
        assert await found(store, "𠮷") == ["1"]
        for text in ("'", "a'b", 'a"b', "NEAR(a", "a:b", "a\\", "col:a", "^a", "{a", "a<->c", "-nothing a"):
            await found(store, f"{text} a")

    async def test_a_story_without_end_stays_quick_to_change(self, store: Store) -> None:
        await store.write(lambda tx: tx.incidents.put(incident(1)))
        for _ in range(12):
            words = " ".join(f"word{number}" for number in range(3000))
            await store.write(lambda tx, words=words: tx.incidents.tell(entry("INC-1", words)))
        await store.write(lambda tx: tx.incidents.tell(entry("INC-1", "beyond")))
        assert await found(store, "word1") == ["1"]
        assert await found(store, "beyond") == []

    async def test_by_what_it_is(self, store: Store) -> None:
        def work(tx: Tx) -> None:
            tx.incidents.put(incident(1, status=IncidentStatus.CLOSED, service="shop", team="web"))
            tx.incidents.put(incident(2, status=IncidentStatus.RESOLVED, severity=Severity.SEV1, service="pay"))
            tx.incidents.put(incident(3, kind=IncidentKind.DRILL, service="shop"))
            tx.incidents.put(incident(4, status=IncidentStatus.ACKNOWLEDGED, team="web"))

        await store.write(work)
        assert await found(store) == ["4", "3", "2", "1"]
        assert await found(store, statuses=(IncidentStatus.CLOSED, IncidentStatus.TRIGGERED)) == ["3", "1"]
        assert await found(store, statuses=(IncidentStatus.TRIGGERED, IncidentStatus.ACKNOWLEDGED)) == ["4", "3"]
        assert await found(store, severities=(Severity.SEV1,)) == ["2"]
        assert await found(store, kinds=(IncidentKind.NORMAL,), services=("shop", "pay")) == ["2", "1"]
        assert await found(store, teams=("web",)) == ["4", "1"]
        assert await found(store, since=NOW + 2 * MINUTE, before=NOW + 4 * MINUTE) == ["3", "2"]
        assert await found(store, "shop", teams=("web",)) == ["4", "1"], "the title says shop"
        assert await found(store, "shop", services=("shop",), kinds=(IncidentKind.DRILL,)) == ["3"]

    @pytest.mark.parametrize("text", ["", "shop"])
    async def test_page_by_page_each_comes_once(self, store: Store, text: str) -> None:
        def work(tx: Tx) -> None:
            for number in range(1, 24):
                at_once = NOW + (number // 5) * MINUTE  # several at one moment
                tx.incidents.put(replace(incident(number), opened_at=at_once))

        await store.write(work)
        seen, after = list[str](), None
        while True:
            query = IncidentQuery(terms=parse(text) if text else (), after=after, limit=5)
            page = await store.read(lambda tx, query=query: tx.incidents.find(query))
            seen += [one.incident.id for one in page.found]
            if page.next is None:
                break
            after = page.next
        assert seen == [f"INC-{number}" for number in range(23, 0, -1)]
        with pytest.raises(NotFound, match="INC-99"):
            await found(store, text, after=IncidentId("INC-99"))
