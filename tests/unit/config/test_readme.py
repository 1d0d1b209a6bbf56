"""What the README shows is a configuration without mistakes."""

import re
from pathlib import Path

from bot import config
from bot.config.loading import load

README = Path(config.__file__).with_name("README.md")


def test_the_example_is_sound(tmp_path: Path) -> None:
    example, *_ = re.findall(r"```yaml\n(.*?)```", README.read_text(), flags=re.DOTALL)
    for name in ("prometheus", "ssh", "splunk"):
        (tmp_path / name).write_text("secret")
    (tmp_path / "known_hosts").touch()
    for folder, text in (
        ("rules", "groups: [{name: g, rules: [{alert: A, expr: up == 0}]}]"),
        ("runbooks", "runbook: r\ntitle: t\nsteps: [{id: a, uses: prometheus.query, with: {expr: up}}]"),
    ):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.yml").write_text(text)
        (tmp_path / folder / "a.yaml").write_text(text)
    app = tmp_path / "apps" / "shop" / "default"
    app.mkdir(parents=True)
    text = "[S]\nsearch = x\nenableSched = 1\ncron_schedule = 0 * * * *\ncounttype = number of events\n"
    (app / "savedsearches.conf").write_text(f"{text}relation = greater than\nquantity = 0\n")
    path = tmp_path / "tocsin.yaml"
    path.write_text(example.replace("/run/secrets/", ""))
    loaded = load(path, {"ANNS_TOKEN": "anns-token"}, tmp_path)
    made = {one.name: one.config for one in loaded.integrations}
    assert set(made) == {"prom", "splunk", "hosts"}
    assert getattr(made["hosts"], "known_hosts", None) == tmp_path / "known_hosts"
    assert {group.source for group in loaded.setup.groups} == {"prom", "splunk"}
    assert loaded.setup.runbooks
    assert not loaded.warnings
