"""python -m tests.bench [PART...]: measures all or some of PARTS and prints a table; exits 1 below a floor."""

import sys
import tempfile
from pathlib import Path

from tests.bench import Row, alerts, idle, incidents, paging, rules, runs, slack, splunk, startup, stats, storm
from tests.servers import PrometheusServer

PARTS = {
    "startup": startup.rows,
    "idle": idle.rows,
    "runs": runs.rows,
    "rules": rules.rows,
    "splunk": splunk.rows,
    "alerts": alerts.rows,
    "million": alerts.million,
    "storm": storm.rows,
    "stats": stats.rows,
    "incidents": incidents.rows,
    "paging": paging.rows,
    "slack": slack.rows,
}


def table(rows: list[Row]) -> str:
    """The rows as aligned text: measured, floor, aim, and how much of the floor was used up."""
    lines = [("", "measured", "floor", "aim", "of floor", "")]
    for row in rows:
        share = f"{row.measured / row.floor:.0%}" if row.floor else ""
        word = "TOO MUCH " if row.failed else ""
        lines.append(
            (
                row.name,
                f"{row.measured:.3g} {row.unit}".rstrip(),
                _plain(row.floor),
                _plain(row.aim),
                share,
                word + row.note,
            )
        )
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def _plain(number: float | None) -> str:
    return "" if number is None else f"{number:g}"


def main(wanted: list[str]) -> int:
    """0: every floor holds, 1: one does not, 2: there is no such part."""
    if unknown := set(wanted) - set(PARTS):
        print(f"nothing is called {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
        return 2
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder, PrometheusServer(Path(folder) / "prometheus") as prometheus:
        for name in wanted or PARTS:
            print(f"measuring {name}", flush=True)
            place = Path(folder) / name
            place.mkdir()
            rows += PARTS[name](place, prometheus.url)
    print(table(rows))
    return int(any(row.failed for row in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
