"""A simulated Opsgenie: the part of its alert API that paging needs, answered later as there, and its webhooks.

`python -m bot.testing.opsgenie` is one. The same paths are those of Jira Service Management's integration events.
"""
