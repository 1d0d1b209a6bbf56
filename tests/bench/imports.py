"""python -m tests.bench.imports: what each library of pyproject.toml costs to import, as the table of the README."""

import statistics
import subprocess
import sys

# The part that is imported, and when.
LIBRARIES = {
    "aiohttp": "with the first evaluation",
    "alembic": "by `tocsin db upgrade` alone",
    "apscheduler.schedulers.asyncio": "at the start",
    "asyncssh": "with the first command on another host",
    "fastapi": "once Tocsin is ready, in the background",
    "httpx": "by the commands that are clients; by `tocsin run` with its first call",
    "httptools": "at the start",
    "jinja2": "at the start: runbooks are templates",
    "matplotlib.figure": "in the process that draws, with the first chart",
    "prometheus_api_client.prometheus_connect": "with the first chart",
    "prometheus_client": "at the start",
    "promql_parser": "at the start",
    "psycopg": "when the database is a PostgreSQL",
    "pydantic": "at the start",
    "pydantic_settings": "when the environment overrides something",
    "re2": "at the start: rules are read",
    "sentry_sdk": "when there is a DSN",
    "slack_bolt.async_app": "in a thread, where people speak to Tocsin in Slack",
    "sqlmodel": "at the start, SQLAlchemy with it",
    "uvicorn": "at the start",
    "uvloop": "at the start",
    "xxhash": "at the start",
    "yaml": "at the start",
}
MEASURE = """
import importlib, resource, sys, time
memory, modules, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, len(sys.modules), time.process_time()
importlib.import_module(sys.argv[1])
took = time.process_time() - began
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory
print(took * 1000, grown / 1024, len(sys.modules) - modules)
"""
ROUNDS = 5


def cost(library: str) -> tuple[float, float, float]:
    """Milliseconds of processor time, MiB of memory and modules, in a process that has imported nothing else."""
    rounds = []
    for _ in range(ROUNDS):
        measured = [sys.executable, "-c", MEASURE, library]
        said = subprocess.run(measured, capture_output=True, text=True, check=True).stdout
        rounds.append([float(number) for number in said.split()])
    took, grown, modules = zip(*rounds, strict=True)
    return min(took), statistics.median(grown), modules[0]


def main() -> None:
    """Prints the table."""
    print("| Library | ms | MiB | modules | loaded |\n|---|--:|--:|--:|---|")
    for library, when in LIBRARIES.items():
        took, grown, modules = cost(library)
        print(f"| `{library}` | {took:.0f} | {grown:.0f} | {modules:.0f} | {when} |", flush=True)


if __name__ == "__main__":
    main()
