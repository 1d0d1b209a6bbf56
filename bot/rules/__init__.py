"""Decides that something is wrong: samples in, alerts out. It asks a source and does no other I/O.

Prometheus' rule files, their slots, their templates and the life of what they find, as Prometheus' own ruler has them.
"""
