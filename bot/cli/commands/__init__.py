"""The commands. Each module has `configure(parser)`; it is imported when its command is named on the line."""
