"""The commands of the chat, done in a house with an incident in it."""
