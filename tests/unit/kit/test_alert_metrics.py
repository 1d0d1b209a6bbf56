"""What is counted of alerts on their way, and under which names."""

from bot.kit.telemetry import Telemetry
from bot.model.telling import Verdict
from bot.ports.counts import Counts
from tests.unit.kit.test_telemetry import samples


def test_every_metric_counts_what_it_says() -> None:
    telemetry = Telemetry()
    counts: Counts = telemetry.alerts
    counts.received("grafana", 3, 0.02)
    counts.refused("grafana", 2)
    counts.logged(3)
    counts.logged(0)
    counts.posted("grafana", "quarantined")
    counts.told("pager", 0.2)
    counts.not_told("pager", "timeout", lost=False)
    counts.paged("pager", 0.4)
    counts.not_paged("pager", "server")
    counts.not_followed("pager", "timeout")
    counts.not_told("pager", "auth", lost=True)
    counts.flushed({Verdict.SILENCED: 4, Verdict.HELD: 1})
    counts.deadman("backup", missing=True)
    counts.signed("outside", taken=True)
    counts.signed("outside", taken=False)
    seen = samples(telemetry)
    grafana, pager, outside = ("source", "grafana"), ("integration", "pager"), ("integration", "outside")
    assert seen["tocsin_alerts_received_total", (("outcome", "taken"), grafana)] == 3
    assert seen["tocsin_alerts_received_total", (("outcome", "refused"), grafana)] == 2
    assert seen["tocsin_intake_seconds_sum", (grafana,)] == 0.02
    assert seen["tocsin_alert_log_appends_total", ()] == 1
    assert seen["tocsin_alert_log_alerts_total", ()] == 3
    assert seen["tocsin_hook_bodies_total", (("outcome", "quarantined"), grafana)] == 1
    assert seen["tocsin_telling_seconds_sum", (pager,)] == 0.2
    assert seen["tocsin_telling_failures_total", (pager, ("reason", "timeout"))] == 1
    assert seen["tocsin_tellings_lost_total", (pager,)] == 1
    assert seen["tocsin_alerts_kept_back_total", (("why", "silenced"),)] == 4
    assert seen["tocsin_alerts_kept_back_total", (("why", "inhibited"),)] == 0
    assert seen["tocsin_deadman_missing", (("deadman", "backup"),)] == 1
    assert seen["tocsin_life_signs_total", (outside, ("outcome", "taken"))] == 1
    assert seen["tocsin_life_signs_total", (outside, ("outcome", "refused"))] == 1
    assert seen["tocsin_page_seconds_sum", (pager,)] == 0.4
    assert seen["tocsin_page_failures_total", (pager, ("reason", "server"))] == 1
    assert seen["tocsin_mirror_failures_total", (pager, ("reason", "timeout"))] == 1


def test_what_is_configured_is_there_from_the_start_and_what_is_not_any_more_is_gone() -> None:
    telemetry = Telemetry()
    telemetry.alerts.knows(["pager"], ["backup", "old"])
    telemetry.alerts.knows(["pager"], ["backup"])
    seen = samples(telemetry)
    assert seen["tocsin_telling_seconds_count", (("integration", "pager"),)] == 0
    assert seen["tocsin_tellings_lost_total", (("integration", "pager"),)] == 0
    assert seen["tocsin_deadman_missing", (("deadman", "backup"),)] == 0
    assert ("tocsin_deadman_missing", (("deadman", "old"),)) not in seen


def test_what_stands_is_read_when_it_is_asked_for() -> None:
    telemetry, silences = Telemetry(), {"active": 1}
    telemetry.alerts.counts_standing(lambda: {"alerts": {"firing": 7}, "silences": silences})
    silences["active"] = 2
    seen = samples(telemetry)
    assert seen["tocsin_alerts", (("state", "firing"),)] == 7
    assert seen["tocsin_silences", (("state", "active"),)] == 2
