"""Faults in what is said in Slack: people called by an alert, woken twice, misled, or left with what was so before."""

from tests.bites import Bite, replaced


def pytest(*tests: str) -> tuple[str, ...]:
    return ("pytest", "-q", "-x", "-n0", "-p", "no:cacheprovider", *tests)


SAID = "tests/integrations/slack/test_messages.py"
CLICKS = "tests/integrations/slack/test_clicks.py"
LOST = "tests/integrations/slack/test_faults.py"
NOTICES = "tests/integrations/slack/test_notices.py"
KEPT = "tests/integrations/slack/test_kept.py"
KILLED = "tests/integrations/slack/test_acknowledged.py"
EVERY = "tests/integrations/slack/test_every_command.py"
IMAGES = "tests/integrations/slack/test_images.py"
SUBSCRIBED = "tests/integrations/slack/test_subscriptions.py"

BITES = [
    Bite(
        fault="a message on the timeline once for each emoji",
        file="bot/response/messages_kept.py",
        plant=replaced("    return remarks.found(as_told(", "    return False and remarks.found(as_told("),
        caught_by=pytest(KEPT, "-k", "twice_is_once"),
        says="test_a_pin_does_so_too_and_twice_is_once",
    ),
    Bite(
        fault="our token sent to whatever address a message names",
        file="bot/integrations/slack/api.py",
        plant=replaced("        if not self._keeps_files(address):", "        if False:"),
        caught_by=pytest(IMAGES, "-k", "elsewhere or disguised"),
        says="test_what_cannot_be_kept_stays_a_link_and_says_why",
    ),
    Bite(
        fault="the page on which people sign in, kept as an image",
        file="bot/integrations/slack/images.py",
        plant=replaced("        kind = picture_type(content)", '        kind = picture_type(content) or "image/png"'),
        caught_by=pytest(IMAGES, "-k", "without_the_scope"),
        says="test_without_the_scope_slack_shows_a_page_which_is_not_taken_for_an_image",
    ),
    Bite(
        fault="a message struck out because it was said in another channel",
        file="bot/integrations/slack/keeping.py",
        plant=replaced(" if link.startswith(self._channel(spot.place))}", "}"),
        caught_by=pytest(KEPT, "-k", "missed"),
        says="test_what_was_missed_is_made_up_for_when_a_socket_opens_and_none_is_doubled",
    ),
    Bite(
        fault="an alert that calls a whole channel",
        file="bot/integrations/slack/mrkdwn.py",
        plant=replaced("    return text.translate(_ESCAPES)", "    return text"),
        caught_by=pytest(SAID, "-k", "calls_anybody"),
        says="test_nothing_that_stands_in_an_alert_calls_anybody_or_leads_astray",
    ),
    Bite(
        fault="a message whose answer was lost, written twice",
        file="bot/integrations/slack/client.py",
        plant=replaced("            ref = await self._found(channel, letter.id)", '            ref = ""'),
        caught_by=pytest(LOST, "-k", "doubles_nothing and page"),
        says="test_an_answer_that_is_lost_doubles_nothing",
    ),
    Bite(
        fault="an incident that is over and acknowledged again in Slack",
        file="bot/integrations/slack/letters.py",
        plant=replaced(
            '    if _ORDER.index(payload["state"]) >= _ORDER.index(change.what):',
            "    if payload['state'] == change.what:",
        ),
        caught_by=pytest(SAID, "-k", "goes_on"),
        says="test_a_page_changes_as_its_incident_goes_on",
    ),
    Bite(
        fault="a new message in the channel for each change of a group",
        file="bot/integrations/slack/room.py",
        plant=replaced("        if standing is not None and _goes_on(", "        if False and standing and _goes_on("),
        caught_by=pytest("tests/integrations/slack/test_groups.py", "-k", "beginning"),
        says="test_a_group_is_one_message_from_its_beginning_to_its_end",
    ),
    Bite(
        fault="a guest of the workspace who acknowledges an incident",
        file="bot/integrations/slack/vouching.py",
        plant=replaced(
            '        if about.get("is_restricted") or', '        if False and about.get("is_restricted") or'
        ),
        caught_by=pytest(CLICKS, "-k", "vouch and guest"),
        says="test_who_slack_does_not_vouch_for_any_more_can_do_nothing",
    ),
    Bite(
        fault="a click that is followed twice because it was delivered twice",
        file="bot/response/chat_said.py",
        plant=replaced("sha256(key.encode())", 'sha256(f"{key} {now}".encode())'),
        caught_by=pytest(CLICKS, "-k", "comes_twice"),
        says="test_an_envelope_that_comes_twice_is_followed_once",
    ),
    Bite(
        fault="a command that Slack is told of as taken before it is on the disk",
        file="bot/integrations/slack/listeners.py",
        plant=replaced("not await self._answers.write_down(heard)", "self._follow(self._answers.write_down(heard))"),
        caught_by=pytest(KILLED, "-k", "cannot_be_written and posted"),
        says="test_what_cannot_be_written_down_is_not_acknowledged",
    ),
    Bite(
        fault="a home tab that stays as it was because Tocsin was killed when it was opened",
        file="bot/integrations/slack/listeners.py",
        plant=replaced(
            "return await self._take(ack, hearing.looked(body))",
            "await ack(), await self._answers.open(hearing.looked(body))",
        ),
        caught_by=pytest(KILLED, "-k", "home and posted and soon"),
        says="test_a_home_tab_that_was_opened_is_shown_by_the_next_life",
    ),
    Bite(
        fault="an answer that nobody finds, to what was clicked on the home tab",
        file="bot/integrations/slack/answers.py",
        plant=replaced(
            'await self._post("chat.postMessage", answer, channel=await self._direct(user))',
            "await self._post(\n"
            '            "chat.postEphemeral", answer, channel=await self._direct(user), user=user\n'
            "        )",
        ),
        caught_by=pytest("tests/integrations/slack/test_commands.py", "-k", "menu and posted"),
        says="test_an_incident_is_declared_from_the_menu_of_shortcuts",
    ),
    Bite(
        fault="an incident declared half an hour after somebody asked for it",
        file="bot/response/chat_said.py",
        plant=replaced("if begun or age > TOO_LATE else", "if begun else"),
        caught_by=pytest(KILLED, "-k", "is_old and posted"),
        says="test_what_is_old_is_not_done_and_whoever_said_it_is_told",
    ),
    Bite(
        fault="a command that is begun again by the next life, though it may have been done",
        file="bot/response/chat_said.py",
        plant=replaced("if begun or age > TOO_LATE else", "if age > TOO_LATE else"),
        caught_by=pytest(KILLED, "-k", "was_begun and posted"),
        says="test_what_was_begun_is_never_begun_again_and_whoever_said_it_is_told",
    ),
    Bite(
        fault="a form that is opened when it is its turn, and not while Slack lets it be",
        file="bot/integrations/slack/answers.py",
        plant=replaced("return bool(found.trigger) and self._commands", "return False and self._commands"),
        caught_by=pytest(KILLED, "-k", "opened_at_once and posted"),
        says="test_a_form_that_was_sent_is_not_lost_and_one_to_be_opened_is_opened_at_once",
    ),
    Bite(
        fault="a button that silences more than the group it stands below",
        file="bot/integrations/slack/groups.py",
        plant=replaced("_NAME.fullmatch(name) and _VALUE.fullmatch(value) for", "value for"),
        caught_by=pytest("tests/integrations/slack/test_groups.py", "-k", "never_silences"),
        says="test_a_click_never_silences_more_than_the_group",
    ),
    Bite(
        fault="a form whose mistakes are said after it has closed",
        file="bot/integrations/slack/listeners.py",
        plant=replaced("        if wrong:\n", "        if False:\n"),
        caught_by=pytest("tests/integrations/slack/test_commands.py", "-k", "form_is and posted"),
        says="test_a_form_is_filled_in",
    ),
    Bite(
        fault="a command below an incident's message that forgets which one is meant",
        file="bot/integrations/slack/remembered.py",
        plant=replaced('kept.get("place", ""), kept.get("thread", "")', 'kept.get("place", ""), ""'),
        caught_by=pytest("tests/integrations/slack/test_questions.py", "-k", "needs_no_number"),
        says="test_below_the_message_of_an_incident_a_command_needs_no_number",
    ),
    Bite(
        fault="a button that Slack's library does not hand on",
        file="bot/integrations/slack/listeners.py",
        plant=replaced("$|{SAYS})", "$|{SAYS}[a-m])"),
        caught_by=pytest(EVERY, "-k", "every_button and socket"),
        says="test_every_command_is_heard_and_answered_and_so_is_every_button",
    ),
    Bite(
        fault="a run begun by each click on one button",
        file="bot/response/run_wanted.py",
        plant=replaced("        if once:\n", "        if False:\n"),
        caught_by=pytest(EVERY, "-k", "hundred and socket"),
        says="test_a_hundred_clicks_on_run_and_on_approve_count_once",
    ),
    Bite(
        fault="somebody who acts because they are called like one of our people",
        file="bot/chat/identity.py",
        plant=replaced("    return {*ways, one.chat", '    return {*ways, f"U0{one.name.upper()}", one.chat'),
        caught_by=pytest(CLICKS, "-k", "linked_to_nobody"),
        says="test_whoever_is_linked_to_nobody_reads_what_to_do",
    ),
    Bite(
        fault="a simulated Slack that takes blocks of any length",
        file="bot/testing/slack/blocks.py",
        plant=replaced("        elif len(value) > most:", "        elif len(value) > most + 1:"),
        caught_by=pytest("tests/integrations/slack_simulator/test_block_kit.py", "-k", "refused_with"),
        says="test_what_slack_refuses_is_refused_with_a_reason",
    ),
    Bite(
        fault="a channel that hears of an incident as often as its message is removed",
        file="bot/incidents/boards.py",
        plant=replaced("for one in (*there, card)) < BUDGET", "for one in (*there, card)) < 99"),
        caught_by=pytest(NOTICES, "-k", "bears"),
        says="test_a_channel_bears_two_messages_of_an_incident_in_each_phase",
    ),
    Bite(
        fault="a message of an incident whose answer was lost, written twice",
        file="bot/response/boards_due.py",
        plant=replaced(
            "await _was_not(world, replace(turn, card=begun), keep, error)", "await _was_not(world, turn, keep, error)"
        ),
        caught_by=pytest(NOTICES, "-k", "doubles_nothing"),
        says="test_an_answer_that_is_lost_doubles_nothing",
    ),
    Bite(
        fault="a message that cannot be shown, and keeps those behind it from being shown",
        file="bot/response/boards_due.py",
        plant=replaced("tx.cards.put_off(integration, its, until)", "tx.cards.put_off(integration, key, until)"),
        caught_by=pytest("tests/scenarios/test_chats_one_by_one.py"),
        says="test_one_that_cannot_be_shown_holds_up_none_behind_it",
    ),
    Bite(
        fault="a message that overtakes those that wait before it in their channel",
        file="bot/incidents/boards.py",
        plant=replaced(
            "    return [replace(one, due_at=card.due_at) for one in due if line(one)",
            "    return [one for one in () if line(one)",
        ),
        caught_by=pytest(NOTICES, "-k", "order"),
        says="test_too_many_messages_wait_in_their_order_and_the_gravest_comes_first",
    ),
    Bite(
        fault="a grave incident that nobody seems to have, because others were edited too often",
        file="bot/integrations/slack/pace.py",
        plant=replaced("_KEPT = 10", "_KEPT = 0"),
        caught_by=pytest(NOTICES, "-k", "grave_incident"),
        says="test_a_grave_incident_is_up_to_date_though_there_were_too_many_edits",
    ),
    Bite(
        fault="a void question that can still be clicked",
        file="bot/integrations/slack/questions.py",
        plant=replaced(
            "    if approval.status is not ApprovalStatus.OPEN:\n        return\n", "    if False:\n        return\n"
        ),
        caught_by=pytest("tests/integrations/slack/test_questions.py", "-k", "void"),
        says="test_a_card_that_is_void_changes_at_once_and_says_why",
    ),
    Bite(
        fault="a click on an answer that is followed without a word",
        file="bot/integrations/slack/hearing.py",
        plant=replaced(" and not is_below_answer(name)", ""),
        caught_by=pytest("tests/integrations/slack/test_questions.py", "-k", "home_tab_says"),
        says="test_the_home_tab_says_whose_turn_it_is",
    ),
    Bite(
        fault="a question that nobody can answer any more because its channel was archived",
        file="bot/response/briefed.py",
        plant=replaced(" or card.parts.get(GONE_ROOM) == room.place", ""),
        caught_by=pytest("tests/integrations/slack/test_questions.py", "-k", "archived"),
        says="test_where_somebody_archived_the_incidents_channel_it_is_asked_below_its_message",
    ),
    Bite(
        fault="an incident's message that does not lead to the channel that was just made for it",
        file="bot/incidents/boards.py",
        plant=replaced("[replace(made, kind=EntryKind.LINK), *entries]", "[made, *entries]"),
        caught_by=pytest("tests/integrations/slack/test_rooms.py", "-k", "furnished"),
        says="test_it_is_made_furnished_kept_up_to_date_and_put_away",
    ),
    Bite(
        fault="a plan whose words call a whole channel",
        file="bot/integrations/slack/questions.py",
        plant=replaced("    return mrkdwn.escaped(cut) + (", "    return cut + ("),
        caught_by=pytest("tests/integrations/slack/test_renderers.py"),
        says="test_nothing_calls_anybody_or_leads_where_it_does_not_say",
    ),
    Bite(
        fault="an app that misses an event, called well by the doctor",
        file="bot/integrations/slack/subscriptions.py",
        plant=replaced("    if events := _missing(wanted, found, *_EVENTS):", "    if events := '':"),
        caught_by=pytest(SUBSCRIBED, "-k", "event_that_is_missing"),
        says="test_an_event_that_is_missing_is_named_with_what_to_do",
    ),
]
