"""One repository per Protocol of `bot/ports/store.py`, each with two functions per noun: to its row and back."""
