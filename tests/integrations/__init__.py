"""One folder a vendor: the real server where one can run, and a server that answers as badly as servers do."""
