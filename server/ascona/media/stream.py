"""ICE over TCP (RFC 6544, passive) for networks that let no UDP through: framed packets, and bounds for each peer."""

import asyncio
import ipaddress
import socket
from collections import Counter
from collections.abc import Callable
from typing import Any, cast

LARGEST_FRAME = 1500
"""Bytes in a frame (RFC 4571); nothing we speak is larger, so whoever announces more speaks something else."""

STREAMS_LIMIT = 512
"""Connections in all; a process often may open no more than 1,024 files. Where all are taken the oldest that has proved
nothing makes room, or a few silent addresses would hold them all."""

STREAMS_PER_PLACE = 48
"""Connections from one address (IPv6: one /64): a whole group behind one router, each trying several ways."""

UNPROVEN_BYTES = 4096
"""Bytes taken before the first valid connectivity check: some ten of them."""

LOOK_SECONDS = 10.0
"""How often a connection is looked at; one that then belongs to nobody is closed."""

SILENCE_SECONDS = 30.0
"""A connection on which nothing comes for so long is closed; browsers check theirs every few seconds."""

STALL_SECONDS = 10.0
"""A peer who does not read for so long is let go; its browser comes again."""

VOICE_BYTES = 400
"""Voices, reports and checks are smaller; pictures are not."""

_PICTURES_WAIT = 32 << 10  # bytes unsent above which no pictures are added: voices behind them would come late
_FULL = 128 << 10  # bytes unsent above which nothing is added
_UNSENT_IN_KERNEL = 32 << 10  # bytes; else the kernel would hold seconds of what nobody wants to hear any more
_BUFFER = 16 << 10  # bytes read in one turn of the loop
_HEADER = 2  # bytes that say a frame's length
_BACKLOG = 64


class Stream(asyncio.BufferedProtocol):
    """
    One TCP connection; it stands where a UDP peer's address would.

    Attributes:
        peer: Address and port at the other end.
        place: What is counted for the limit of one address.
        full: The peer has not read for a while; nothing more is added to what waits for them.
    """

    def __init__(self, streams: "Streams") -> None:
        self._streams = streams
        self._loop = asyncio.get_running_loop()
        self._buffer = bytearray(_BUFFER)
        self._end = 0
        self._unproven = UNPROVEN_BYTES
        self._heard_at = streams.clock()
        self.full = False
        self._alarm: asyncio.TimerHandle | None = None
        self._next_look: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport
        self.peer: tuple[Any, ...] = ("", 0)
        self.place = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take it in, or close it at once where there are too many."""
        self._transport = cast(asyncio.Transport, transport)
        self.peer = transport.get_extra_info("peername") or self.peer
        self.place = place_of(str(self.peer[0]))
        if not self._streams.welcome(self):
            self._transport.abort()
            return
        self._transport.set_write_buffer_limits(high=_FULL, low=_PICTURES_WAIT)
        opened: socket.socket = transport.get_extra_info("socket")
        if hasattr(socket, "TCP_NOTSENT_LOWAT"):
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT_IN_KERNEL)
        self._next_look = self._loop.call_later(LOOK_SECONDS, self._look)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where to put what comes next: little at a time, so that nobody else waits for one peer's bytes."""
        return memoryview(self._buffer)[self._end :]

    def buffer_updated(self, nbytes: int) -> None:
        """Cut what has come into frames, and pass each on."""
        self._heard_at = self._streams.clock()
        if not self._streams.belongs(self):
            self._unproven -= nbytes
            if self._unproven < 0:
                self.close("stream_unproven")
                return
        self._end += nbytes
        rest = self._cut()
        self._buffer[: self._end - rest] = self._buffer[rest : self._end]
        self._end -= rest

    def _cut(self) -> int:
        """Pass on every whole frame; where the first that is not whole begins."""
        start = 0
        while self._end - start >= _HEADER and not self._transport.is_closing():
            frame = start + _HEADER
            end = frame + int.from_bytes(self._buffer[start:frame])
            if end - frame > LARGEST_FRAME:
                self.close("stream_frame_too_big")
                break
            if end > self._end:
                break
            if end > frame:  # empty ones are passed over (RFC 4571 section 2)
                self._streams.received(bytes(self._buffer[frame:end]), self)
            start = end
        return start

    def send(self, datagram: bytes) -> None:
        """Send, or lose: pictures before voices, and everything when the peer does not read."""
        transport = self._transport
        if transport.is_closing() or self.full:
            self._streams.counts["unsent"] += 1
        elif len(datagram) > VOICE_BYTES and transport.get_write_buffer_size() > _PICTURES_WAIT:
            self._streams.counts["stream_pictures_unsent"] += 1
        else:
            transport.write(b"".join((len(datagram).to_bytes(_HEADER), datagram)))

    def pause_writing(self) -> None:
        """The peer reads too slowly, or not at all."""
        self.full = True
        self._alarm = self._loop.call_later(STALL_SECONDS, self.close, "stream_stalled")

    def resume_writing(self) -> None:
        """The peer has read."""
        self.full = False
        if self._alarm:
            self._alarm.cancel()

    def close(self, reason: str) -> None:
        """Let the peer go, and count why."""
        if not self._transport.is_closing():
            self._streams.counts[reason] += 1
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """It has ended, whoever ended it."""
        for timer in (self._alarm, self._next_look):
            if timer:
                timer.cancel()
        self._streams.forget(self)

    def _look(self) -> None:
        if not self._streams.belongs(self):
            self.close("stream_unproven")
        elif self._streams.clock() - self._heard_at > SILENCE_SECONDS:
            self.close("stream_silent")
        else:
            self._next_look = self._loop.call_later(LOOK_SECONDS, self._look)


class Streams:
    """All TCP connections of the media port."""

    def __init__(
        self,
        received: Callable[[bytes, Stream], None],
        belongs: Callable[[Stream], bool],
        left: Callable[[Stream], None],
        clock: Callable[[], float],
        counts: Counter[str],
    ) -> None:
        """
        Args:
            received: Is given every packet and where it came from.
            belongs: Whether somebody has proved to be at the other end.
            left: Is told of every connection that has ended.
        """
        self.received = received
        self.belongs = belongs
        self.clock = clock
        self.counts = counts
        self._left = left
        self._open: dict[Stream, None] = {}  # oldest first
        self._places: Counter[str] = Counter()
        self._server: asyncio.Server | None = None

    async def listen(self, listening: socket.socket) -> None:
        """Take connections from now on, at a bound socket that is ours from now on."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Stream(self), sock=listening, backlog=_BACKLOG)

    def close(self) -> None:
        """Close every connection and take no more."""
        if self._server:
            self._server.close()
        for stream in list(self._open):
            stream.close("stream_closed")

    def welcome(self, stream: Stream) -> bool:
        """Whether there is room for one more from there, or can be made; it is counted in then."""
        if self._places[stream.place] >= STREAMS_PER_PLACE or not self._has_room():
            self.counts["streams_too_many"] += 1
            return False
        self._open[stream] = None
        self._places[stream.place] += 1
        return True

    def _has_room(self) -> bool:
        if len(self._open) < STREAMS_LIMIT:
            return True
        oldest = next((stream for stream in self._open if not self.belongs(stream)), None)
        if oldest is None:
            return False
        oldest.close("stream_made_room")
        self.forget(oldest)
        return True

    def forget(self, stream: Stream) -> None:
        """Count a connection out."""
        if stream not in self._open:
            return
        del self._open[stream]
        self._places[stream.place] -= 1
        self._places += Counter()  # drops the zeros
        self._left(stream)


def place_of(host: str) -> str:
    """What counts as one address: of IPv6 a whole network, as one household or one attacker gets it."""
    address = ipaddress.ip_address(host.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
        return str(ipaddress.ip_network((int(address) >> 64 << 64, 64)))
    return host
