"""The house rules: what the documents claim about the tree, held by a machine."""
