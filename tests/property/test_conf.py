"""Whatever a `.conf` file holds: it is read or complained of, at places of the file, and what is written comes back."""

from hypothesis import example, given
from hypothesis import strategies as st

from bot.errors import Complaint
from bot.rules.savedsearches.conf import Conf, layered, parse
from bot.rules.savedsearches.stanza import Home, of_mapping, read

HOME = Home(file="f.conf", source="splunk")
KEYS = (
    "search", "disabled", "enableSched", "cron_schedule", "realtime_schedule", "counttype", "relation", "quantity",
    "alert_condition", "alert.digest_mode", "alert.suppress", "alert.suppress.period", "alert.suppress.fields",
    "alert.severity", "alert.expires", "alert.track", "dispatch.earliest_time", "dispatch.latest_time", "description",
    "dispatch.max_count", "schedule_window", "allow_skew", "action.email", "action.email.subject", "action.x",
    "quantiy", "action.tocsin.param.compare", "action.tocsin.param.keys", "action.tocsin.param.label.a",
    "action.tocsin.param.b",
)  # fmt: skip
WORDS = (
    "", "1", "0", "true", "no", "*/5 * * * *", "61 * * * *", "0 0 30 2 *", "always", "number of events", "custom",
    "greater than", "rises by", "drops by perc", "10", "20%", "-1", "1h", "0s", "-5m@m", "rt-5m", "now", "@w9",
    "host, x", "search count > 1", "index=a \\\n| stats count", "index=a \\", "3", "9", "spike", "new_term", "change",
    "auto", "٣",
    "99999999999999999999", "$result.x$", "a=b", "# no", "[x]", "\x00", "\u2028",
)  # fmt: skip
PIECES = st.sampled_from(
    ["[", "]", "=", "\\", "\n", "\r\n", "\r", "#", " ", "\t", "\ufeff", "|", "`", "default", "a", "é", "\x00"]
)
SOUP = st.lists(PIECES, max_size=60).map("".join) | st.text(max_size=80)
LINES = st.tuples(st.sampled_from(KEYS), st.sampled_from(WORDS) | st.text(max_size=8)).map(" = ".join)
FILES = st.lists(
    LINES | st.sampled_from(["[default]", "[A]", "[B]", "[A [x]]", "", "# c", "[broken", "  search=x"]), max_size=25
).map("\n".join)


def within(complaint: Complaint, text: str) -> bool:
    """Whether it points at a line of the text, and into it or at its end."""
    lines = text.removeprefix("\ufeff").split("\n")
    return 1 <= complaint.line <= len(lines) and 1 <= complaint.column <= len(lines[complaint.line - 1]) + 1


@given(SOUP | FILES)
def test_any_text_is_read_and_places_are_in_it(text: str) -> None:
    conf = parse(text, "f.conf")
    reading = read(conf, HOME)
    assert all(within(complaint, text) for complaint in reading.complaints)
    assert all(complaint.file == "f.conf" and complaint.message for complaint in reading.complaints)
    lines = text.removeprefix("\ufeff").split("\n")
    for stanza in conf.stanzas:
        assert lines[stanza.place.line - 1][stanza.place.column - 1] == "["
        for setting in stanza.settings.values():
            assert lines[setting.place.line - 1][setting.place.column - 1 :].startswith(setting.key)
            if setting.value:
                begins = setting.value.split("\n")[0]
                assert lines[setting.value_place.line - 1][setting.value_place.column - 1 :].startswith(begins)


@given(FILES)
def test_every_stanza_is_evaluated_left_out_or_mistaken(text: str) -> None:
    conf = parse(text, "f.conf")
    reading = read(conf, HOME)
    names = [group.name for group in reading.groups] + [one.name for one in reading.left]
    assert len(names) == len(set(names))
    blamed = {one.name for one in conf.stanzas} - set(names)
    errors = [complaint.path for complaint in reading.complaints if complaint.gravity == "error"]
    for name in blamed:
        assert any(path.startswith((f"[{name}]", "[default]")) for path in errors)
    assert all(one.why for one in reading.left)


@given(FILES, FILES)
def test_layers_are_what_the_files_say(below: str, above: str) -> None:
    low, high = parse(below, "d"), parse(above, "l")
    both = layered([low, high])
    assert {one.name for one in both.stanzas} == {one.name for conf in (low, high) for one in conf.stanzas}
    assert both.default == {**low.default, **high.default}
    tops = {one.name: one.settings for one in high.stanzas}
    for stanza in both.stanzas:
        assert {key: stanza.settings[key] for key in tops.get(stanza.name, {})} == tops.get(stanza.name, {})
    assert layered([low]) == low
    assert layered([both]) == both


NAMES = (
    st.text(st.characters(exclude_categories=["C", "Z"]) | st.just(" "), min_size=1, max_size=12)
    .map(str.strip)
    .filter(bool)
)
WRITTEN_KEYS = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.]{0,15}", fullmatch=True)
VALUE_LINES = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="\\"), max_size=12)
VALUES = st.lists(VALUE_LINES, min_size=1, max_size=4).map("\n".join).map(str.strip)
STANZAS = st.dictionaries(
    NAMES.filter(lambda name: name != "default"), st.dictionaries(WRITTEN_KEYS, VALUES, max_size=4), max_size=4
)


@given(stanzas=STANZAS, newline=st.sampled_from(["\n", "\r\n"]), mark=st.sampled_from(["", "\ufeff"]))
def test_what_is_written_comes_back(stanzas: dict[str, dict[str, str]], newline: str, mark: str) -> None:
    text = mark + "".join(
        f"[{name}]\n" + "".join(f"{key} = " + value.replace("\n", "\\\n") + "\n" for key, value in settings.items())
        for name, settings in stanzas.items()
    ).replace("\n", newline)
    conf = parse(text, "f.conf")
    assert conf.complaints == ()
    assert values(conf) == stanzas


def values(conf: Conf) -> dict[str, dict[str, str]]:
    return {one.name: {key: setting.value for key, setting in one.settings.items()} for one in conf.stanzas}


SINGLE = st.dictionaries(
    st.sampled_from(KEYS), st.sampled_from([word for word in WORDS if "\n" not in word]), max_size=12
)


@given(SINGLE)
@example({"disabled": "\u2028"})
def test_rest_and_file_are_read_alike(settings: dict[str, str]) -> None:
    sound = {key: value for key, value in settings.items() if not value.endswith("\\")}
    text = "[S]\n" + "".join(f"{key} = {value}\n" for key, value in sound.items())
    of_file, of_rest = read(parse(text, "f.conf"), HOME), of_mapping("S", sound, HOME)
    assert of_rest.groups == of_file.groups
    assert of_rest.left == of_file.left
    said = {(one.path, one.message) for one in of_file.complaints if "did you mean" not in one.message}
    assert {(one.path, one.message) for one in of_rest.complaints if "did you mean" not in one.message} == said
