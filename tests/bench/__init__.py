"""What Tocsin costs: measured, never asserted in tests. `make bench` prints it and exits 1 below a floor."""
