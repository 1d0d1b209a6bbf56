"""Alertmanager's API, version 2: what Prometheus, Grafana and `amtool` speak, under `/api/v2/`."""
