"""Splunk: runs saved searches, finds logs, takes Tocsin's own events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.integrations.splunk.config import SplunkConfig
from bot.integrations.splunk.export import Export
from bot.integrations.splunk.health import Examination
from bot.integrations.splunk.hec import Collector
from bot.integrations.splunk.jobs import Jobs
from bot.integrations.splunk.links import Links
from bot.integrations.splunk.logs import SplunkLogs
from bot.integrations.splunk.rest import Rest
from bot.integrations.splunk.room import Room
from bot.integrations.splunk.saved import SplunkSaved
from bot.integrations.splunk.searches import SplunkSearches
from bot.integrations.splunk.webhook import SplunkHook, SplunkPosts
from bot.kit.plugin import Capabilities, Integration, Tools
from bot.kit.way_in import access


def _posts(config: SplunkConfig | None, name: str) -> SplunkPosts:
    return SplunkPosts(name=name, lasts=config.resolve_after if config else None)


@asynccontextmanager
async def _open(config: SplunkConfig, tools: Tools) -> AsyncIterator[Capabilities]:
    way_in = access(config, tools)
    rest = Rest(way_in, tools.http, config.login)
    room = Room(config.searches_at_once, config.most_evidence)
    jobs = Jobs(rest, longest=config.search_timeout, keep=config.keep, quiet=room.quiet)
    links = Links(web_url=config.web_url or "")
    events = Collector(way_in, tools.http, config.hec) if config.hec else None
    try:
        yield Capabilities(
            examine=Examination(rest=rest, clock=tools.clock, events=events).examine,
            saved=SplunkSaved(rest=rest),
            events=events,
            hook=SplunkHook(rest=rest, jobs=jobs, posts=_posts(config, tools.name)),
            searches=SplunkSearches(jobs=jobs, room=room, links=links, harmless=config.harmless_messages),
            logs=SplunkLogs(
                access=way_in,
                jobs=jobs,
                room=room,
                export=Export(rest=rest, room=room, harmless=config.harmless_messages),
                links=links,
                app=config.app,
                owner=config.owner,
                harmless=config.harmless_messages,
            ),
        )
    finally:
        await jobs.aclose()


integration = Integration(
    name="splunk",
    help="Runs saved searches on a Splunk, as it would itself, and takes evidence from its logs.",
    config=SplunkConfig,
    provides=frozenset({"searches", "saved", "logs", "events", "hook"}),
    open=_open,
    reads=_posts,
)
