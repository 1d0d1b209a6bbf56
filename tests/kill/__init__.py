"""The kill test: `kill -9`, sent by another process, at every step boundary of a run.

An alert fires, an incident opens, a runbook looks, asks, changes something, waits until it helped, and the alert is
over. Somewhere on that way Tocsin is killed; it is started again, and what it leaves behind is read from outside.

    stories.py      what the runs do: one mends, one is held, fails and is taken back, one is cancelled
    boundaries.py   where it is killed: data; the boundaries of T1 by their names
    watched.py      a store that stands still before or after a commit; the product knows nothing of it
    launcher.py     the real Tocsin with that store, as a process to be killed
    effect.py       the command that changes something; it too can be held, in the middle of the change
    scene.py        one case: its folder, its processes, the person who answers and the world that gets well again
    checker.py      what must be true afterwards, whatever happened
"""
