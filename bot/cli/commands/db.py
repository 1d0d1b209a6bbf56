"""`tocsin db`: the database, without a running Tocsin."""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from bot.cli.console import Console
from bot.cli.options import Family, add_config
from bot.config.outline import Storage, storage
from bot.config.places import default_path
from bot.model.retention import Retention
from bot.store import upkeep
from bot.store.store import open_store


def configure(parser: argparse.ArgumentParser) -> None:
    """Its sub-commands."""
    family = Family(parser)
    upgrading = family.add("upgrade", upgrade, "bring the database to this version; a backup is made first")
    upgrading.add_argument("--no-backup", action="store_true", help="make none: there is one, made by other means")

    backing = family.add(
        "backup",
        backup,
        "copy the database, also while Tocsin runs",
        examples="  tocsin db backup /var/backups/tocsin-$(date +%F).db",
    )
    backing.add_argument("file", type=Path, metavar="FILE", help="where to; it must not exist yet")

    pruning = family.add("prune", prune, "take away what `retention` says is old; a running Tocsin does so by itself")
    pruning.add_argument("--dry-run", action="store_true", help="only say how much that is; also while Tocsin runs")

    verifying = family.add("verify", verify, "see whether the audit record was tampered with")
    for each in (upgrading, backing, pruning, verifying):
        add_config(each)


def upgrade(arguments: argparse.Namespace, console: Console) -> int:
    """Upgrades, and says where the backup is."""
    done = upkeep.upgrade(_storage(arguments).url, datetime.now(UTC), back_up=not arguments.no_backup)
    if done.backup is not None:
        console.say(f"backup: {done.backup}")
    if done.before == done.after:
        console.say(f"nothing to do: the schema is {done.after}")
    else:
        console.say(f"upgraded from {done.before or 'nothing'} to {done.after}")
    return 0


def backup(arguments: argparse.Namespace, console: Console) -> int:
    """Makes one."""
    upkeep.backup(_storage(arguments).url, arguments.file)
    console.say(f"backup: {arguments.file}")
    return 0


def prune(arguments: argparse.Namespace, console: Console) -> int:
    """Counts, or takes away."""
    kept = _storage(arguments)
    now = datetime.now(UTC)
    if arguments.dry_run:
        gone = upkeep.prunable(kept.url, now, kept.retention)
    else:
        gone = asyncio.run(_prune(kept.url, now, kept.retention))
    console.table(("WHAT", "WOULD GO" if arguments.dry_run else "WENT"), [(kind, str(n)) for kind, n in gone.items()])
    return 0


def verify(arguments: argparse.Namespace, console: Console) -> int:
    """Follows the chain of hashes."""
    broken = upkeep.first_break(_storage(arguments).url)
    if broken is None:
        console.say("the audit record is whole")
        return 0
    console.trouble(
        f"the audit record does not hold from entry {broken} on: it was changed outside of Tocsin",
        "compare it with a backup, and find out who could write to the database",
    )
    return 1


async def _prune(url: str, now: datetime, retention: Retention) -> Mapping[str, int]:
    async with open_store(url) as store:
        return await store.prune(now, retention)


def _storage(arguments: argparse.Namespace) -> Storage:
    return storage(arguments.config or default_path(Path.cwd()), os.environ, Path.cwd())
