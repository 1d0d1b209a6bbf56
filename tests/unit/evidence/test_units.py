import pytest

from bot.evidence.units import unit_of
from tests.unit.evidence.signals import EXPR

SURE = {
    EXPR: "ratio",
    "node_filesystem_avail_bytes / node_filesystem_size_bytes": "ratio",
    "100 * node_filesystem_avail_bytes / node_filesystem_size_bytes": "percent",
    "(node_filesystem_avail_bytes / node_filesystem_size_bytes) * 100": "percent",
    "(sum(rate(a_total{x='/'}[5m])) / sum(rate(a_total[5m])))": "ratio",
    "histogram_quantile(0.95, sum by (service, le) (rate(shop_request_duration_seconds_bucket[10s])))": "seconds",
    "node_memory_MemAvailable_bytes": "bytes",
    'max by (pod) (container_memory_working_set_bytes{container!=""} offset 5m)': "bytes",
    "sum(rate(node_network_receive_bytes_total[5m]))": "bytes/s",
    "increase(node_network_receive_bytes_total[5m])": "bytes",
    "probe_duration_seconds": "seconds",
    "disk_used_percent": "percent",
    "cache_hit_ratio": "ratio",
    "avg_over_time(cache_hit_ratio[1h])": "ratio",
    "job:latency_seconds:p99 or probe_duration_seconds": "",
}
UNSURE = (
    "up",
    "1",
    "vector(1)",
    "rate(http_requests_total[5m])",
    "rate(process_cpu_seconds_total[5m])",
    "count(node_memory_MemAvailable_bytes)",
    "absent(node_memory_MemAvailable_bytes)",
    "time() - node_boot_time_seconds",
    "process_start_timestamp_seconds",
    "errors_total / requests_total",
    "sum(a_bytes) / count(a_bytes)",
    "a_bytes / a_bytes / a_bytes",
    "a_bytes - b_bytes / a_bytes",
    "a_seconds * 2",
    "a_bytes ^ 2",
    "latency_seconds_sum / latency_seconds_count",
    "a_bytes or a_seconds",
    "(a_bytes) / (b_seconds)",
    "5e3 / 5e3",
    '{__name__="x_bytes"}',
)


@pytest.mark.parametrize("expr", SURE)
def test_a_unit_that_leaves_no_doubt_is_named(expr: str) -> None:
    assert unit_of(expr) == SURE[expr]


@pytest.mark.parametrize("expr", UNSURE)
def test_a_unit_in_doubt_is_not_named(expr: str) -> None:
    assert unit_of(expr) == ""


def test_a_threshold_can_only_cast_doubt() -> None:
    assert unit_of(EXPR, 0.05) == "ratio"
    assert unit_of(EXPR, 5.0) == ""
    assert unit_of("100 * a_bytes / b_bytes", 90.0) == "percent"
    assert unit_of("rate(a_total[5m])", 0.05) == ""
