"""Against a real Prometheus, and against servers that answer as no Prometheus should."""
