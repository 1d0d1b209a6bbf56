"""Every command that is known, and how a search becomes a pipeline of them."""

from __future__ import annotations

from bot.testing.splunk.spl import commands, tables
from bot.testing.splunk.spl.pipeline import Pipeline, Reader, Run, Stage, understood
from bot.testing.splunk.spl.values import Rows, SplError


def append(argument: str) -> Stage:
    """`append [search ...]`: the rows of another search after these."""
    if not (argument.startswith("[") and argument.endswith("]")):
        raise SplError("Error in 'append' command: The last argument must be a subsearch.")
    other = read(argument[1:-1].strip())

    def apply(rows: Rows, run: Run) -> Rows:
        yield from rows
        yield from other.rows(run)

    return Stage(name="append", apply=apply, transforms=True)


FIRST: dict[str, Reader] = {
    "loadjob": commands.loadjob,
    "makeresults": commands.makeresults,
    "search": commands.first_search,
}
THEN: dict[str, Reader] = {
    "append": append,
    "bin": tables.bins,
    "bucket": tables.bins,
    "chart": tables.chart,
    "dedup": commands.dedup,
    "eval": commands.evaluate,
    "eventstats": tables.eventstats,
    "fields": commands.fields,
    "fillnull": commands.fillnull,
    "head": commands.head,
    "mvexpand": commands.mvexpand,
    "rare": tables.rare,
    "rename": commands.rename,
    "reverse": commands.reverse,
    "rex": commands.rex,
    "search": commands.search,
    "sort": commands.sort,
    "stats": tables.stats,
    "streamstats": tables.streamstats,
    "table": commands.table,
    "tail": commands.tail,
    "timechart": tables.timechart,
    "top": tables.top,
    "where": commands.where,
}


def read(written: str) -> Pipeline:
    """A search that stands alone; raises SplError with what Splunk would say of it."""
    return understood(written, FIRST, THEN)
