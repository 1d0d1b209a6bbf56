"""tocsin.yaml as a document: defaults, overrides from the environment, mistakes with their places."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.config.document import ConfigDocument, compose
from bot.config.findings import Findings
from bot.config.outline import outline, storage
from bot.config.places import database_url, default_path, local_address, token_file
from bot.errors import DocumentError, StartError


def composed(folder: Path, text: str, **env: str) -> tuple[ConfigDocument, list[str]]:
    (folder / "tocsin.yaml").write_text(text)
    findings = Findings()
    document = compose(folder / "tocsin.yaml", env, folder, findings)
    return document, [str(complaint) for complaint in findings.complaints]


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "{}", "http:\n", "http: {}\nlog: {}\n"])
def test_what_is_missing_runs_on_defaults(tmp_path: Path, text: str) -> None:
    document, complaints = composed(tmp_path, text)
    config = document.config
    assert complaints == []
    assert config.http.listen == "127.0.0.1:9393"
    assert config.store.url == f"sqlite:///{tmp_path}/tocsin.db"
    assert (config.log.level, config.log.format, config.time_zone) == ("info", "auto", "UTC")
    assert [config.retention.raw.days, config.retention.evaluations.days] == [14, 7]
    assert [config.retention.alerts.days, config.retention.steps.days] == [90, 90]
    assert not config.integrations
    assert not config.rules
    assert not config.runbooks


def test_no_file_at_all_is_the_embedded_defaults(tmp_path: Path) -> None:
    findings = Findings()
    document = compose(None, {}, tmp_path, findings)
    assert not findings.complaints
    assert document.config.store.url == f"sqlite:///{tmp_path}/tocsin.db"
    assert default_path(tmp_path) is None


def test_a_file_that_was_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"there is no configuration at other\.yaml"):
        compose(Path("other.yaml"), {}, tmp_path, Findings())


def test_every_mistake_is_told_with_its_place(tmp_path: Path) -> None:
    _, complaints = composed(
        tmp_path,
        """\
http: {listen: "9393", public: x}
store: {url: mysql://x}
log: {level: loud, format: xml}
time_zone: Europe/Berlni
retention: {raw: 2 weeks, alerts: 0}
routes: []
people:
  - {nam: ann}
route:
  receiver: a
  routes: [{matchers: ["severity~critical"], group_wait: soon}]
""",
    )
    assert complaints == [
        "tocsin.yaml:1:16: http.listen: not an address to listen on: '9393'; write it like 127.0.0.1:9393"
        " or [::1]:9393",
        "tocsin.yaml:1:24: http.public: unknown key 'public'; did you mean 'public_url'?",
        "tocsin.yaml:2:14: store.url: not a database: write sqlite:///tocsin.db or postgresql://user@host/database",
        "tocsin.yaml:3:14: log.level: 'loud' is not one of 'debug', 'info', 'warning' or 'error'",
        "tocsin.yaml:3:28: log.format: 'xml' is not one of 'auto', 'json' or 'text'",
        "tocsin.yaml:4:12: time_zone: no such time zone: 'Europe/Berlni'; did you mean 'Europe/Berlin'?",
        "tocsin.yaml:5:18: retention.raw: not a duration: '2 weeks'; write it like 90s, 15m, 1h30m or 2d",
        "tocsin.yaml:5:35: retention.alerts: it must be longer than 0; write it like 30s, 5m or 14d",
        "tocsin.yaml:6:1: routes: unknown key 'routes'; did you mean 'route'?",
        "tocsin.yaml:8:6: people[0].nam: unknown key 'nam'; did you mean 'name'?",
        "tocsin.yaml:11:24: route.routes[0].matchers[0]: not a matcher: 'severity~critical'; write it like"
        ' severity="critical" or job=~"api.*"',
        "tocsin.yaml:11:58: route.routes[0].group_wait: not a duration: 'soon'; write it like 90s, 15m, 1h30m or 2d",
    ]


def test_a_mistake_in_one_part_leaves_the_others_sound(tmp_path: Path) -> None:
    document, complaints = composed(tmp_path, "http: {listne: x}\ntime_zone: Europe/Berlin\nlog: {level: debug}\n")
    assert len(complaints) == 1
    assert document.broken == {"http"}
    assert document.config.time_zone == "Europe/Berlin"
    assert document.config.log.level == "debug"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- a\n- b\n", "a configuration is a mapping: `key: value`"),
        ("just words", "a configuration is a mapping: `key: value`"),
        ("http: [", "not YAML"),
        ("log: {}\nlog: {}\n", "key 'log' is already set at line 1; keep one"),
    ],
)
def test_what_is_no_configuration_is_told_once(tmp_path: Path, text: str, said: str) -> None:
    _, complaints = composed(tmp_path, text)
    assert len(complaints) == 1
    assert said in complaints[0]


def test_a_file_that_is_not_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "tocsin.yaml").write_bytes(b"\xff\xfeh\0")
    findings = Findings()
    compose(Path("tocsin.yaml"), {}, tmp_path, findings)
    assert [str(one) for one in findings.complaints] == ["tocsin.yaml: it is not a text in UTF-8"]


def test_the_environment_overrides_single_values(tmp_path: Path) -> None:
    document, complaints = composed(
        tmp_path,
        "http: {listen: '127.0.0.1:1', public_url: 'https://a.example/'}\n",
        TOCSIN_HTTP__LISTEN="127.0.0.1:2",
        TOCSIN_LOG__LEVEL="debug",
        TOCSIN_RETENTION__RAW="3d",
        TOCSIN_TIME_ZONE="Asia/Tokyo",
        TOCSIN_STORE__PASSWORD="hunter2",
        HOME="/root",
    )
    config = document.config
    assert complaints == []
    assert config.http.listen == "127.0.0.1:2"
    assert config.http.public_url == "https://a.example"
    assert config.log.level == "debug"
    assert config.retention.raw == timedelta(days=3)
    assert config.time_zone == "Asia/Tokyo"
    assert config.store.password is not None
    assert config.store.password.get_secret_value() == "hunter2"


def test_a_mistake_in_the_environment_names_the_variable(tmp_path: Path) -> None:
    _, complaints = composed(
        tmp_path,
        "",
        TOCSIN_HTTP__LISTNE="x",
        TOCSIN_STORE__URL="mysql://x",
        TOCSIN_HTP__LISTEN="x",
        TOCSIN_PEOPLE__0="ann",
    )
    assert complaints == [
        "TOCSIN_HTP__LISTEN: warning: the environment cannot set 'htp'; did you mean 'http'?",
        "TOCSIN_HTTP__LISTNE: unknown key 'listne'; did you mean 'listen'?",
        "TOCSIN_PEOPLE__0: warning: the environment cannot set 'people'; it can set http, store, log, time_zone,"
        " retention",
        "TOCSIN_STORE__URL: not a database: write sqlite:///tocsin.db or postgresql://user@host/database",
    ]


def test_a_whole_section_in_the_environment_is_refused(tmp_path: Path) -> None:
    _, complaints = composed(tmp_path, "", TOCSIN_HTTP="127.0.0.1:1")
    assert complaints == ["TOCSIN_HTTP: set single keys, such as TOCSIN_HTTP__LISTEN"]


def test_variables_that_kubernetes_sets_for_a_service_called_tocsin_mean_nothing(tmp_path: Path) -> None:
    _, complaints = composed(
        tmp_path,
        "",
        TOCSIN_PORT="tcp://10.0.0.1:9393",
        TOCSIN_SERVICE_HOST="10.0.0.1",
        TOCSIN_PORT_9393_TCP_ADDR="10.0.0.1",
        TOCSIN_TOKEN_FILE="/run/token",
        TOCSIN_DEBUG="1",
    )
    assert complaints == []


def test_a_relative_database_is_beside_its_file_and_one_of_the_environment_in_the_working_folder(
    tmp_path: Path,
) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "tocsin.yaml").write_text("store: {url: sqlite:///data/t.db}\n")
    written = compose(Path("etc/tocsin.yaml"), {}, tmp_path, Findings())
    given = compose(Path("etc/tocsin.yaml"), {"TOCSIN_STORE__URL": "sqlite:///t.db"}, tmp_path, Findings())
    assert written.config.store.url == f"sqlite:///{tmp_path}/etc/data/t.db"
    assert given.config.store.url == f"sqlite:///{tmp_path}/t.db"
    assert token_file(written.config, {}, written.base) == tmp_path / "etc/data/tocsin.token"
    assert token_file(written.config, {"TOCSIN_TOKEN_FILE": "/run/t"}, written.base) == Path("/run/t")


def test_the_password_of_a_database_joins_its_address(tmp_path: Path) -> None:
    document, complaints = composed(
        tmp_path, "store: {url: 'postgresql://ann@db:5432/t?sslmode=require', password: {env: PW}}\n", PW="a/b@c:d"
    )
    assert complaints == []
    assert database_url(document.config) == "postgresql://ann:a%2Fb%40c%3Ad@db:5432/t?sslmode=require"
    assert "a/b" not in repr(document.config)
    assert token_file(document.config, {}, document.base) == tmp_path / "tocsin.token"


@pytest.mark.parametrize(
    ("listen", "address"),
    [
        ("127.0.0.1:9393", "http://127.0.0.1:9393"),
        ("localhost:80", "http://localhost:80"),
        (":9393", "http://127.0.0.1:9393"),
        ("0.0.0.0:9393", "http://127.0.0.1:9393"),
        ("[::]:9393", "http://[::1]:9393"),
        ("[::1]:9393", "http://[::1]:9393"),
        ("10.1.2.3:9393", "http://10.1.2.3:9393"),
    ],
)
def test_this_machine_reaches_tocsin_where_it_listens(tmp_path: Path, listen: str, address: str) -> None:
    document, _ = composed(tmp_path, f"http: {{listen: '{listen}'}}\n")
    assert local_address(document.config) == address


def test_a_client_is_not_kept_away_by_mistakes_that_do_not_matter_to_it(tmp_path: Path) -> None:
    (tmp_path / "tocsin.yaml").write_text("rules: nonsense\npeople: [{token: {env: UNSET}}]\ntime_zone: Asia/Tokyo\n")
    known = outline(tmp_path / "tocsin.yaml", {}, tmp_path)
    assert (known.address, known.time_zone) == ("http://127.0.0.1:9393", "Asia/Tokyo")
    (tmp_path / "tocsin.yaml").write_text("http: {listen: nonsense}\n")
    with pytest.raises(DocumentError, match="not an address to listen on"):
        outline(tmp_path / "tocsin.yaml", {}, tmp_path)


def test_the_database_needs_its_password_and_a_client_does_not(tmp_path: Path) -> None:
    file = tmp_path / "tocsin.yaml"
    file.write_text(
        "store: {url: 'postgresql://ann@db/t', password: {env: PW}}\nretention: {raw: 1d}\nhttp: {listen: x}\n"
    )
    with pytest.raises(DocumentError, match="the environment variable PW is not set"):
        storage(file, {}, tmp_path)
    kept = storage(file, {"PW": "hunter2"}, tmp_path)
    assert (kept.url, kept.retention.raw) == ("postgresql://ann:hunter2@db/t", timedelta(days=1))
    assert "hunter2" not in repr(kept)
    file.write_text("store: {url: 'postgresql://ann@db/t', password: {env: PW}}\n")
    assert outline(file, {}, tmp_path).token_file == tmp_path / "tocsin.token"
