"""Every command that is known, and how a search becomes a pipeline of them."""

from __future__ import annotations

from bot.testing.splunk.spl import commands
from bot.testing.splunk.spl.pipeline import Pipeline, Reader, understood

FIRST: dict[str, Reader] = {
    "loadjob": commands.loadjob,
    "makeresults": commands.makeresults,
    "search": commands.first_search,
}
THEN: dict[str, Reader] = {
    "dedup": commands.dedup,
    "fields": commands.fields,
    "fillnull": commands.fillnull,
    "head": commands.head,
    "mvexpand": commands.mvexpand,
    "rename": commands.rename,
    "reverse": commands.reverse,
    "rex": commands.rex,
    "search": commands.search,
    "sort": commands.sort,
    "table": commands.table,
    "tail": commands.tail,
}


def read(written: str) -> Pipeline:
    """A search that stands alone; raises SplError with what Splunk would say of it."""
    return understood(written, FIRST, THEN)
