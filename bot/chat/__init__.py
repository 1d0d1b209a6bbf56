"""What people do in a chat, free of any chat vendor: who of our people they are there, and what becomes of a click."""
