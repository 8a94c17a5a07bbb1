"""People with aiortc, for tests of the media plane: a second implementation, over real sockets on loopback."""

import asyncio
import contextlib
import fractions
import inspect
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from aioice import stun
from aiortc import (
    MediaStreamTrack,
    RTCBundlePolicy,
    RTCConfiguration,
    RTCIceServer,
    RTCPeerConnection,
    RTCRtpTransceiver,
    RTCSessionDescription,
)
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack
from av import VideoFrame
from OpenSSL import SSL

from ascona.core.media_plan import Kind, MediaPlan, Route
from ascona.media import checks
from ascona.media.gate import Counts
from ascona.media.switchboard import Switchboard
from ascona.media.workers import Workers

PATIENCE = 40.0
"""Seconds that a test waits for something that comes at once on a quiet machine."""

ROOM = "room"


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something to become true."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.01)


async def counters(switchboard: Switchboard | Workers) -> Mapping[Route, Counts]:
    """Of the usual room: known here at once, in another process after a moment."""
    counted = switchboard.counters(ROOM)
    return await counted if inspect.isawaitable(counted) else counted


async def counts(switchboard: Switchboard | Workers, sender: str, receiver: str, kind: Kind) -> Counts:
    """Of one route."""
    return (await counters(switchboard))[Route(sender, receiver, kind)]


async def until_counts(
    switchboard: Switchboard | Workers, sender: str, receiver: str, kind: Kind, true: Callable[[Counts], bool]
) -> None:
    """Wait until this is true of a route."""
    async with asyncio.timeout(PATIENCE):
        while not true(await counts(switchboard, sender, receiver, kind)):
            await asyncio.sleep(0.01)


class SmallPicture(VideoStreamTrack):
    """A camera that costs little to encode."""

    async def recv(self) -> VideoFrame:
        pts, time_base = await self.next_timestamp()
        frame = VideoFrame(width=64, height=48, format="yuv420p")
        for plane in frame.planes:
            plane.update(bytes([pts // 3000 % 256]) * plane.buffer_size)
        frame.pts = pts
        frame.time_base = fractions.Fraction(time_base)
        return frame


class Client:
    """
    One person's browser.

    Attributes:
        connection: The peer connection.
        slots: Transceivers that receive, sound and picture in turn for each slot.
    """

    def __init__(self, slots: int, relays: list[RTCIceServer] | None = None) -> None:
        self.connection = RTCPeerConnection(RTCConfiguration(relays or [], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self.connection.addTransceiver(AudioStreamTrack(), direction="sendonly")
        self.connection.addTransceiver(SmallPicture(), direction="sendonly")
        self.slots: list[RTCRtpTransceiver] = [
            self.connection.addTransceiver(kind, direction="recvonly") for _ in range(slots) for kind in Kind
        ]

    async def offer(self) -> str:
        """What this browser proposes, without candidates, as ours does."""
        await self.connection.setLocalDescription(await self.connection.createOffer())
        lines = self.connection.localDescription.sdp.splitlines(keepends=True)
        return "".join(line for line in lines if not line.startswith(("a=candidate", "a=end-of-candidates")))

    async def accept(self, answer: str) -> None:
        """Take the answer, and connect."""
        candidates = "".join(line for line in answer.splitlines(keepends=True) if "candidate" in line)
        # aiortc 1.16 looks for the candidates of a bundle in its last section; they stand in the first.
        await self.connection.setRemoteDescription(RTCSessionDescription(answer + candidates, "answer"))

    async def join(self, switchboard: Switchboard | Workers, person: str, room: str = ROOM) -> None:
        """Offer, take the answer, and wait until both ends are connected."""
        await self.accept(await switchboard.answer(room, person, await self.offer()))
        await until(lambda: person in switchboard.connected(room) and self.connection.connectionState == "connected")

    def lost(self, slot: int, kind: Kind) -> int:
        """RTP packets of a slot that never came, as far as the numbers of those that did tell."""
        streams = self._slot(slot, kind).receiver._RTCRtpReceiver__remote_streams
        return sum(stream.packets_lost for stream in streams.values())

    def incoming(self, slot: int, kind: Kind) -> MediaStreamTrack:
        """The decoded sound or picture of a slot."""
        return self._slot(slot, kind).receiver.track

    def packets(self, slot: int, kind: Kind) -> int:
        """RTP packets received for a slot; counted below the decoder."""
        streams = self._slot(slot, kind).receiver._RTCRtpReceiver__remote_streams
        return sum(stream.packets_received for stream in streams.values())

    @property
    def came(self) -> int:
        """SRTP and SRTCP datagrams received: also while nobody may be heard there are signs of life."""
        transport = self.connection.getTransceivers()[0].receiver.transport
        return int(transport._RTCDtlsTransport__rx_packets)

    def _slot(self, slot: int, kind: Kind) -> RTCRtpTransceiver:
        return self.slots[2 * slot + list(Kind).index(kind)]

    async def frame(self, slot: int, kind: Kind) -> None:
        """Wait for a decoded frame."""
        async with asyncio.timeout(PATIENCE):
            await self.incoming(slot, kind).recv()

    async def send_raw(self, datagram: bytes) -> None:
        """Encrypt and send RTP of one's own making."""
        await self.connection.getTransceivers()[0].sender.transport._send_rtp(datagram)

    async def close(self) -> None:
        """Hang up."""
        await self.connection.close()


def plan(*routes: tuple[str, str], kinds: tuple[Kind, ...] = tuple(Kind), **slots: int) -> MediaPlan:
    """A plan of (sender, receiver) pairs, with the slot of each sender."""
    return MediaPlan(
        1, frozenset(Route(sender, receiver, kind) for sender, receiver in routes for kind in kinds), slots
    )


@asynccontextmanager
async def switchboard_on_loopback(slots: int = 2, native: bool = True) -> AsyncIterator[Switchboard]:
    """A switchboard with one open room, UDP and TCP."""
    switchboard = await Switchboard.listening("127.0.0.1", 0, native=native)
    while not switchboard.streams:  # another program has that number by TCP
        await switchboard.close()
        switchboard = await Switchboard.listening("127.0.0.1", 0, native=native)
    switchboard.open_room(ROOM, slots)
    try:
        yield switchboard
    finally:
        await switchboard.close()


@asynccontextmanager
async def people(switchboard: Switchboard | Workers, *names: str, slots: int = 2) -> AsyncIterator[list[Client]]:
    """So many people in the room, connected."""
    clients = [Client(slots) for _ in names]
    try:
        for client, name in zip(clients, names, strict=True):
            await client.join(switchboard, name)
        yield clients
    finally:
        for client in clients:
            await client.close()


def loopback_addresses(use_ipv4: bool, use_ipv6: bool) -> list[str]:
    """
    For aioice, which passes loopback over: tests need no network.

    Put it in the place of `aioice.ice.get_host_addresses`.
    """
    return ["127.0.0.1"]


def check(answer: str, password: str | None = None, nominated: bool = True) -> bytes:
    """A connectivity check for the credentials of an answer, as a browser's ICE agent sends it."""
    request = stun.Message(
        message_method=stun.Method.BINDING,
        message_class=stun.Class.REQUEST,
        attributes={"USERNAME": f"{attribute(answer, 'ice-ufrag')}:them", "PRIORITY": 1}
        | ({"USE-CANDIDATE": None} if nominated else {}),
    )
    request.add_message_integrity((password or attribute(answer, "ice-pwd")).encode())
    return bytes(request)


class Stranger:
    """Somebody with a socket and no invitation; or, with the right password, half a browser's ICE agent."""

    def __init__(self, switchboard: Switchboard | Workers) -> None:
        self._to = ("127.0.0.1", switchboard.ports[0])
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind(("127.0.0.1", 0))

    def __enter__(self) -> "Stranger":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, datagram: bytes) -> None:
        """Send anything."""
        self._socket.sendto(datagram, self._to)

    def check(self, answer: str, password: str | None = None, nominated: bool = True) -> bytes:
        """Send a connectivity check for the credentials of an answer; returns its transaction id."""
        request = check(answer, password, nominated)
        self.send(request)
        return request[8:20]

    async def receive(self) -> bytes:
        """Wait for an answer; what the server asks back is left unanswered, so that nothing else comes here."""
        async with asyncio.timeout(PATIENCE):
            while checks.is_request(came := await asyncio.get_running_loop().sock_recv(self._socket, 2048)):
                pass
            return came

    @property
    def was_answered(self) -> bool:
        """Whether something has come that was not read."""
        try:
            return bool(self._socket.recv(2048, socket.MSG_PEEK))
        except BlockingIOError:
            return False


def attribute(sdp: str, name: str) -> str:
    """The first value of an SDP attribute."""
    return next(line.partition(":")[2] for line in sdp.splitlines() if line.startswith(f"a={name}:"))


def client_hello() -> bytes:
    """The first flight of a DTLS handshake that nobody asked for."""
    connection = SSL.Connection(SSL.Context(SSL.DTLS_METHOD))
    connection.set_connect_state()
    with contextlib.suppress(SSL.WantReadError):
        connection.do_handshake()
    return bytes(connection.bio_read(4096))
