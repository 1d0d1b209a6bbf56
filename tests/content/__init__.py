"""What we ship beside the program parses, resolves and does what it says."""
