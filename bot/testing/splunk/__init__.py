"""A simulated Splunk server, for machines where no real one can be installed: `python -m bot.testing.splunk --port 0`.

It answers the endpoints of splunkd's REST interface that Tocsin uses, shaped as Splunk documents them and as Splunk's
own Python SDK reads them (tests/contracts), over test events and a small subset of SPL. What it does not know it
refuses. It runs no schedule, no real-time search, no lookup and no subsearch, keeps nothing, and knows one server only;
its README lists the rest, and what was assumed where the documents are silent.
"""
