"""What deploy/ holds, each piece checked by the tools of the system it is made for."""
