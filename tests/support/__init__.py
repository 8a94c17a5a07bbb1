"""What tests share: a group to play with, and the other end of the wire."""
