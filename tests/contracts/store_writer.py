"""A process that writes until it is killed: prints the number of each incident once its write was acknowledged.

`python -m tests.contracts.store_writer URL`
"""

import asyncio
import itertools
import sys

from bot.store.store import open_store
from tests.contracts.store_nouns import three_facts


async def main(url: str) -> None:
    """Eight tasks write side by side, so that commits are shared."""
    numbers = itertools.count(1)
    async with open_store(url) as store:

        async def write() -> None:
            for number in numbers:
                await store.write(lambda tx, number=number: three_facts(tx, number))
                print(number, flush=True)

        await asyncio.gather(*(write() for _ in range(8)))


asyncio.run(main(sys.argv[1]))
