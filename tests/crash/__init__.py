"""The server and its workers killed again and again, and what must be there each time."""
