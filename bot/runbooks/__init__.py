"""Acts, if it may: what a runbook says, which one fits, what it may do unasked, and its next move."""
