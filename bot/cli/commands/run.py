"""`tocsin run`: starts Tocsin and stays until it is told to stop."""

from __future__ import annotations

import argparse

from bot.app import serve
from bot.cli.console import Console
from bot.cli.options import add_config

_EPILOG = """\
Without a configuration it starts on defaults: on 127.0.0.1:9393, with tocsin.db in this folder and no rules.
SIGHUP reads all files again; with a mistake in them it goes on with what it had. SIGTERM or Ctrl-C ends it.

examples:
  tocsin run
  tocsin -c /etc/tocsin/tocsin.yaml run"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.epilog = _EPILOG
    add_config(parser)
    parser.set_defaults(act=run)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Hands over to the application."""
    return serve.main(arguments.config, console.tell)
