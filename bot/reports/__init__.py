"""Tells it: findings that stand on evidence, and the postmortem they make. Its words are in `templates/`."""
