"""Rooms in session: commands take their turn here, and everyone is shown the result."""
