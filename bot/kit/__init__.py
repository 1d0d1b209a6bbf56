"""What the edges share: the plugin door, HTTP out and in, telemetry."""
