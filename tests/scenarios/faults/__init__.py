"""The runbooks we ship, each where its fault is real: it runs to its end, and its verdict is what became of the fault.

lapse.py      rules and runbooks as they are shipped, with their minutes made seconds
site.py       what there is to go wrong: a Prometheus that scrapes it, exporters, a cluster, a host
responding.py Tocsin with one rule and its runbook, and the people who answer it
stories.py    the list of stories: one function each, told once where the fix helps and once where it does not
in_kubernetes.py, in_databases.py, in_sight.py, on_hosts.py    the stories
"""
