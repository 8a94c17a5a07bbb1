"""A simulated person's WebRTC line: one aiortc peer connection that sends and never receives."""

from collections.abc import Awaitable, Callable

from aioice import ice
from aiortc import (
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
)
from aiortc.codecs import vpx

from ascona.rehearsal.tracks import LoopTrack

CODECS = {"audio": ("audio/opus",), "video": ("video/VP8", "video/rtx")}
"""All that the server takes."""

LARGEST_PAYLOAD = 1150
"""
Bytes of a picture in a packet. With RTP and its extensions, SRTP, a repair's own number, UDP and IPv6 it stays under
1,280, which IPv6 promises everywhere (RFC 8200 section 5) and many tunnels come to. Browsers send about as much.
"""


class Line:
    """
    One connection. When it is lost, it is thrown away and another one made.

    Args:
        voice: The track that is sent as sound.
        picture: The track that is sent as picture.
        lost: Called when the connection fails, not when it is closed.
    """

    def __init__(self, voice: LoopTrack, picture: LoopTrack, lost: Callable[[], Awaitable[None]]) -> None:
        # No STUN servers: nobody outside is asked for anything. Bundled all the same, but not "max-bundle": there
        # aiortc reads candidates from the last section only, and they belong in the first (RFC 9143 section 7.3).
        self._peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._voice = voice
        self._picture = picture
        self._lost = lost
        for track in (voice, picture):
            transceiver = self._peer.addTransceiver(track, direction="sendonly")
            capabilities = RTCRtpSender.getCapabilities(track.kind).codecs
            transceiver.setCodecPreferences([codec for codec in capabilities if codec.mimeType in CODECS[track.kind]])
        _answer_picture_loss(transceiver.sender, picture)
        self._peer.on("connectionstatechange", self._on_state)

    def obey(self, may_speak: bool, may_show: bool) -> None:
        """Send what the phase allows: the server would forward nothing else anyway."""
        self._voice.playing = may_speak
        self._picture.playing = may_show

    async def offer(self) -> str:
        """The offer, without candidates: the server learns the address from the checks it gets."""
        await self._peer.setLocalDescription(await self._peer.createOffer())
        lines = self._peer.localDescription.sdp.splitlines(keepends=True)
        return "".join(line for line in lines if not line.startswith(("a=candidate", "a=end-of-candidates")))

    async def accept(self, sdp: str) -> None:
        """Begin to connect with the server's answer."""
        await self._peer.setRemoteDescription(RTCSessionDescription(sdp, "answer"))

    async def close(self) -> None:
        """Hang up."""
        self._lost = _nothing
        await self._peer.close()

    async def _on_state(self) -> None:
        if self._peer.connectionState in {"failed", "closed"}:
            await self._lost()


def send_what_fits() -> None:
    """
    Let pictures of this process fit any line; aiortc's own packets do not, and are lost on some without a word.

    For the process of simulated people only: it replaces a number of aiortc.
    """
    vpx.PACKET_MAX = LARGEST_PAYLOAD


def reach_this_machine() -> None:
    """
    Let every connection of this process try the loopback address as well.

    aioice leaves 127.0.0.1 out when it looks for its own addresses, but a
    rehearsal runs beside its server, perhaps without any network at all. For
    the process of simulated people only: it replaces a function of aioice.
    """
    elsewhere = ice.get_host_addresses

    def everywhere(use_ipv4: bool, use_ipv6: bool) -> list[str]:
        return [*elsewhere(use_ipv4, use_ipv6), *(["127.0.0.1"] if use_ipv4 else [])]

    ice.get_host_addresses = everywhere


def _answer_picture_loss(sender: RTCRtpSender, picture: LoopTrack) -> None:
    """A PLI (RFC 4585 section 6.3.1) gets a key frame; aiortc knows how only where it encodes itself."""
    sender._send_keyframe = picture.restart  # type: ignore[method-assign]  # it offers no public way


async def _nothing() -> None:
    pass
