"""How Tocsin is tested: start with README.md beside this file."""
