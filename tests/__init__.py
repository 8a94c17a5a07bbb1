"""Everything that shows Ascona does what it says."""
