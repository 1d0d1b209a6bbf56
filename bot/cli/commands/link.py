"""`tocsin link`: a link that opens the page, once, as whoever made it."""

from __future__ import annotations

import argparse
import os

from bot.cli.client import connected
from bot.cli.console import Console
from bot.cli.options import add_client
from bot.cli.times import Times


def configure(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.epilog = (
        "The link works once, and for a few minutes. Whoever opens it acts in your name: keep it to yourself."
    )
    add_client(parser)
    parser.set_defaults(act=link)


def link(arguments: argparse.Namespace, console: Console) -> int:
    """Makes one and prints it."""
    with connected(arguments) as tocsin:
        made = tocsin.post("links")
        address = tocsin.server if arguments.server else tocsin.outline.public_url or tocsin.server
        console.say(f"{address}{made['path']}")
        expires = Times(os.environ, tocsin.outline.time_zone).moment(made["expires_at"])
    console.tell(f"it opens the page once, until {expires}")
    return 0
