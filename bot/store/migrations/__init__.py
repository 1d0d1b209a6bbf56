"""How the database came to be: one file per revision in `versions/`, forward only. `schema.py` runs them."""
