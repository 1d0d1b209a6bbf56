"""tocsin.yaml: schema, loading, secrets, explaining mistakes. Begin with `loading`, then `examine`."""
