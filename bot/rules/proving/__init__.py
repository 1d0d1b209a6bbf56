"""Proves rules by stories: series that were made up, and what must come of them, in promtool's unit-test files."""
