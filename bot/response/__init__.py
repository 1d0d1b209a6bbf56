"""Joins the stages: one file per thing that can happen, each read from top to bottom as a story.

Every function asks `rights` first, loads, asks a stage to decide, and writes the decision down in one transaction.
"""
