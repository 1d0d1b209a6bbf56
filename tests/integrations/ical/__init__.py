"""Calendars that say who is on call."""
