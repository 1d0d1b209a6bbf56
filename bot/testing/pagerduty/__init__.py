"""A simulated PagerDuty: Events API v2, the part of the REST API that incidents need, and webhooks v3 that it sends.

`python -m bot.testing.pagerduty` is one; its promises are held by PagerDuty's own client library in our tests.
"""
