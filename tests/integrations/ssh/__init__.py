"""Commands on this machine, and on this machine through a real sshd."""
