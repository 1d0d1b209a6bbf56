"""One folder for each vendor; none imports another, and each comes in through the plugin door."""
