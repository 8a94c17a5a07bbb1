"""Pages and links over HTTP."""
