"""One person's camera: its layers as they arrive, and which of them each listener gets."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from ascona.media.offer import LAYERS
from ascona.media.output import Output
from ascona.media.track import Track

AGREED_RATE = {"l": 150_000.0, "h": 500_000.0}
"""Bits a second that a layer takes, before it has been measured, and at most in the long run."""

LINGERING_SECONDS = 2.0
"""How long a layer is sent on after the last who watched it: chairs move, and come back."""

COMING_SECONDS = 3.0
"""How long a layer that was asked for may take to come: to the page, into the encoder, and back."""

GIVEN_UP_SECONDS = 30.0
"""How long a layer that did not come is not asked for again: some browsers send fewer than they offered."""

# Which layer comes closest to the one that is wanted; None is the only one there is, without simulcast.
_NEAREST: Mapping[str, tuple[str | None, ...]] = {"l": ("l", "h", None), "h": ("h", "l", None)}
_NEVER = float("-inf")


class Camera:
    """
    Gives each output whose gate is open one layer, from a key frame on.

    Attributes:
        tracks: By layer; under None what is sent without simulcast.
    """

    def __init__(self, layers: tuple[str, ...], ask: Callable[[Track], None], counts: Counter[str]) -> None:
        """
        Args:
            layers: As agreed, the smallest first; none without simulcast.
            ask: Asks the publisher for a key frame.
        """
        self._layers = layers
        self._ask = ask
        self._counts = counts
        self.tracks: dict[str | None, Track] = {}
        self._eyes: dict[Output, str | None] = {}  # whose gate is open, and the layer each is to have
        self._watched_at: dict[str, float] = {}
        self._asked_at: dict[str, float] = {}
        self._given_up_at: dict[str, float] = {}

    # --- the gate ---

    def admit(self, output: Output, layer: str, now: float) -> None:
        """Open the gate to an output."""
        self._eyes[output] = layer
        self.request(now)

    def dismiss(self, output: Output) -> None:
        """Shut the gate to an output; it has been taken from every list before."""
        self._eyes.pop(output, None)

    def silence(self) -> None:
        """Shut every gate; the lists have been emptied before."""
        for output in self._eyes:
            output.follow(None)
        self._eyes = {}

    def watchers(self) -> Iterable[Output]:
        """Whose gate is open."""
        return self._eyes.keys()

    # --- layers ---

    def show(self, output: Output, layer: str | None, now: float, at_once: bool = False) -> None:
        """
        Give an output this layer from its next key frame on; None: no picture from now on. Shut gates stay shut.

        Args:
            at_once: What it has had so far ends now, and not with that key frame.
        """
        if self._eyes.get(output, layer) == layer:
            return
        self._eyes[output] = layer
        if layer is None:
            self._counts["pictures_paused"] += 1
        if layer is None or at_once:
            lead(output, None)
        self.request(now)

    def take_over(self, track: Track, now: float) -> None:
        """Let those who wait for this layer switch to it: what its outputs are about to be sent is a key frame."""
        track.key_frame_wanted = False  # here it is, for everybody who asked while it was on its way
        for output, layer in self._eyes.items():
            if layer is not None and output.source is not track and self._best(layer, now) is track:
                if not output.waiting:
                    self._counts["layers_switched"] += 1
                lead(output, track)

    def request(self, now: float) -> None:
        """Ask for a key frame of every layer that somebody waits for, or cannot decode any more."""
        best = {layer: self._best(layer, now) for layer in LAYERS}
        for output, layer in self._eyes.items():
            track = None if layer is None else best[layer]
            if track is None:
                continue
            if output.waiting:
                lead(output, track)  # nobody sees a picture that would break off
            if output.waiting or output.source is not track:
                track.key_frame_wanted = True
        for track in self.tracks.values():
            used = track.outputs or track in best.values()
            if track.key_frame_wanted and used and track.alive(now) and track.key_frame_due(now):
                self._ask(track)

    def _best(self, layer: str, now: float) -> Track | None:
        """What comes closest to this layer of all that is alive: none that has been silent is waited for."""
        for near in _NEAREST[layer]:
            track = self.tracks.get(near)
            if track is not None and track.alive(now):
                return track
        return None

    # --- what it takes ---

    def wanted(self, now: float) -> tuple[str, ...]:
        """
        The layers that anybody receives or waits for, or did a moment ago: nobody needs the others.

        While every gate is shut it is the smallest, so that whoever is seen again is seen at once.
        """
        watched = {layer for layer in self._eyes.values() if layer is not None}
        watched |= {output.source.layer for output in self._eyes if output.source is not None and output.source.layer}
        for layer in watched if self._eyes else LAYERS[:1]:
            self._watched_at[layer] = now
        wanted = tuple(layer for layer in LAYERS if now - self._watched_at.get(layer, _NEVER) <= LINGERING_SECONDS)
        self._asked_at = {layer: self._asked_at.get(layer, now) for layer in wanted}
        return wanted

    def rates(self, now: float) -> Mapping[str, float]:
        """
        Bits a second of the layers that can be had; without simulcast the one picture counts as the smallest.

        What is not there counts as agreed, if it may come; a camera that sends nothing though asked is off, and free.
        """
        measured = {layer: track.rate for layer, track in self.tracks.items() if track.alive(now)}
        if not measured and now - self._asked_at.get(LAYERS[0], now) > COMING_SECONDS:
            return {LAYERS[0]: 0.0}
        if not self._layers:
            return {LAYERS[0]: measured.get(None) or AGREED_RATE[LAYERS[0]]}
        return {
            layer: min(measured.get(layer) or AGREED_RATE[layer], AGREED_RATE[layer])
            for layer in self._layers
            if layer in measured or self._may_come(layer, now)
        }

    def _may_come(self, layer: str, now: float) -> bool:
        """Whether a layer that is not there is worth asking for, or waiting for."""
        if now - self._asked_at.get(layer, now) > COMING_SECONDS:
            self._given_up_at[layer] = now
        return now - self._given_up_at.get(layer, _NEVER) > GIVEN_UP_SECONDS


def lead(output: Output, track: Track | None) -> None:
    """Let an output follow this track, and no other."""
    last = output.source
    if last is track:
        return
    if last is not None:
        last.outputs = tuple(other for other in last.outputs if other is not output)
    output.follow(track)
    if track is not None:
        track.outputs += (output,)
