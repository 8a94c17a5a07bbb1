"""Whole evenings in virtual time: real rooms, rules and wire on a loop whose clock jumps, and all else faked."""
