"""Wrong input: each gives one clear message that says what to do, never a traceback, and loses nothing it accepted.

All of it with the real command, as people meet it.
"""
