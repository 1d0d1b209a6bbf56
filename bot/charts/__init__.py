"""Draws: the one home of matplotlib, in a worker process with a deadline."""
