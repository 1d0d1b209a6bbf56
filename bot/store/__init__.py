"""What is kept: SQLite or PostgreSQL behind one set of repositories. See README.md; the door is `store.open_store`.

Nothing is imported here: `tocsin check` and `--help` never load SQLModel.
"""
