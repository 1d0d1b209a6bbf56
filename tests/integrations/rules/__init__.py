"""Our evaluator beside the real Prometheus, and our reading of rule files beside promtool."""
