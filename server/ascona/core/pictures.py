"""What a person's page is told of what it sends and receives: of pictures mostly, and of its own voice."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pictures:
    """
    What travels of the pictures one person sends and receives, and how they are to speak.

    Attributes:
        layers: Of this person's camera's layers, those that anybody receives or waits for; nobody wants the others.
        paused: Slots whose pictures do not reach this person because their line is too narrow.
        weak: Whether that is to be said on the screen.
        lean: Whether somebody who hears this person needs a voice of fewer bits.
    """

    layers: tuple[str, ...] = ()
    paused: tuple[int, ...] = ()
    weak: bool = False
    lean: bool = False
