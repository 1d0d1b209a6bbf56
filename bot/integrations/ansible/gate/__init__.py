"""What Ansible itself loads while it plays: nothing else of Tocsin is imported there."""
