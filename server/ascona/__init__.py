"""Ascona: a video room for remote Balint groups, whose server keeps the frame."""

__version__ = "0.1.0"
