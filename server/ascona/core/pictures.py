"""What a person's page is told about pictures: its own camera's, and those it receives."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pictures:
    """
    What travels of the pictures one person sends and receives.

    Attributes:
        layers: Of this person's camera's layers, those that anybody receives or waits for; nobody wants the others.
        paused: Slots whose pictures do not reach this person because their line is too narrow.
        weak: Whether that is to be said on the screen.
    """

    layers: tuple[str, ...] = ()
    paused: tuple[int, ...] = ()
    weak: bool = False
