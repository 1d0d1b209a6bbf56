"""The command line: one file a command family under `commands`, found through the table in `main`."""
