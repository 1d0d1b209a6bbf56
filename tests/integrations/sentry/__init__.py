"""Against a server that takes Sentry's envelopes."""
