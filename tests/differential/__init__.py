"""The same rule files in a real Prometheus and in a real Tocsin, over real time: what both say must be the same."""
