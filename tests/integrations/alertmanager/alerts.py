"""Alerts to tell."""

from datetime import UTC, datetime, timedelta

from bot.model.alert import Alert
from bot.model.labels import LabelSet

AT = datetime(2026, 11, 22, 4, 0, 0, 123_987, tzinfo=UTC)


def alert(name: str, **labels: str) -> Alert:
    """One that fires since AT and is valid for four minutes more."""
    return Alert(
        labels=LabelSet({"alertname": name, **labels}),
        annotations={"summary": f"{name} <is> on"},
        starts_at=AT,
        ends_at=AT + timedelta(minutes=4),
        generator_url="http://prom:9090/graph?g0.expr=up+%3D%3D+0&g0.tab=1",
    )
