"""The rules of a session: pure, standard library only, no clock, no await, no randomness."""
