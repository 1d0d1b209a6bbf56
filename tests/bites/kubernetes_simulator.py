"""Faults against the simulated API server: each would let an action pass that a real server stops."""

from tests.bites import Bite, replaced

ROOM = "bot/testing/kubernetes"


def simulator(test: str, *words: str) -> tuple[str, ...]:
    chosen = ("-k", " or ".join(words)) if words else ()
    path = f"tests/integrations/kubernetes_simulator/{test}"
    return ("pytest", "-q", "-x", "-n0", "-p", "no:cacheprovider", path, *chosen)


BITES = [
    Bite(
        fault="a stale version is taken",
        file=f"{ROOM}/objects.py",
        plant=replaced('and version != old["resourceVersion"]:', "and False:"),
        caught_by=simulator("test_refusals.py", "stale"),
        says="test_a_stale_version_conflicts",
    ),
    Bite(
        fault="an apply makes anew what it was to change",
        file=f"{ROOM}/objects.py",
        plant=replaced('if before is None and (uid := wanted["metadata"].get("uid")):', 'if (uid := ""):'),
        caught_by=simulator("test_each_call.py", "uid_must_be_there"),
        says="test_a_uid_must_be_there",
    ),
    Bite(
        fault="an eviction names no pod",
        file=f"{ROOM}/parts.py",
        plant=replaced('if metadata.get("name") != at.name:', 'if metadata.get("name", at.name) != at.name:'),
        caught_by=simulator("test_each_call.py", "of_its_address"),
        says="test_an_eviction_is_of_its_address",
    ),
    Bite(
        fault="a rehearsal is kept",
        file=f"{ROOM}/objects.py",
        plant=replaced("return value if asked.is_dry else self.cluster", "return self.cluster"),
        caught_by=simulator("test_patches.py", "dry_run"),
        says="test_a_dry_run_does_everything_and_keeps_nothing",
    ),
    Bite(
        fault="a budget lets everybody go",
        file=f"{ROOM}/parts.py",
        plant=replaced("    if allowed <= 0:\n", "    if allowed < 0:\n"),
        caught_by=simulator("test_pods.py", "budget_blocks"),
        says="test_a_budget_blocks_until_there_are_enough",
    ),
    Bite(
        fault="a strategic patch replaces every list",
        file=f"{ROOM}/patches.py",
        plant=replaced("elif isinstance(new, list) and schema.merges(node):", "elif False:"),
        caught_by=simulator("test_patches.py", "strategic"),
        says="test_a_strategic_patch_merges_by_keys",
    ),
    Bite(
        fault="a watch goes on where it has missed something",
        file=f"{ROOM}/reading.py",
        plant=replaced("                if self.version < store.compacted:\n", "                if False:\n"),
        caught_by=simulator("test_reading.py", "too_old"),
        says="test_a_watch_that_is_too_old_says_410",
    ),
    Bite(
        fault="a field of protobuf that nobody knows is lost",
        file=f"{ROOM}/protobuf.py",
        plant=replaced("            if not _is_empty(value):\n", "            if False:\n"),
        caught_by=simulator("test_protobuf.py", "not_read"),
        says="no-such-field",
    ),
    Bite(
        fault="a zero that somebody wrote is taken for none",
        file=f"{ROOM}/protobuf.py",
        plant=replaced("elif read or field.pointer:", "elif read:"),
        caught_by=simulator("test_protobuf.py", "arrives_as_it_says"),
        says="--replicas=0",
    ),
    Bite(
        fault="whoever may read may delete",
        file=f"{ROOM}/access.py",
        plant=replaced("_one_of(ask.verb, self.verbs)\n", "True\n"),
        caught_by=simulator("test_access.py", "not_allowed"),
        says="test_what_is_not_allowed_is_named",
    ),
    Bite(
        fault="an apply makes what its sender may only change",
        file=f"{ROOM}/service.py",
        plant=replaced("        if is_new:  # an apply", "        if False:  # an apply"),
        caught_by=simulator("test_each_call.py", "right_to_make"),
        says="test_to_make_something_takes_the_right_to_make_it",
    ),
    Bite(
        fault="dryRun=All beside a body is believed",
        file=f"{ROOM}/deleting.py",
        plant=replaced(
            "said = asked.written() if asked.body else _queried(asked)",
            "said = _queried(asked) | (asked.written() if asked.body else {})",
        ),
        caught_by=simulator("test_deleting.py", "body_alone_counts"),
        says="test_of_body_and_query_the_body_alone_counts",
    ),
]
