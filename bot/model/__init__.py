"""The nouns: frozen dataclasses, one noun a file, no I/O, nothing of ours imported but each other.

Time is always aware and in UTC, and always passed in. Ids are `NewType`s, so that mypy catches a swapped pair.
"""
