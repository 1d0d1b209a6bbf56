"""The revisions, in order. What is written here is never changed again: databases out there were made by it."""
