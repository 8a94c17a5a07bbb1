"""Which layer of each picture a listener gets: pure, by what their screen shows and what their line carries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ascona.media.offer import LAYERS

TALL = 240
"""Device pixels above which the larger layer is worth its bits; the smaller is 180 rows high."""

STILL_TALL = 200
"""Device pixels above which it stays: chairs grow and shrink a little as people come and go."""

HEADROOM = 0.85
"""Part of what the line carries into which more pictures, or larger ones, must fit."""

MANY = 1_000
"""More pictures than there are."""

_STEP = 60  # device pixels; of pictures that differ by less, the earlier seats come first


@dataclass(frozen=True, slots=True)
class Pane:
    """
    One slot's picture on one screen.

    Attributes:
        height: Device pixels; 0: not shown.
        rates: Bits a second of each layer that can be had.
        layer: What it has had so far; None: nothing.
        paused: It was shown, and had no place on the line.
    """

    slot: int
    height: int
    rates: Mapping[str, float]
    layer: str | None = None
    paused: bool = False

    @property
    def tall(self) -> bool:
        """Whether it wants the larger layer."""
        return self.height > (STILL_TALL if self.layer == LAYERS[-1] else TALL)


def share(panes: Sequence[Pane], budget: float, steps: int = MANY) -> dict[int, str | None]:
    """
    Share what is left of a line beside its voices: first a small picture of everyone, then larger ones.

    Where that is too much, large ones become small, and then the smallest and the last seats' are left out.

    Args:
        budget: Bits a second.
        steps: How many pictures may come back or become large: what each does to the line is to be seen first.

    Returns:
        The layer for each slot; None for those that are not shown, or have no place on the line.
    """
    shares: dict[int, str | None] = {pane.slot: None for pane in panes}
    seen = sorted((pane for pane in panes if pane.height > 0), key=lambda pane: (-(pane.height // _STEP), pane.slot))
    spent = 0.0
    for pane in seen:
        layer = next((layer for layer in LAYERS if layer in pane.rates), None)
        if layer is None or (pane.paused and steps == 0):
            continue
        if spent + pane.rates[layer] <= budget * (1.0 if pane.layer else HEADROOM):
            shares[pane.slot] = layer
            spent += pane.rates[layer]
            steps -= pane.paused
    for pane in seen:
        small, large = shares[pane.slot], LAYERS[-1]
        if small in (None, large) or large not in pane.rates or not pane.tall:
            continue
        new = pane.layer != large
        if new and steps == 0:
            continue
        more = pane.rates[large] - pane.rates[small]
        if spent + more <= budget * (HEADROOM if new else 1.0):
            shares[pane.slot] = large
            spent += more
            steps -= new
    return shares
