"""What we need of the world: one small Protocol per capability. Nothing here does anything."""
