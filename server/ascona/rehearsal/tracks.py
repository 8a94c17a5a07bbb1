"""Plays an encoded loop in real time as a track that aiortc sends without decoding."""

import asyncio
from collections.abc import Callable

import av
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError

from ascona.rehearsal.loops import TURNS, Loop


class LoopTrack(MediaStreamTrack):
    """
    One person's sound or picture, silent until `playing` is set.

    Its timestamps follow the clock, so that they run on evenly through the seams
    of the loop and through the time it was off.

    Args:
        loop: What is played.
        clock: Seconds; the same clock for everyone, so that people talk in turn.
        talks: Whether the person talks when their turn comes: a closed mouth
            belongs to a closed microphone.
    """

    def __init__(self, loop: Loop, clock: Callable[[], float], talks: Callable[[], bool]) -> None:
        super().__init__()
        self.kind = loop.kind
        self._source = loop
        self._clock = clock
        self._talks = talks
        self._seconds = float(loop.ticks * loop.time_base)
        self._on = asyncio.Event()
        self._number = 0  # of the next packet, since the clock's zero
        self._index = 0  # of the next packet in its piece
        self._ends = 0  # the number at which the piece is over
        self._piece = loop.quiet

    @property
    def playing(self) -> bool:
        """Whether anything is sent."""
        return self._on.is_set()

    @playing.setter
    def playing(self, value: bool) -> None:
        if value and not self.playing:
            self.restart()
            self._on.set()
        if not value:
            self._on.clear()

    def play(self, loop: Loop) -> None:
        """Go on with another of the same kind and person."""
        if loop is self._source:
            return
        self._number = -(-self._number * self._source.ticks // loop.ticks)  # timestamps never go back
        self._source, self._seconds, self._ends = loop, float(loop.ticks * loop.time_base), 0

    def restart(self) -> None:
        """Begin the piece again, with its key frame; the next one starts when it would have."""
        self._ends = 0

    async def recv(self) -> "av.Packet[av.stream.Stream]":
        """The next packet, when it is due."""
        while True:
            await self._on.wait()
            if self.readyState != "live":
                raise MediaStreamError
            self._number = max(self._number, int(self._clock() / self._seconds))  # late: leave out, do not hurry
            await asyncio.sleep(self._number * self._seconds - self._clock())
            if self.playing:
                return self._next_packet()

    def _next_packet(self) -> "av.Packet[av.stream.Stream]":
        if self._number >= self._ends:
            self._begin_piece()
        packet = av.Packet(self._piece[self._index])
        packet.pts, packet.time_base = self._number * self._source.ticks, self._source.time_base
        self._index += 1
        self._number += 1
        return packet

    def _begin_piece(self) -> None:
        order, behind = divmod(self._number, len(self._source.quiet))
        talking = self._talks() and order % TURNS == self._source.turn
        self._piece = self._source.talking if talking else self._source.quiet
        self._index = behind if self.kind == "audio" else 0  # a picture starts with its key frame
        self._ends = self._number - behind + len(self._source.quiet)
