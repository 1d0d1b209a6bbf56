"""Expected triggers of saved searches: a run a column, each line with the point of the facts that it follows.

`fact` names a section of the facts of Splunk and ElastAlert as this project was given them, and its word; or it is
`assumed: ...` where those are silent, and then rules/splunk/README.md lists it, word for word.
"""

from dataclasses import dataclass

from tests.scenarios.searching import (
    DOWN,
    MISTAKE,
    QUOTA,
    TIMEOUT,
    Finds,
    by,
    lacking,
    lists,
    met,
    n,
)

EVENTS = "counttype = number of events"
ROWS = "alert.digest_mode = 0\nalert.suppress = 1\nalert.suppress.period = 1m\nalert.suppress.fields = host"
OURS = "action.tocsin.param"


def above(quantity: object) -> str:
    """More results than this."""
    return f"{EVENTS}\nrelation = greater than\nquantity = {quantity}"


def below(quantity: object) -> str:
    """Fewer results than this."""
    return f"{EVENTS}\nrelation = less than\nquantity = {quantity}"


def moves(relation: str, quantity: object) -> str:
    """Drops or rises."""
    return f"{EVENTS}\nrelation = {relation}\nquantity = {quantity}"


def quiet(period: str) -> str:
    """Suppression of a digest."""
    return f"alert.suppress = 1\nalert.suppress.period = {period}"


def each(period: str = "1m", fields: str = "host") -> str:
    """One alert for each row, suppressed by fields."""
    return (
        f"{above(0)}\nalert.digest_mode = 0\nalert.suppress = 1\n"
        f"alert.suppress.period = {period}\nalert.suppress.fields = {fields}"
    )


def compared(kind: str, **more: object) -> str:
    """A comparison with earlier runs, a row an alert."""
    lines = "".join(f"\n{OURS}.{name} = {value}" for name, value in more.items())
    return f"{each()}\n{OURS}.compare = {kind}\n{OURS}.keys = host{lines}"


CONF = """\
[{name}]
search = index=shop error
enableSched = 1
cron_schedule = {cron}
dispatch.earliest_time = -5m
dispatch.latest_time = now
{more}
"""


@dataclass(frozen=True, kw_only=True)
class Line:
    """A search that runs every five minutes: what its runs find, and what they come to, in the signs of `searching`."""

    name: str
    fact: str
    settings: str
    runs: tuple[Finds, ...]
    expected: str


A = "assumed: "
ONCE = A + "an alert that fires in two runs in a row is one alert"
RENEWED = A + "an alert that fires when its period is over begins the next"
MORE = A + "what part of the data shows to be more is more"
FROM_NOTHING = A + "a rise from nothing is more than any part of it"
THROTTLE = "3 throttle suppresses notifications, not state"
PARTIAL = "2 partial results: evaluation error, not 0 results"
FAILED = "4 treat query failure as unknown, not zero"
CUSTOM = "counttype = custom\nalert_condition = where avg > 5"
CHANGE = compared("change", value="value")
FLAT = compared("flatline", value="value", threshold=5)
FLAT_FOR_A_WHILE = compared("flatline", value="value", threshold=5, span="12m")

TABLE = [
    # ---- trigger kinds
    Line(name="always", fact="1 counttype always", settings="counttype = always\nalert.track = 1",
         runs=(n(3), n(1)), expected="F f"),
    Line(name="always, nothing found", fact=A + "`always` triggers with a run that finds nothing too",
         settings="counttype = always\nalert.track = 1", runs=(n(0), n(0)), expected="F f"),
    Line(name="greater than", fact="1 relation greater than", settings=above(5),
         runs=(n(5), n(6), n(5), n(0), n(7)), expected="- F R - F"),
    Line(name="greater than, on and on", fact=ONCE, settings=above(0), runs=(n(1), n(2), n(3)), expected="F f f"),
    Line(name="less than", fact="1 relation less than", settings=below(2),
         runs=(n(2), n(1), n(0), n(3)), expected="- F f R"),
    Line(name="equal to", fact="1 relation equal to", settings=moves("equal to", 2),
         runs=(n(1), n(2), n(3)), expected="- F R"),
    Line(name="not equal to", fact="1 relation not equal to", settings=moves("not equal to", 2),
         runs=(n(2), n(1), n(2), n(3)), expected="- F R F"),
    Line(name="hosts", fact="1 counttype number of hosts",
         settings="counttype = number of hosts\nrelation = greater than\nquantity = 1",
         runs=(lists({"host": "a"}, {"host": "a"}), by(a=1, b=1)), expected="- F"),
    Line(name="sources", fact="1 counttype number of sources",
         settings="counttype = number of sources\nrelation = greater than\nquantity = 1",
         runs=(n(3), lists({"source": "/a"}, {"source": "/b"})), expected="- F"),
    Line(name="custom", fact="1 alert_condition: triggers iff it yields a row",
         settings=CUSTOM,
         runs=(met(3, is_met=False), met(3), met(0, is_met=False)), expected="- F R"),
    # ---- drops and rises
    Line(name="drops by", fact="1 drops by: compared with the run before", settings=moves("drops by", 3),
         runs=(n(9), n(7), n(4), n(4)), expected="- - F R"),
    Line(name="rises by", fact="1 rises by: compared with the run before", settings=moves("rises by", 3),
         runs=(n(1), n(3), n(6), n(6)), expected="- - F R"),
    Line(name="drops by per cent", fact="1 quantity: per cent for drops by", settings=moves("drops by", "50%"),
         runs=(n(8), n(5), n(2), n(1)), expected="- - F f"),
    Line(name="rises by per cent", fact="1 quantity: per cent for rises by", settings=moves("rises by", "50%"),
         runs=(n(4), n(5), n(8), n(9)), expected="- - F R"),
    Line(name="just so much", fact=A + "`rises by 3` and `drops by 3` mean by 3 or more", settings=moves("rises by", 3),
         runs=(n(1), n(4)), expected="- F"),
    Line(name="no run before", fact=A + "without a complete run before, nothing drops or rises",
         settings=moves("rises by", 1), runs=(n(9), n(9)), expected="- -"),
    Line(name="from nothing", fact=FROM_NOTHING, settings=moves("rises by", "500%"),
         runs=(n(0), n(1)), expected="- F"),
    Line(name="to nothing", fact="1 drops by: compared with the run before", settings=moves("drops by", "100%"),
         runs=(n(3), n(0), n(0)), expected="- F R"),
    Line(name="a standstill is no rise", fact=A + "who stays the same neither drops nor rises, not even by 0",
         settings=moves("rises by", 0), runs=(n(3), n(3)), expected="- -"),
    # ---- digest and rows
    Line(name="a digest is one alert", fact="1 alert.digest_mode 1: once per run", settings=above(0),
         runs=(by(a=1, b=2), by(b=1)), expected="F f"),
    Line(name="a row is an alert", fact="1 alert.digest_mode 0: per result row", settings=each(),
         runs=(by(a=1, b=2), by(b=1), by()), expected="aF,bF aR,bf bR"),
    Line(name="rows of the same fields are one alert", fact="3 one per row keyed by suppress.fields", settings=each(),
         runs=(lists({"host": "a", "n": "1"}, {"host": "a", "n": "2"}),), expected="aF"),
    Line(name="rows by fields, none triggers", fact="1 alert.digest_mode 0: per result row",
         settings=each().replace("quantity = 0", "quantity = 2"), runs=(by(a=1, b=1), by(a=1, b=1, c=1)),
         expected="- aF,bF,cF"),
    # ---- suppression
    Line(name="again within the period", fact=THROTTLE,
         settings=f"{above(0)}\n{quiet('10m')}", runs=(n(1), n(0), n(1), n(0)), expected="F R F R"),
    Line(name="again well within the period", fact=THROTTLE,
         settings=f"{above(0)}\n{quiet('11m')}", runs=(n(1), n(0), n(1), n(0)), expected="F R q r"),
    Line(name="told once it is over", fact=THROTTLE,
         settings=f"{above(0)}\n{quiet('15m')}", runs=(n(1), n(0), n(1), n(1), n(1)), expected="F R q F f"),
    Line(name="firing on is told at once, and goes on", fact=ONCE, settings=f"{above(0)}\n{quiet('1h')}",
         runs=(n(1), n(1), n(1), n(0)), expected="F f f R"),
    Line(name="what fires on begins a new period", fact=RENEWED,
         settings=f"{above(0)}\n{quiet('8m')}", runs=(n(1), n(1), n(1), n(0), n(1)), expected="F f f R F"),
    Line(name="a period begun while firing mutes", fact=RENEWED,
         settings=f"{above(0)}\n{quiet('12m')}", runs=(n(1), n(1), n(1), n(1), n(0), n(1)), expected="F f f f R q"),
    Line(name="by fields", fact="1 alert.suppress.fields", settings=each("12m"),
         runs=(by(a=1), by(b=1), by(a=1, b=1)), expected="aF aR,bF aq,bf"),
    Line(name="suppressed alone", fact="1 alert.suppress.fields", settings=each("12m", "host, value"),
         runs=(by(a=1), by(), by(a=2)), expected="aF aR aF"),
    # ---- what could not be seen
    Line(name="a dead peer is not nothing", fact=PARTIAL, settings=above(0),
         runs=(n(1), lacking(n(0)), n(1), n(0)), expected="F f? f R"),
    Line(name="less than, partial", fact="2 partial results: no false `less than`", settings=below(5),
         runs=(n(9), lacking(n(1)), n(1)), expected="- ? F"),
    Line(name="equal to, partial", fact=PARTIAL, settings=moves("equal to", 1),
         runs=(n(9), lacking(n(1))), expected="- ?"),
    Line(name="not equal to, partial", fact=PARTIAL, settings=moves("not equal to", 2),
         runs=(n(2), lacking(n(1))), expected="- ?"),
    Line(name="drops, partial", fact=PARTIAL, settings=moves("drops by", 2),
         runs=(n(9), lacking(n(1)), n(9)), expected="- ? -"),
    Line(name="rises, partial", fact=MORE, settings=moves("rises by", 2),
         runs=(n(1), lacking(n(9)), n(1)), expected="- F? R"),
    Line(name="greater, partial", fact=MORE, settings=above(5),
         runs=(lacking(n(6)), n(6), lacking(n(2)), n(2)), expected="F? f f? R"),
    Line(name="custom, partial", fact=PARTIAL,
         settings=CUSTOM, runs=(lacking(met(3)), met(3)), expected="? F"),
    Line(name="always, partial and empty", fact=PARTIAL,
         settings="counttype = always\nalert.track = 1", runs=(lacking(n(0)), lacking(n(1))), expected="? F?"),
    Line(name="rows, partial", fact="2 partial results: no false resolve", settings=each(),
         runs=(by(a=1, b=1), lacking(by(a=1, c=1)), by(a=1)), expected="aF,bF af?,bf?,cF? af,bR,cR"),
    Line(name="a partial run is not the run before", fact=PARTIAL, settings=moves("drops by", 5),
         runs=(n(9), lacking(n(2)), n(4), n(3)), expected="- ? F R"),
    Line(name="a timeout", fact="2 dispatchState; issue: a timeout makes it unknown", settings=above(0),
         runs=(n(1), TIMEOUT, TIMEOUT, n(0)), expected="F f? f? R"),
    Line(name="a quota", fact="2 503", settings=below(1), runs=(n(1), QUOTA, n(0)), expected="- ? F"),
    Line(name="nobody answers", fact=FAILED, settings=below(1),
         runs=(DOWN, n(0), DOWN, n(1)), expected="? F f? R"),
    Line(name="bad SPL", fact="2 400 bad SPL", settings=above(0), runs=(MISTAKE, n(1)), expected="? F"),
    Line(name="a failed run is not the run before", fact=FAILED,
         settings=moves("rises by", 5), runs=(n(9), DOWN, n(10), n(15)), expected="- ? - F"),
    Line(name="quiet times go on in the dark", fact=THROTTLE,
         settings=f"{above(0)}\n{quiet('20m')}", runs=(n(1), n(0), DOWN, n(1), n(1)), expected="F R ? q F"),
    # ---- with a memory
    Line(name="change", fact="4 change: value differs from last seen for key",
         settings=CHANGE, runs=(by(a="x"), by(a="x"), by(a="y"), by(a="y"), by(a="x")),
         expected="- - aF aR aF"),
    Line(name="change, a key comes and goes", fact="4 change: persisted last value", settings=CHANGE,
         runs=(by(a="x"), by(), by(a="y")), expected="- - aF"),
    Line(name="change, no value", fact="4 change: ignore_null", settings=CHANGE,
         runs=(by(a="x"), by(a=""), by(a="x")), expected="- - -"),
    Line(name="change, forgotten", fact="4 change: timeframe", settings=compared("change", value="value", span="8m"),
         runs=(by(a="x"), by(), by(a="y")), expected="- - -"),
    Line(name="change within one run", fact="4 change: value differs from last seen for key",
         settings=CHANGE,
         runs=(lists({"host": "a", "value": "x"}, {"host": "a", "value": "y"}),), expected="aF"),
    Line(name="new term", fact="4 new_term: term unseen in window", settings=compared("new term"),
         runs=(by(a=1), by(a=1, b=1), by(a=1, b=1, c=1)), expected="- bF bR,cF"),
    Line(name="new term, first run learns", fact=A + "the first complete run of a new term search only learns",
         settings=compared("new term"), runs=(DOWN, by(a=1, b=1), by(b=1)), expected="? - -"),
    Line(name="new term, forgotten", fact="4 new_term: terms_window_size", settings=compared("new term", span="8m"),
         runs=(by(a=1), by(), by(a=1)), expected="- - aF"),
    Line(name="new term, partial run", fact=A + "nothing is compared with a partial answer",
         settings=compared("new term"), runs=(by(a=1), lacking(by(b=1)), by(b=1), by(b=1)), expected="- ? bF bR"),
    Line(name="flatline", fact="4 flatline: count < threshold after a full timeframe of history",
         settings=FLAT,
         runs=(by(a=9), by(a=9), by(a=4), by(a=9)), expected="- - aF aR"),
    Line(name="flatline, silent key", fact="4 flatline: zero hits only counted if key known",
         settings=FLAT,
         runs=(by(a=9, b=9), by(a=9, b=9), by(b=9), by(b=9)), expected="- - aF af"),
    Line(name="flatline, a key that has just begun", fact="4 flatline: after a full timeframe of history",
         settings=FLAT, runs=(by(a=1), by(a=1), by(a=1)),
         expected="- aF af"),
    Line(name="flatline, nobody knows it", fact="4 flatline: zero hits only counted if key known",
         settings=FLAT, runs=(by(), by(), by()), expected="- - -"),
    Line(name="flatline, forgotten", fact="4 flatline: forget_keys", settings=FLAT_FOR_A_WHILE,
         runs=(by(a=9), by(), by(), by(), by()), expected="- aF af aR -"),
    Line(name="flatline in an outage", fact="4 flatline silent during data-source outage", settings=FLAT,
         runs=(by(a=9), by(a=9), DOWN, lacking(by()), by(a=9)), expected="- - ? ? -"),
    Line(name="spike up", fact="4 spike: cur window vs previous window ratio",
         settings=compared("spike", value="value", threshold=3, direction="up"),
         runs=(by(a=10), by(a=29), by(a=87), by(a=87)), expected="- - aF aR"),
    Line(name="spike down", fact="4 spike: cur window vs previous window ratio",
         settings=compared("spike", value="value", threshold=3, direction="down"),
         runs=(by(a=30), by(a=11), by(a=3)), expected="- - aF"),
    Line(name="spike, to nothing", fact="4 spike: cur window vs previous window ratio",
         settings=compared("spike", value="value", threshold=3, direction="both"), runs=(by(a=30), by(), by(a=30)),
         expected="- aF aR"),
    Line(name="spike begins anew", fact="4 spike: windows cleared on match",
         settings=compared("spike", value="value", threshold=3, direction="both"),
         runs=(by(a=10), by(a=90), by(a=10), by(a=11)), expected="- aF aR -"),
    Line(name="spike, from nothing", fact=A + "a spike needs a value in the run before: from nothing there is no ratio",
         settings=compared("spike", value="value", threshold=3), runs=(by(a=0), by(a=9), by(a=10)), expected="- - -"),
    Line(name="spike, a new key", fact="4 spike: no alert until 2 x timeframe seen",
         settings=compared("spike", value="value", threshold=3), runs=(by(a=1), by(a=1, b=99)), expected="- -"),
    Line(name="spike after an outage", fact="4 spike broken after restart: persist windows",
         settings=compared("spike", value="value", threshold=3, direction="up"),
         runs=(by(a=10), DOWN, by(a=40)), expected="- ? aF"),
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Timed:
    """A search on its own schedule: it is at work for `lasts` hours, away for `away`, and then at work again.

    `takes` is how many minutes a run needs; `expected` are the scheduled times of its runs, as `shown`.
    """

    name: str
    fact: str
    cron: str
    expected: str
    zone: str = "UTC"
    continuous: bool = False
    beginning: str = "2026-11-22T03:01"
    lasts: float = 0.55
    away: float = 0
    takes: float = 0
    missed: int = 0
    shown: str = "%H:%M"

    @property
    def conf(self) -> str:
        """As a stanza."""
        return CONF.format(
            name="Due", cron=self.cron, more=f"{above(0)}\nrealtime_schedule = {int(not self.continuous)}"
        )


LATEST = A + "a skipping search that comes too late runs for the latest time that has come"
SKIPS = "1 realtime_schedule 1: may skip"
CONTINUES = "1 realtime_schedule 0: continuous, never skips"
FORWARD, BACK = "2027-03-27T00:00", "2026-10-24T00:00"
JUMPED = A + "a time that the clocks skip comes as soon as it can, one that they show twice comes once"
HOURLY = A + "a schedule by the hour follows the time that passes when clocks change"

SCHEDULES = [
    Timed(name="on time", fact="1 cron_schedule", cron="*/10 * * * *", expected="03:10 03:20 03:30"),
    Timed(name="skipping, longer than its period", fact=LATEST, cron="*/5 * * * *", takes=7, missed=1,
          expected="03:05 03:10 03:15 03:25"),
    Timed(name="skipping, far longer than its period", fact=SKIPS, cron="*/2 * * * *", takes=9, missed=7,
          expected="03:02 03:10 03:20"),
    Timed(name="continuous, longer than its period", fact=CONTINUES, cron="*/5 * * * *", takes=7, continuous=True,
          expected="03:05 03:10 03:15 03:20"),
    Timed(name="continuous, first start", fact=A + "a first start has no past to make up for", cron="*/10 * * * *",
          continuous=True, expected="03:10 03:20 03:30"),
    Timed(name="skipping, over a restart", fact=LATEST, cron="*/10 * * * *", lasts=0.3, away=0.5, missed=2,
          expected="03:10 03:40 03:50 04:00"),
    Timed(name="continuous, over a restart", fact=CONTINUES, cron="*/10 * * * *", lasts=0.3, away=0.5, continuous=True,
          expected="03:10 03:20 03:30 03:40 03:50 04:00"),
    Timed(name="a night away, skipping", fact=LATEST, cron="0 6 * * *", lasts=24, away=72, missed=2, shown="%d",
          expected="22 25 26"),
    Timed(name="a night away, continuous", fact=CONTINUES, cron="0 6 * * *", lasts=24, away=72, continuous=True,
          shown="%d", expected="22 23 24 25 26"),
    Timed(name="clocks go forward, at a fixed time", fact=JUMPED, cron="30 2 * * *", zone="Europe/Berlin", lasts=70,
          beginning=FORWARD, shown="%dT%H:%M%z", expected="27T02:30+0100 28T03:00+0200 29T02:30+0200"),
    Timed(name="clocks go back, at a fixed time", fact=JUMPED, cron="30 2 * * *", zone="Europe/Berlin", lasts=72,
          beginning=BACK, shown="%dT%H:%M%z", expected="24T02:30+0200 25T02:30+0200 26T02:30+0100"),
    Timed(name="clocks go forward, by the hour", fact=HOURLY, cron="0 * * * *", zone="Europe/Berlin", lasts=3.5,
          beginning="2027-03-28T00:30", shown="%H%z", expected="01+0100 03+0200 04+0200"),
    Timed(name="clocks go back, by the hour", fact=HOURLY, cron="0 * * * *", zone="Europe/Berlin", lasts=4.2,
          beginning="2026-10-25T00:30", shown="%H%z", expected="01+0200 02+0200 02+0100 03+0100"),
    Timed(name="clocks go back while away, continuous", fact=CONTINUES, cron="0 * * * *", zone="Europe/Berlin", lasts=1,
          away=3.2, beginning="2026-10-25T00:30", continuous=True, shown="%H%z",
          expected="01+0200 02+0200 02+0100 03+0100 04+0100"),
    Timed(name="clocks go back while away, skipping", fact=LATEST, cron="0 * * * *", zone="Europe/Berlin", lasts=1,
          away=3.2, beginning="2026-10-25T00:30", missed=2, shown="%H%z", expected="01+0200 03+0100 04+0100"),
]  # fmt: skip
