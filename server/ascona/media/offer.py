"""A browser's offer (SDP, RFC 8866), read into what an answer needs; everything else is refused with a reason."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ascona.core.media_plan import Kind

LARGEST_OFFER = 64 * 1024
"""Bytes of SDP that are looked at; eighteen slots of Chromium take 41,000."""

LAYERS = ("l", "h")
"""The simulcast layers' names, the smaller first."""

EXTENSIONS = {
    "mid": "urn:ietf:params:rtp-hdrext:sdes:mid",
    "rid": "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
    "repaired_rid": "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
    "sent_at": "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    "transport_wide": "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
}
"""The header extensions that are understood, by our name for them."""

_CODEC = {Kind.AUDIO: "opus/48000/2", Kind.VIDEO: "vp8/90000"}
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,64}")  # RFC 8866 section 9, minus nothing
_FINGERPRINT = re.compile(r"(?:[0-9A-Fa-f]{2}:){31}[0-9A-Fa-f]{2}")
_MOST_SOURCES = 6  # SSRCs declared per line; Firefox declares four for two layers


class OfferRefused(Exception):
    """The offer cannot be answered; `reason` is a word in snake_case that a page can translate."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Line:
    """
    One m-line: a stream in one direction.

    Attributes:
        payload_type: Of Opus or VP8.
        repair_type: Of the retransmissions (RTX); None where there are none.
        feedback: What `a=rtcp-fb` names for the codec.
        extensions: Ids by our names, for those of `EXTENSIONS` that the offer lists.
        layers: Simulcast layers sent, out of `LAYERS`; empty without simulcast.
        sources: SSRCs declared.
        repairs: Declared SSRC repaired, by the SSRC that repairs it.
    """

    kind: Kind
    mid: str
    payload_type: int
    repair_type: int | None
    feedback: frozenset[str]
    extensions: Mapping[str, int]
    layers: tuple[str, ...]
    sources: frozenset[int]
    repairs: Mapping[int, int]
    reduced_size: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """
    One person's offer: sound and picture up, then sound and picture down for each slot.

    Attributes:
        name: The ICE user name fragment, new in an ICE restart.
        password: That belongs to it: what answers a question of ours is signed with it.
        fingerprint: SHA-256 of the peer's certificate, hexadecimal with colons.
    """

    name: str
    password: str
    fingerprint: str
    lines: tuple[Line, ...]

    @property
    def slots(self) -> int:
        """How many slots this person has."""
        return len(self.lines) // 2 - 1

    def restarts(self, earlier: "Offer") -> bool:
        """Whether this is an ICE restart of the connection that `earlier` opened."""
        same = [(line.kind, line.mid) for line in self.lines] == [(line.kind, line.mid) for line in earlier.lines]
        return same and self.fingerprint == earlier.fingerprint and self.name != earlier.name


def read_offer(sdp: str, slots: int) -> Offer:
    """
    Read an offer for a room with so many slots; it may list fewer. Candidates are never looked at.

    Raises:
        OfferRefused: `offer_too_big`, `too_many_lines`, `numbers_not_unique` (a payload type or a header extension's
            id means two things), `offer_not_supported` (well formed, but not what is spoken here), or
            `offer_not_understood`.
    """
    if len(sdp) > LARGEST_OFFER or len(sdp.encode(errors="replace")) > LARGEST_OFFER:
        raise OfferRefused("offer_too_big")
    try:
        return _read(_sections(sdp), slots)
    except OfferRefused:
        raise
    except Exception as error:  # hostile text finds every way to fail, and all of them mean the same
        raise OfferRefused("offer_not_understood") from error


class _Section:
    """The attributes of one section, by name, in order."""

    def __init__(self, opening: str = "") -> None:
        self.opening = opening.split(" ")
        self.attributes: dict[str, list[str]] = {}

    def all(self, name: str) -> list[str]:
        return self.attributes.get(name, [])

    def one(self, name: str) -> str:
        return self.attributes[name][0]


def _sections(sdp: str) -> list[_Section]:
    lines = [line.removesuffix("\r") for line in sdp.split("\n")]
    if lines[0] != "v=0":
        raise OfferRefused("offer_not_understood")
    sections = [_Section()]
    for line in lines:
        if line.startswith("m="):
            sections.append(_Section(line[2:]))
        elif line.startswith("a="):
            name, _, value = line[2:].partition(":")
            sections[-1].attributes.setdefault(name, []).append(value)
    return sections


def _read(sections: list[_Section], slots: int) -> Offer:
    session, *media = sections
    if len(media) > 2 + 2 * slots:
        raise OfferRefused("too_many_lines")
    if len(media) < 2 or len(media) % 2:
        raise OfferRefused("offer_not_supported")
    _check_numbers(media)
    lines = tuple(_line(section, position) for position, section in enumerate(media))
    mids = [line.mid for line in lines]
    if session.all("group") != ["BUNDLE " + " ".join(mids)] or len(set(mids)) != len(mids):
        raise OfferRefused("offer_not_supported")
    return Offer(
        name=_only({section.one("ice-ufrag") for section in media}, _ICE_NAME),
        password=_only({section.one("ice-pwd") for section in media}, _ICE_PASSWORD),
        fingerprint=_only({_fingerprint(section, session) for section in media}, _FINGERPRINT),
        lines=lines,
    )


def _check_numbers(media: list[_Section]) -> None:
    """
    See to it that no number means two things: sections of one bundle share them (RFC 9143 sections 10.1.2 and 10.2).

    Rates and limits are found by them.
    """
    codecs: dict[str, str] = {}
    repaired: dict[str, str] = {}
    extensions: dict[str, str] = {}
    for section in media:
        formats = [text.split(" ", 1) for text in section.all("fmtp")]
        repairs = [(number, text.split(";")[0]) for number, text in formats if text.startswith("apt=")]
        for meanings, pairs in (
            (codecs, [text.split(" ", 1) for text in section.all("rtpmap")]),
            (repaired, repairs),
            (extensions, [text.split(" ")[:2] for text in section.all("extmap")]),
        ):
            for number, meaning in pairs:
                if meanings.setdefault(number.split("/")[0], meaning.lower()) != meaning.lower():
                    raise OfferRefused("numbers_not_unique")


# Of ice-char (RFC 8839 section 5.4).
_ICE_NAME = re.compile(r"[A-Za-z0-9+/]{4,256}")
_ICE_PASSWORD = re.compile(r"[A-Za-z0-9+/]{22,256}")


def _only(values: set[str], shape: re.Pattern[str]) -> str:
    """The one value that every section gives."""
    (value,) = values
    if not shape.fullmatch(value):
        raise OfferRefused("offer_not_understood")
    return value


def _fingerprint(section: _Section, session: _Section) -> str:
    for text in section.all("fingerprint") or session.all("fingerprint"):
        algorithm, value = text.split(" ")
        if algorithm.lower() == "sha-256":
            return value.upper()
    raise OfferRefused("offer_not_supported")


def _line(section: _Section, position: int) -> Line:
    name, _, profile, *payload_types = section.opening
    kind = (Kind.AUDIO, Kind.VIDEO)[position % 2]
    up = position < 2
    if (
        name != kind
        or profile != "UDP/TLS/RTP/SAVPF"
        or "rtcp-mux" not in section.attributes
        or ("sendonly" if up else "recvonly") not in section.attributes
        or section.one("setup") not in ("actpass", "active")
    ):
        raise OfferRefused("offer_not_supported")
    payload_type, repair_type = _payload_types(section, kind, payload_types)
    return Line(
        kind=kind,
        mid=_only({section.one("mid")}, _TOKEN),
        payload_type=payload_type,
        repair_type=repair_type,
        feedback=_feedback(section, payload_type),
        extensions=_extensions(section),
        layers=_layers(section) if up and kind is Kind.VIDEO else (),
        sources=_sources(section),
        repairs=_repairs(section),
        reduced_size="rtcp-rsize" in section.attributes,
    )


def _payload_types(section: _Section, kind: Kind, listed: list[str]) -> tuple[int, int | None]:
    """The codec's payload type, and that of its retransmissions."""
    codecs = dict(text.split(" ", 1) for text in section.all("rtpmap"))
    formats = dict(text.split(" ", 1) for text in section.all("fmtp"))
    chosen = next((number for number in listed if codecs.get(number, "").lower() == _CODEC[kind]), None)
    if chosen is None:
        raise OfferRefused("offer_not_supported")
    repairs = [
        number
        for number in listed
        if kind is Kind.VIDEO
        and codecs.get(number, "").lower() == "rtx/90000"
        and formats.get(number, "").split(";")[0] == f"apt={chosen}"
    ]
    return _payload_type(chosen), _payload_type(repairs[0]) if repairs else None


def _payload_type(text: str) -> int:
    number = int(text)
    # 64 to 95 would be taken for RTCP on a shared port (RFC 5761 section 4).
    if not (0 <= number < 64 or 96 <= number < 128) or text != str(number):
        raise OfferRefused("offer_not_understood")
    return number


def _feedback(section: _Section, payload_type: int) -> frozenset[str]:
    pairs = (text.split(" ", 1) for text in section.all("rtcp-fb"))
    return frozenset(kind for number, kind in pairs if number in (str(payload_type), "*"))


def _extensions(section: _Section) -> dict[str, int]:
    names = {uri: name for name, uri in EXTENSIONS.items()}
    found = {}
    for text in section.all("extmap"):
        number, uri = text.split(" ")[:2]
        if uri in names:
            found[names[uri]] = int(number.split("/")[0])
    if any(not 1 <= number <= 14 for number in found.values()) or len(set(found.values())) != len(found):
        raise OfferRefused("offer_not_supported")
    return found


def _layers(section: _Section) -> tuple[str, ...]:
    if "simulcast" not in section.attributes:
        return ()
    listed = [text.split(" ")[0] for text in section.all("rid")]
    if section.one("simulcast") != "send l;h" or sorted(listed) != sorted(LAYERS):
        raise OfferRefused("offer_not_supported")
    return LAYERS


def _sources(section: _Section) -> frozenset[int]:
    sources = frozenset(_ssrc(text.split(" ")[0]) for text in section.all("ssrc"))
    if len(sources) > _MOST_SOURCES:
        raise OfferRefused("offer_not_supported")
    return sources


def _repairs(section: _Section) -> dict[int, int]:
    groups = [text.split(" ") for text in section.all("ssrc-group")]
    return {_ssrc(group[2]): _ssrc(group[1]) for group in groups if group[0] == "FID"}


def _ssrc(text: str) -> int:
    number = int(text)
    if not 0 <= number < 1 << 32:
        raise OfferRefused("offer_not_understood")
    return number
