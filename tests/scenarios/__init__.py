"""The whole of Tocsin in one process, told as *when this happens, that is seen*.

virtual.py    an event loop whose time passes only while nobody does anything
hosts.py      hosts to run commands on, that do what a test tells them to
tocsin.py     responses and engine over a real SQLite store, with fake edges and people who answer
"""
