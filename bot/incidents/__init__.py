"""Decides that a group of alerts is an Incident, and keeps its story."""
