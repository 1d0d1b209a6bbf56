"""The grammar of commands and approval buttons, free of any chat vendor. It comes with the first chat platform."""
