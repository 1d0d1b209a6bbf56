"""Mistakes in documents: where, what, and what to write instead; `tocsin run` and `tocsin check` say the same."""

import pytest

from tests.mistakes.conftest import Folder

MISTAKES = [
    (
        ("tocsin.yaml", "http: {listen", "http: {listne"),
        "tocsin.yaml:1:8: http.listne: unknown key 'listne'; did you mean 'listen'?",
    ),
    (
        ("tocsin.yaml", "use: prometheus, url", "use: prometheus, timeout: 10 sec, url"),
        "integrations.prom.timeout: not a duration: '10 sec'; write it like 90s, 15m, 1h30m or 2d",
    ),
    (("tocsin.yaml", "use: prometheus", "use: promethius"), "did you mean 'prometheus'?"),
    (("tocsin.yaml", "source: prom", "source: prm"), "did you mean 'prom'?"),
    (("tocsin.yaml", "[rules.yaml]", "[rulse.yaml]"), "rulse.yaml"),
    (("tocsin.yaml", "http:", "store: {url: 'mysql://root@here/tocsin'}\nhttp:"), "store.url: not a database: write "),
    (("tocsin.yaml", "http:", "http: {listen: '127.0.0.1:99999'}\nhttps:"), "not an address to listen on"),
    (("tocsin.yaml", "http:", "people: [{name: ann, token: {env: ANNS_TOKEN}}]\nhttp:"), "ANNS_TOKEN"),
    (("tocsin.yaml", "http: {", "http: ["), "tocsin.yaml:1:"),
    (("rules.yaml", "for: 20s", "for: 20 seconds"), "rules.yaml:7:14: groups[0].rules[0].for: not a duration"),
    (("rules.yaml", "errors > 0.05", "errors >"), "rules.yaml:6:"),
    (("rules.yaml", "errors > 0.05", "sum(errors > 0.05"), "rules.yaml:6:"),
    (("look.yaml", "prometheus.query", "prometheus.qurey"), "did you mean 'prometheus.query'?"),
    (("look.yaml", "with: {expr: errors}", "with: {expr: '{{ steps.later.result.value }}'}"), "look.yaml:8:"),
    (("look.yaml", "timeout: 30s", "timeout: soon"), "look.yaml:9:14: steps[0].timeout: not a duration"),
    (("look.yaml", "with: {expr: errors}", "with: {exrp: errors}"), "exrp"),
]


@pytest.mark.parametrize(("mistake", "said"), MISTAKES, ids=lambda value: value[2] if isinstance(value, tuple) else "")
def test_a_mistake_is_told_with_its_place_and_what_to_do(
    mistake: tuple[str, str, str], said: str, folder: Folder
) -> None:
    folder.change(*mistake)
    told = folder.refuses_to_start()
    assert said in told
    assert "run `tocsin check` again" in told
    assert len(told.splitlines()) <= 6, told
    status, checked = folder.says("check")
    assert status == 1
    assert said in checked


def test_a_pattern_that_fits_no_file_yet_is_said_and_stops_nothing(folder: Folder) -> None:
    folder.change("tocsin.yaml", "[rules.yaml]", "[more/*.yaml]")
    with folder.tocsin() as tocsin:
        assert "tocsin.yaml:5:18: warning: rules[0].files[0]: no file fits 'more/*.yaml'" in tocsin.said


def test_a_configuration_that_is_not_there(folder: Folder) -> None:
    status, said = folder.says("-c", "elsewhere.yaml", "run")
    assert status == 1
    assert "elsewhere.yaml" in said
    assert len(said.splitlines()) <= 3


def test_every_mistake_of_every_document_at_once(folder: Folder) -> None:
    folder.change("tocsin.yaml", "http: {listen", "http: {listne")
    folder.change("rules.yaml", "for: 20s", "for: soon")
    folder.change("look.yaml", "timeout: 30s", "timeout: soon")
    told = folder.refuses_to_start()
    assert [line.split(":")[0] for line in told.splitlines()[:3]] == ["tocsin.yaml", "rules.yaml", "look.yaml"]
    assert "3 mistakes" in told
