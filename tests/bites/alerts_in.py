"""Faults on the way of an alert: what was answered is lost, a restart resolves, a storm is not calm."""

from tests.bites import Bite, replaced


def pytest(*tests: str) -> tuple[str, ...]:
    return ("pytest", "-q", "-x", "-n0", "-p", "no:cacheprovider", *tests)


KILLED = pytest("tests/kill/test_intake.py")
STORM = "tests/storm/test_storm.py"
LARGE = "tests/integrations/alertmanager_api/test_large_groups.py"

BITES = [
    Bite(
        fault="alerts that are answered and in the table alone",
        file="bot/response/alerts_taken.py",
        plant=replaced(
            "        await world.store.write(keep, first=True)\n",
            "        if also:\n            await world.store.write(also, first=True)\n",
        ),
        caught_by=KILLED,
        says="was answered, and does not fire",
    ),
    Bite(
        fault="alerts that end while nobody could have heard of them",
        file="bot/response/alerts_rebuilt.py",
        plant=replaced("    table.settle(now + table.resolve_timeout)\n", ""),
        caught_by=KILLED,
        says="was answered, and does not fire",
    ),
    Bite(
        fault="two who read the log at once, so that old rows undo what a start decided",
        file="bot/response/alerts_rebuilt.py",
        plant=replaced(
            "    async with world.alerts.reads_log:\n        await _rebuild(world, actor)\n",
            "    await _rebuild(world, actor)\n",
        ),
        caught_by=pytest("tests/integrations/alertmanager_api/test_rebuilt.py", "-k", "while_the_log_is_being_read"),
        says="Extra items in the right set",
    ),
    Bite(
        fault="what others took, read and told to nobody",
        file="bot/response/alerts_rebuilt.py",
        plant=replaced("            world.alerts.heard(changes, world.clock.now().timestamp())\n", ""),
        caught_by=pytest("tests/integrations/alertmanager_api/test_rebuilt.py", "-k", "others_took"),
        says="Extra items in the right set",
    ),
    Bite(
        fault="an end on its way to the log, and a later word that is not written",
        file="bot/alerts/table.py",
        plant=replaced("                and entry.logged_end != _ON_ITS_WAY\n", ""),
        caught_by=pytest("tests/unit/alerts/test_table.py", "-k", "on_its_way_to_the_log"),
        says="Right contains one more item",
    ),
    Bite(
        fault="a large incident that is read anew for each of its alerts that are over",
        file="bot/response/alerts_over.py",
        plant=replaced(
            "        for incident in tx.incidents.holding(*over)\n",
            "        for one in over\n        for incident in tx.incidents.holding(one)\n",
        ),
        caught_by=pytest(LARGE, "-k", "read_once"),
        says="At index 0 diff",
    ),
    Bite(
        fault="a large group that keeps everybody waiting",
        file="bot/response/group_ready.py",
        plant=replaced("        await asyncio.sleep(0)\n    return found\n", "    return found\n"),
        caught_by=pytest(LARGE, "-k", "group_is_told"),
        says="5000 <= 1000",
    ),
    Bite(
        fault="groups that a restart forgets",
        file="bot/response/alerts_rebuilt.py",
        plant=replaced("    world.alerts.heard([(entry, Change.NEW) for entry in table.active(now)], now)\n", ""),
        caught_by=KILLED,
        says="waited 60 s for every alert to be where it belongs",
    ),
    Bite(
        fault="a message that has another id each time it is sent",
        file="bot/integrations/webhook/client.py",
        plant=replaced('{"idempotency-key": key}', '{"idempotency-key": f"{key}{self._rest_s}"}'),
        caught_by=KILLED,
        says="messages were never sent",
    ),
    Bite(
        fault="grave groups that wait for their turn",
        file="bot/engine/dispatch.py",
        plant=replaced("(_gravity(group), group.next_at,", "(Severity.SEV5, group.next_at,"),
        caught_by=pytest(STORM, "-k", "grave"),
        says='assert names.index("Grave")',
    ),
    Bite(
        fault="a second incident for what joins a group",
        file="bot/incidents/correlation.py",
        plant=replaced("    if own.is_open:\n", "    if False:\n"),
        caught_by=pytest(STORM, "-k", "accounted"),
        says="'triggered')",
    ),
    Bite(
        fault="an OpenAPI document that promises what is not answered",
        file="bot/api/alertmanager/document.py",
        plant=replaced('"Receiver": _object({"name": _TEXT,', '"Receiver": _object({"title": _TEXT,'),
        caught_by=pytest("tests/integrations/api/test_openapi.py", "-k", "receivers"),
        says="Response violates schema",
    ),
]
