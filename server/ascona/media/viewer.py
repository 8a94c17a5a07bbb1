"""What one person's page shows of the others, and what becomes of it on their line."""

from collections.abc import Mapping, Sequence

from ascona.media.camera import Camera
from ascona.media.estimate import Estimate
from ascona.media.layers import MANY, Pane, share
from ascona.media.offer import LAYERS
from ascona.media.output import Output
from ascona.media.voices import Voices

STEP_SECONDS = 2.0
"""Between two pictures that come back, or become large."""

CAUTIOUS_SECONDS = 30.0
"""How long they do so one by one after the line was too narrow."""

UNSAID = 180
"""Device pixels of each picture, before a page has said what it shows: all of them, small."""


class Viewer:
    """
    One person who watches; their page's word outlives their connection.

    Attributes:
        heights: Of each slot's picture on the screen, in device pixels; None before the page has said so.
        paused: Slots that are shown, and have no place on the line.
        voices: What is to become of the voices.
    """

    def __init__(self) -> None:
        self.heights: Sequence[int] | None = None
        self.paused: tuple[int, ...] = ()
        self.voices = Voices()
        self._next_step_at = 0.0
        self._layers: dict[int, str | None] = {}

    def height(self, slot: int) -> int:
        """Device pixels of a slot's picture on the screen."""
        if self.heights is None:
            return UNSAID
        return self.heights[slot] if slot < len(self.heights) else 0

    def review(
        self, views: Mapping[int, tuple[Camera, Output]], voices: Sequence[float], estimate: Estimate, now: float
    ) -> None:
        """
        Choose a layer for each slot, and see to it that it is sent.

        Args:
            views: The cameras whose gates are open, by slot, and where each goes.
            voices: Bits a second of each voice whose gate is open.
        """
        sent = sum(output.source.rate or 0.0 for _, output in views.values() if output.source is not None)
        budget = estimate.review(sum(voices), sent, now)
        self.voices.review(len(voices), estimate, now)
        panes = [
            Pane(slot, self.height(slot), camera.rates(now), self._layers.get(slot), slot in self.paused)
            for slot, (camera, _) in views.items()
        ]
        layers = share(panes, 0.0 if estimate.hopeless or self.voices.alone else budget, self._steps(estimate, now))
        for pane in panes:
            camera, output = views[pane.slot]
            # What the line cannot carry ends at once; the smaller picture begins with its next key frame.
            at_once = pane.tall and pane.layer == LAYERS[-1]
            camera.show(output, layers[pane.slot], now, at_once)
            if layers[pane.slot] is not None and (pane.paused or (pane.layer, layers[pane.slot]) == LAYERS):
                self._next_step_at = now + STEP_SECONDS
        self._layers = layers
        self.paused = tuple(pane.slot for pane in panes if pane.height > 0 and layers[pane.slot] is None)

    def _steps(self, estimate: Estimate, now: float) -> int:
        """How many pictures may come back or become large: a line that was too narrow lately is tried step by step."""
        if now - estimate.fell_at > CAUTIOUS_SECONDS:
            return MANY
        return int(now >= self._next_step_at)
