"""Alertmanager's API as its real clients use it, and beside the real one."""
