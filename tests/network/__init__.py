"""Real browsers behind a line that loses, delays, narrows, breaks off and changes."""
