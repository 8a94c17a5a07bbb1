"""What chance decides: how long everything takes, and what goes wrong."""

import random
from dataclasses import dataclass


@dataclass
class Weather:
    """
    All draws come from one source, in the order in which things happen: the same seed is the same evening.

    Attributes:
        draw: The source.
        calm: Nothing goes wrong any more.
    """

    draw: random.Random
    calm: bool = False

    def chance(self, share: float) -> bool:
        return self.draw.random() < share

    def between(self, least: float, most: float) -> float:
        return self.draw.uniform(least, most)

    def mishap(self, share: float) -> bool:
        """Whether this goes wrong."""
        return self.draw.random() < share and not self.calm

    def trip(self) -> float:
        """Seconds from one end of a line to the other: mostly few milliseconds, sometimes half a second."""
        return self.between(0.002, 0.03) if self.calm or self.chance(0.9) else self.between(0.03, 0.5)

    def write(self) -> tuple[float, float]:
        """Of the journal: seconds before it is written, and after it."""
        return self.between(0.0005, 0.02), self.between(0.0, 0.005)

    def switch(self) -> tuple[float, float, bool]:
        """Of the media plane: seconds before a plan is in force, after it, and whether it fails."""
        return self.between(0.0, 0.01), self.between(0.0, 0.01), self.mishap(0.01)
