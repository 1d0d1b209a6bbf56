"""A small and honest subset of SPL: what it does not know it refuses, and ignores nothing."""
