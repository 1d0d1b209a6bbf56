"""Shows what was seen: which questions to ask of which source, what the answers say, and what a chart of them shows."""
