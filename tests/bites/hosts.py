"""Faults that let a hostile text through, kill or restart what nobody meant, or write while only reading is allowed."""

from tests.bites import Bite, replaced


def _caught_by(*tests: str) -> tuple[str, ...]:
    return ("pytest", "-q", "-x", "-n0", *tests)


BITES = [
    Bite(
        fault="arguments are joined for the other side's shell without quotes",
        file="bot/integrations/ssh/client.py",
        plant=replaced("shlex.join(argv)", '" ".join(argv)'),
        caught_by=_caught_by("tests/integrations/ssh/test_hostile.py", "-k", "arguments_arrive"),
        says="test_arguments_arrive_as_they_were_written",
    ),
    Bite(
        fault="a protected host is changed by its other name",
        file="bot/integrations/ssh/inventory.py",
        plant=replaced("if self._machine(other) == self._machine(host)", "if other == host"),
        caught_by=_caught_by("tests/integrations/ssh/test_running.py", "-k", "protection_holds"),
        says="test_a_protection_holds_by_every_name_and_address_of_a_host",
    ),
    Bite(
        fault="half a secret is kept where output is cut",
        file="bot/integrations/ssh/ended.py",
        plant=replaced("if len(output) >= MAX_OUTPUT:", "if False:"),
        caught_by=_caught_by("tests/integrations/ssh/test_running.py", "-k", "half_of_a_secret"),
        says="test_no_half_of_a_secret_is_shown_where_output_is_cut",
    ),
    Bite(
        fault="a value behind a prefix becomes an option of the undo",
        file="bot/integrations/ssh/patterns.py",
        plant=replaced('any(text.startswith("-") for text in found.groups())', "False"),
        caught_by=_caught_by("tests/integrations/ssh/test_risk.py", "-k", "first_pattern"),
        says="test_the_first_pattern_that_fits_decides_and_reading_comes_first",
    ),
    Bite(
        fault="a unit may be a pattern, or a list of them",
        file="bot/integrations/ssh/params.py",
        plant=replaced("[A-Za-z0-9_:.@\\\\-]{0,246}", "[ -~]{0,246}"),
        caught_by=_caught_by("tests/integrations/ssh/test_hostile.py", "-k", "typed_input"),
        says="test_a_typed_input_refuses_what_it_cannot_be",
    ),
    Bite(
        fault="what carries commands to other hosts does not ask whether only reading is allowed",
        file="bot/integrations/ssh/client.py",
        plant=replaced("reads=self._reads(argv)", "reads=True"),
        caught_by=_caught_by("tests/integrations/ssh/test_every_action.py", "-k", "no_action_writes"),
        says="test_where_only_reading_is_allowed_no_action_writes",
    ),
    Bite(
        fault="a process is known by its number alone where the signal is sent",
        file="bot/integrations/ssh/killing.py",
        plant=replaced('[ "${20}" = "$start" ] || exit 44; ', ""),
        caught_by=_caught_by("tests/integrations/ssh/test_killing.py", "-k", "compared_once_more"),
        says="test_the_start_is_compared_once_more_where_the_signal_is_sent",
    ),
    Bite(
        fault="a service is restarted whatever became of it since the approval",
        file="bot/integrations/ssh/services.py",
        plant=replaced("            return moved_on(before.words)", "            pass"),
        caught_by=_caught_by("tests/integrations/ssh/test_services.py", "-k", "restarted_meanwhile"),
        says="test_what_was_restarted_meanwhile_is_left_alone",
    ),
    Bite(
        fault="a change goes on to the next hosts, however many have failed",
        file="bot/integrations/ssh/turns.py",
        plant=replaced("return allowed is not None and", "return False and"),
        caught_by=_caught_by("tests/integrations/ssh/test_fleet.py", "-k", "stops_at_the_first"),
        says="test_a_change_goes_from_one_to_the_next_and_stops_at_the_first_that_fails",
    ),
    Bite(
        fault="all hosts of a large batch begin, whoever pauses automation meanwhile",
        file="bot/integrations/ssh/turns.py",
        plant=replaced("size = min(size, AT_ONCE)", "pass"),
        caught_by=_caught_by("tests/integrations/ssh/test_fleet.py", "-k", "no_batch_of_a_change"),
        says="test_no_batch_of_a_change_is_larger_than_what_begins_at_once",
    ),
    Bite(
        fault="a key is looked for in what several hosts print at once, and not in what each of them does",
        file="bot/integrations/ssh/each.py",
        plant=replaced("shown = pieces.give()", "shown = host.redactor.clean(text)"),
        caught_by=_caught_by("tests/integrations/ssh/test_fleet.py", "-k", "several_hosts_print"),
        says="test_a_key_that_several_hosts_print_at_once_is_not_shown",
    ),
    Bite(
        fault="a change begins on a further host without the time for it",
        file="bot/integrations/ssh/turns.py",
        plant=replaced("self._ends - self._loop.time() < self._slowest", "False"),
        caught_by=_caught_by("tests/integrations/ssh/test_rebooting.py", "-k", "the_next_is_left_alone"),
        says="test_where_one_is_not_back_in_the_steps_time_the_next_is_left_alone",
    ),
    Bite(
        fault="a change goes on through all hosts after its run was cancelled",
        file="bot/integrations/ssh/turns.py",
        plant=replaced("return await in_turn.why_not_on()", 'return ""'),
        caught_by=_caught_by("tests/integrations/ssh/test_fleet.py", "-k", "whether_to_go_on"),
        says="test_before_each_further_batch_it_is_asked_whether_to_go_on",
    ),
    Bite(
        fault="Ansible takes a variable's value for a template",
        file="bot/integrations/ansible/workspace.py",
        plant=replaced('{"__ansible_unsafe": value} if isinstance(value, str) else value', "value"),
        caught_by=_caught_by("tests/integrations/ansible/test_playing.py", "-k", "hostile"),
        says="test_no_hostile_text_is_taken_for_a_template",
    ),
    Bite(
        fault="a playbook acts on hosts that no plan names",
        file="bot/integrations/ansible/actions.py",
        plant=replaced("if one.host not in (*hosts, *self._config.elsewhere):", "if not one.place:"),
        caught_by=_caught_by("tests/integrations/ansible/test_elsewhere.py", "-k", "refused_with_its_line"),
        says="test_what_acts_on_a_host_that_nobody_named_is_refused_with_its_line",
    ),
    Bite(
        fault="a role from outside of the folder acts on Tocsin's own machine",
        file="bot/integrations/ansible/gate/keeper.py",
        plant=replaced('({named["here"]} if is_here else set())', "set()"),
        caught_by=_caught_by("tests/integrations/ansible/test_elsewhere.py", "-k", "no_rehearsal"),
        says="test_what_no_rehearsal_comes_to_is_kept_from_acting_on_others",
    ),
    Bite(
        fault="a role from outside of the folder acts while it is rehearsed",
        file="bot/integrations/ansible/gate/keeper.py",
        plant=replaced("not executor._task.check_mode", "False"),
        caught_by=_caught_by("tests/integrations/ansible/test_elsewhere.py", "-k", "acts_in_check_mode_too"),
        says="test_a_role_from_outside_that_acts_in_check_mode_too_is_not_rehearsed",
    ),
    Bite(
        fault="a play goes on though nobody stands at its gate",
        file="bot/integrations/ansible/playing.py",
        plant=replaced('heard.began and not (made.folder / "stands").exists()', "False"),
        caught_by=_caught_by("tests/integrations/ansible/test_elsewhere.py", "-k", "stands_at_the_gate"),
        says="test_nothing_is_played_where_nobody_stands_at_the_gate",
    ),
    Bite(
        fault="a play begins on further hosts after its run was cancelled",
        file="bot/integrations/ansible/gate/keeper.py",
        plant=replaced('if (folder / "stop").exists():', "if False:"),
        caught_by=_caught_by("tests/integrations/ansible/test_playing.py", "-k", "nothing_more_is_wanted"),
        says="test_once_nothing_more_is_wanted_no_further_host_begins",
    ),
    Bite(
        fault="a playbook is rehearsed although a task of it disregards check mode",
        file="bot/integrations/ansible/playing.py",
        plant=replaced("reads=play.check and heeded", "reads=play.check"),
        caught_by=_caught_by("tests/integrations/ansible/test_playing.py", "-k", "only_reading"),
        says="test_where_only_reading_is_allowed_nothing_is_played",
    ),
]
