"""What Ascona costs and how long it takes: printed, never asserted."""
