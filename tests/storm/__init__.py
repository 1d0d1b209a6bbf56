"""A storm of alerts against a running Tocsin: nothing is lost in it, and what comes out is calm."""
