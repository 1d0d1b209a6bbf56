"""Splunk's saved searches: their file, their time words, and when an answer is an alert."""
