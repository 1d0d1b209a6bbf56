"""What the properties of the store share: one transaction that leaves nothing, and the values its columns keep."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from bot.model.ids import IncidentId
from bot.model.incident import Incident, IncidentStatus, Severity
from bot.model.labels import LabelSet
from bot.ports.store import Tx
from bot.store.channel import Channel
from tests.soak import many


def there_and_back(channel: Channel, work: Callable[[Tx], object]) -> object:
    """What the work returns; nothing of it stays."""
    channel.say("BEGIN")
    channel.pending.begin()
    try:
        return work(channel.tx)
    finally:
        channel.pending.begin()  # nor of what waits to be written
        channel.say("ROLLBACK")


# A database is slow to write to: what a thousand do not show, five thousand have not shown either.
both = settings(
    max_examples=many(100, 1000), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)

raw = st.text(st.characters(), max_size=20).filter(lambda text: not re.search("[\ud800-\udbff][\udc00-\udfff]", text))
"""Any string of Python's, NUL and lone surrogates too; but not two surrogates that JSON reads as one character."""
words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
"""What a column of text keeps as it is."""
times = st.timedeltas(timedelta(0), timedelta(days=2_900_000)).map(
    lambda since: datetime(1970, 1, 1, tzinfo=UTC) + since
)
FIRST = datetime(1970, 1, 1, tzinfo=UTC)
maybe_time = st.none() | times
small = st.integers(0, 2**40)
texts = st.dictionaries(raw, raw, max_size=3)

utf8 = st.text(st.characters(codec="utf-8"), max_size=20)
labels = st.dictionaries(utf8, utf8, max_size=4).map(LabelSet)
fingerprints = st.lists(labels.map(lambda found: found.fingerprint), max_size=3).map(tuple)
LAST = datetime(9999, 12, 31, tzinfo=UTC)
INCIDENT = Incident(
    id=IncidentId("INC-1"), title="", severity=Severity.SEV1, status=IncidentStatus.TRIGGERED, opened_at=LAST
)
