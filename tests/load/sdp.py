"""The little SDP a crowd speaks: an offer as a browser makes it, without simulcast, and an answer that takes all."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ascona.core.media_plan import Kind
from tests.load.peer import Peer
from tests.load.traffic import MID, TRANSPORT_WIDE, source
from tests.support.streams import AUDIO_TYPE, REPAIR_TYPE, VIDEO_TYPE

_CODECS = {
    Kind.AUDIO: (
        f"{AUDIO_TYPE}",
        f"a=rtpmap:{AUDIO_TYPE} opus/48000/2",
        f"a=fmtp:{AUDIO_TYPE} minptime=10;useinbandfec=1",
        f"a=rtcp-fb:{AUDIO_TYPE} transport-cc",
    ),
    Kind.VIDEO: (
        f"{VIDEO_TYPE} {REPAIR_TYPE}",
        f"a=rtpmap:{VIDEO_TYPE} VP8/90000",
        *(f"a=rtcp-fb:{VIDEO_TYPE} {kind}" for kind in ("goog-remb", "transport-cc", "ccm fir", "nack", "nack pli")),
        f"a=rtpmap:{REPAIR_TYPE} rtx/90000",
        f"a=fmtp:{REPAIR_TYPE} apt={VIDEO_TYPE}",
    ),
}
_EXTENSIONS = (
    "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    f"a=extmap:{TRANSPORT_WIDE} http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
    f"a=extmap:{MID} urn:ietf:params:rtp-hdrext:sdes:mid",
)
_KEPT = ("a=mid:", "a=rtpmap:", "a=fmtp:", "a=rtcp-fb:", "a=extmap:", "a=rtcp-mux", "a=rtcp-rsize")


@dataclass(frozen=True)
class Section:
    """What a server's SDP says of one stream: its kind, its mid, and the SSRC it names first."""

    kind: Kind
    mid: str
    ssrc: int | None
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Description:
    """A server's SDP, read."""

    name: str
    password: str
    address: tuple[str, int]
    sections: tuple[Section, ...]


def read(sdp: str) -> Description:
    """Where a server is found, by which password, and what it sends."""
    candidate = _one(r"a=candidate:\S+ 1 udp \d+ (\S+ \d+) typ host", sdp).split()
    return Description(
        name=_one(r"a=ice-ufrag:(\S+)", sdp),
        password=_one(r"a=ice-pwd:(\S+)", sdp),
        address=(candidate[0], int(candidate[1])),
        sections=tuple(_section(text.splitlines()) for text in re.split(r"^m=", sdp, flags=re.M)[1:]),
    )


def _one(pattern: str, sdp: str) -> str:
    found = re.search(pattern, sdp, flags=re.I)
    assert found, pattern
    return found[1]


def _section(lines: list[str]) -> Section:
    text = "\n".join(lines)
    named = re.search(r"a=ssrc:(\d+)", text)
    return Section(
        Kind(lines[0].split()[0]), _one(r"a=mid:(\S+)", text), int(named[1]) if named else None, tuple(lines)
    )


def offer(peer: Peer, sender: int, slots: int) -> str:
    """Sound and picture up, then sound and picture down for each slot."""
    lines = _opening(range(2 + 2 * slots))
    for mid in range(2 + 2 * slots):
        kind = (Kind.AUDIO, Kind.VIDEO)[mid % 2]
        types, *attributes = _CODECS[kind]
        lines += [
            f"m={kind} 9 UDP/TLS/RTP/SAVPF {types}",
            *_transport(peer, first=mid == 0),
            f"a=mid:{mid}",
            "a=rtcp-mux",
            "a=rtcp-rsize",
            *_EXTENSIONS,
            *attributes,
        ]
        if mid < 2:
            lines += ["a=sendonly", f"a=ssrc:{source(sender, kind)} cname:crowd"]
        else:
            lines.append("a=recvonly")
    return "\r\n".join(lines) + "\r\n"


def answer(peer: Peer, offered: Description) -> str:
    """Take everything that is offered."""
    lines = _opening([section.mid for section in offered.sections])
    for number, section in enumerate(offered.sections):
        lines += [
            f"m={section.lines[0]}",
            *_transport(peer, first=number == 0),
            "a=recvonly",
            *(line for line in section.lines[1:] if line.startswith(_KEPT)),
        ]
    return "\r\n".join(lines) + "\r\n"


def _opening(mids: Sequence[object]) -> list[str]:
    bundle = " ".join(map(str, mids))
    return ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", f"a=group:BUNDLE {bundle}"]


def _transport(peer: Peer, first: bool) -> list[str]:
    host, port = peer.address
    candidate = f"a=candidate:1 1 udp {(126 << 24) + (65535 << 8) + 255} {host} {port} typ host"
    return [
        "c=IN IP4 0.0.0.0",
        *([candidate, "a=end-of-candidates"] if first else []),
        f"a=ice-ufrag:{peer.name}",
        f"a=ice-pwd:{peer.password}",
        f"a=fingerprint:sha-256 {peer.fingerprint}",
        "a=setup:active",
    ]
