"""A long run of a real server: what it takes for itself hour after hour, and what it leaves behind."""
