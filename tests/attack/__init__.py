"""What hostile people try, and what comes of it: one file for each of their ways."""
