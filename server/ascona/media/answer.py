"""The answer to an offer: the server receives what people send, and sends what their slots hold."""

from collections.abc import Sequence
from dataclasses import dataclass

from ascona.core.media_plan import Kind
from ascona.media.offer import EXTENSIONS, Line, Offer

_CODEC = {Kind.AUDIO: "opus/48000/2", Kind.VIDEO: "VP8/90000"}
_UPWARD = {
    Kind.AUDIO: (("mid", "transport_wide"), ("transport-cc",)),
    Kind.VIDEO: (
        ("mid", "rid", "repaired_rid", "transport_wide"),
        ("transport-cc", "ccm fir", "nack", "nack pli"),
    ),
}
# No mid on the way down: browsers find a slot by its SSRC. No transport-cc either: see `Output`.
_DOWNWARD = {
    Kind.AUDIO: ((), ()),
    Kind.VIDEO: (("sent_at",), ("goog-remb", "ccm fir", "nack", "nack pli")),
}


VOICE_BITS = 32_000
"""Bits a second of a voice, before headers: Firefox by itself takes twice as many (RFC 7587 section 6.1)."""


@dataclass(frozen=True, slots=True)
class Sources:
    """The SSRCs of one slot."""

    audio: int
    video: int
    repair: int


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a peer needs to reach us and to know that it is us; `fingerprint` is of SHA-256."""

    name: str
    password: str
    fingerprint: str


def write_answer(
    offer: Offer,
    credentials: Credentials,
    slots: Sequence[Sources],
    addresses: Sequence[tuple[str, int]],
    version: int,
    streams: bool = False,
) -> str:
    """
    Answer an offer (RFC 8829, with the gathering of RFC 8445 section 2.5: ICE-lite).

    Args:
        addresses: Where the media port is reached, best first.
        version: 1, then one more with each ICE restart.
        streams: Whether the same addresses and port numbers take TCP connections, for whom UDP does not reach.
    """
    mids = " ".join(line.mid for line in offer.lines)
    lines = ["v=0", f"o=- 1 {version} IN IP4 0.0.0.0", "s=-", "t=0 0", "a=ice-lite", f"a=group:BUNDLE {mids}"]
    for position, line in enumerate(offer.lines):
        lines += _opening(line, credentials)
        if position == 0:
            lines += [
                *_candidates(addresses),
                *(_passive_candidates(addresses) if streams else ()),
                "a=end-of-candidates",
            ]
        if position < 2:
            lines += _upward(line)
        else:
            lines += _downward(line, position // 2 - 1, slots[position // 2 - 1])
    return "\r\n".join(lines) + "\r\n"


def _opening(line: Line, credentials: Credentials) -> list[str]:
    types = [line.payload_type] if line.repair_type is None else [line.payload_type, line.repair_type]
    return [
        f"m={line.kind} 9 UDP/TLS/RTP/SAVPF {' '.join(map(str, types))}",
        "c=IN IP4 0.0.0.0",
        # In every section: Firefox ESR 153 crashes when later ones have no fingerprint.
        f"a=ice-ufrag:{credentials.name}",
        f"a=ice-pwd:{credentials.password}",
        f"a=fingerprint:sha-256 {credentials.fingerprint}",
        "a=setup:passive",
        f"a=mid:{line.mid}",
        "a=rtcp-mux",
        *(["a=rtcp-rsize"] if line.reduced_size else []),
    ]


def _candidates(addresses: Sequence[tuple[str, int]]) -> list[str]:
    """Host candidates (RFC 8839 section 5.1), the first with the highest priority (RFC 8445 section 5.1.2.1)."""
    return [
        f"a=candidate:{number} 1 udp {(126 << 24) + ((65535 - number) << 8) + 255} {host} {port} typ host"
        for number, (host, port) in enumerate(addresses, 1)
    ]


def _passive_candidates(addresses: Sequence[tuple[str, int]]) -> list[str]:
    """
    The same by TCP, behind every one by UDP (RFC 6544 sections 4.2 and 4.5).

    The type preference is Chromium's own for TCP; 4 is the direction preference of a passive host candidate.
    """
    return [
        f"a=candidate:{len(addresses) + number} 1 tcp {(90 << 24) + (((4 << 13) + 8191 - number) << 8) + 255}"
        f" {host} {port} typ host tcptype passive"
        for number, (host, port) in enumerate(addresses, 1)
    ]


def _upward(line: Line) -> list[str]:
    names, feedback = _UPWARD[line.kind]
    wanted = [name for name in names if line.layers or name not in ("rid", "repaired_rid")]
    simulcast = [f"a=rid:{layer} recv" for layer in line.layers]
    if simulcast:
        simulcast.append(f"a=simulcast:recv {';'.join(line.layers)}")
    return ["a=recvonly", *_codec(line, wanted, feedback), *simulcast]


def _downward(line: Line, slot: int, sources: Sources) -> list[str]:
    names, feedback = _DOWNWARD[line.kind]
    lines = ["a=sendonly", *_codec(line, names, feedback), f"a=msid:slot{slot} slot{slot}-{line.kind}"]
    if line.kind is Kind.AUDIO:
        return [*lines, f"a=ssrc:{sources.audio} cname:slot{slot}"]
    if line.repair_type is None:
        return [*lines, f"a=ssrc:{sources.video} cname:slot{slot}"]
    return [
        *lines,
        f"a=ssrc-group:FID {sources.video} {sources.repair}",
        f"a=ssrc:{sources.video} cname:slot{slot}",
        f"a=ssrc:{sources.repair} cname:slot{slot}",
    ]


def _codec(line: Line, names: Sequence[str], feedback: Sequence[str]) -> list[str]:
    number = line.payload_type
    lines = [f"a=extmap:{line.extensions[name]} {EXTENSIONS[name]}" for name in names if name in line.extensions]
    lines.append(f"a=rtpmap:{number} {_CODEC[line.kind]}")
    if line.kind is Kind.AUDIO:
        lines.append(f"a=fmtp:{number} minptime=10;useinbandfec=1;maxaveragebitrate={VOICE_BITS}")
    lines += [f"a=rtcp-fb:{number} {kind}" for kind in feedback if kind in line.feedback]
    if line.repair_type is not None:
        lines += [f"a=rtpmap:{line.repair_type} rtx/90000", f"a=fmtp:{line.repair_type} apt={number}"]
    return lines
