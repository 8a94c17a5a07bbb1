"""The journal and the records around it."""
