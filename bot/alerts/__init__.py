"""Decides who should hear of an alert: takes it in once, routes it, and groups it."""
