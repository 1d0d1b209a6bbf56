"""Alertmanager: real ones of two ages, and servers that do not behave."""
