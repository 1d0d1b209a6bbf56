"""A simulated Slack workspace: Web API, Socket Mode, Events API and interactivity, and a look at its channels.

`python -m bot.testing.slack` is one, in a process of its own; Slack's own libraries drive it in our tests. What it does
not know it refuses; its README says what it does not do, and what was assumed where Slack's documents are silent.
"""
