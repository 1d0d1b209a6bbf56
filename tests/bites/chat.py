"""Faults in the chat: somebody who acts as another, a run begun twice, a plan nobody saw, a guess that does harm."""

from tests.bites import Bite, replaced


def pytest(*tests: str) -> tuple[str, ...]:
    return ("pytest", "-q", "-x", "-n0", "-p", "no:cacheprovider", *tests)


SAID = "tests/integrations/chat/test_commands.py"

BITES = [
    Bite(
        fault="an approval by somebody who did not read the command",
        file="bot/chat/running.py",
        plant=replaced("exactly(plan.params)[:_LONGEST_PARAMS], ", ""),
        caught_by=pytest(SAID, "-k", "plan_that_was_seen"),
        says="test_an_approval_is_about_the_plan_that_was_seen",
    ),
    Bite(
        fault="a code that links a second user",
        file="bot/store/repositories/chats.py",
        plant=replaced(
            "row = self._first(delete(_codes).where(*valid).returning(_codes.c.person))",
            "row = self._first(select(_codes.c.person).where(*valid))",
        ),
        caught_by=pytest(SAID, "-k", "code_once"),
        says="test_who_is_unknown_types_a_code_once",
    ),
    Bite(
        fault="an e-mail address that makes anybody one of our people",
        file="bot/chat/identity.py",
        plant=replaced("        if not known and speaker.trusted:", "        if not known:"),
        caught_by=pytest(SAID, "-k", "trusted"),
        says="test_an_equal_address_is_a_suggestion_unless_the_workspace_is_trusted",
    ),
    Bite(
        fault="a run that begins with every click",
        file="bot/response/run_wanted.py",
        plant=replaced("        if once:", "        if once and not once:"),
        caught_by=pytest(SAID, "-k", "hundred"),
        says="test_a_hundred_say_the_same_at_once_and_it_is_done_once",
    ),
    Bite(
        fault="a button that approves whatever the plan is by now",
        file="bot/chat/running.py",
        plant=replaced('plan_hash=asked.get("plan_hash")', 'plan_hash=""'),
        caught_by=pytest(SAID, "-k", "plan_that_was_seen"),
        says="test_an_approval_is_about_the_plan_that_was_seen",
    ),
    Bite(
        fault="a number taken for the beginning of a text where it may be an incident",
        file="bot/chat/grammar.py",
        plant=replaced(
            "        if is_bare(token) and slot is self._verb.slots[0]:",
            "        if is_bare(token) and slot is None:",
        ),
        caught_by=pytest(SAID, "-k", "needs_no_number"),
        says="test_a_place_that_is_about_an_incident_needs_no_number",
    ),
]
