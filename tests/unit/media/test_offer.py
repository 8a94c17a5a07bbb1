"""Offers of real browsers are understood; everything else is refused with a reason, and nothing else happens."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascona.core.media_plan import Kind
from ascona.media.offer import LARGEST_OFFER, Offer, OfferRefused, read_offer

OFFERS = Path(__file__).parents[2] / "support" / "offers"
CHROMIUM = (OFFERS / "chromium.sdp").read_bytes().decode()
FIREFOX = (OFFERS / "firefox.sdp").read_bytes().decode()


def refused(sdp: str, slots: int = 2) -> str:
    with pytest.raises(OfferRefused) as refusal:
        read_offer(sdp, slots)
    return refusal.value.reason


def test_chromium_is_understood():
    offer = read_offer(CHROMIUM, 2)

    audio, video = offer.lines[:2]
    assert offer.slots == 2
    assert [line.kind for line in offer.lines] == [Kind.AUDIO, Kind.VIDEO] * 3
    assert (audio.payload_type, audio.repair_type) == (111, None)
    assert (video.payload_type, video.repair_type) == (96, 97)
    assert video.layers == ("l", "h")
    assert video.extensions == {"sent_at": 2, "transport_wide": 3, "mid": 4, "rid": 10, "repaired_rid": 11}
    assert audio.sources == {4153517918}


def test_firefox_is_understood():
    offer = read_offer(FIREFOX, 2)

    video = offer.lines[1]
    assert (video.payload_type, video.repair_type) == (120, 124)
    assert video.layers == ("l", "h")
    assert video.repairs == {1884648560: 1068308320, 26701869: 263079386}
    assert len(offer.fingerprint) == 95


def test_fewer_slots_than_the_room_has_are_enough():
    assert read_offer(CHROMIUM, 18).slots == 2


@pytest.mark.parametrize(
    ("part", "other", "reason"),
    [
        ("v=0", "v=1", "offer_not_understood"),
        ("a=mid:0", "a=mid:0 1", "offer_not_understood"),
        ("a=ice-ufrag:r0wK", "a=ice-ufrag:r0w", "offer_not_understood"),
        ("a=ice-pwd:", "a=ice-pwd:-", "offer_not_understood"),
        ("a=ice-pwd:", "a=ice-password:", "offer_not_understood"),
        ("UDP/TLS/RTP/SAVPF", "RTP/AVP", "offer_not_supported"),
        ("a=rtcp-mux", "a=rtcp", "offer_not_supported"),
        ("a=group:BUNDLE 0 1 2", "a=group:BUNDLE 0 1", "offer_not_supported"),
        ("a=group:BUNDLE", "a=group:LS", "offer_not_supported"),
        ("opus/48000/2", "PCMU/8000", "offer_not_supported"),
        ("VP8/90000", "H264/90000", "offer_not_supported"),
        ("a=sendonly", "a=sendrecv", "offer_not_supported"),
        ("a=setup:actpass", "a=setup:passive", "offer_not_supported"),
        ("a=fingerprint:sha-256", "a=fingerprint:sha-1", "offer_not_supported"),
        ("a=simulcast:send l;h", "a=simulcast:send a;b;c", "offer_not_supported"),
        ("a=extmap:3 ", "a=extmap:200 ", "offer_not_supported"),
        ("a=rtpmap:111", "a=rtpmap:x", "offer_not_supported"),
        ("96", "80", "offer_not_understood"),
    ],
)
def test_what_is_not_spoken_here_is_refused_with_a_reason(part, other, reason):
    assert part in CHROMIUM
    assert refused(CHROMIUM.replace(part, other)) == reason


@pytest.mark.parametrize(
    ("number", "other", "times"),
    [
        ("111", "96", -1),  # Opus and VP8
        ("97", "96", -1),  # VP8 and its repairs
        ("111", "97", -1),  # Opus and VP8's repairs
        ("a=rtpmap:97 rtx/90000", "a=rtpmap:97 rtx/90000\r\na=rtpmap:97 VP8/90000", 1),
        ("a=rtpmap:111 opus/48000/2", "a=rtpmap:111 opus/48000/2\r\na=rtpmap:96 red/48000/2", 1),
        ("a=rtpmap:111 opus/48000/2", "a=rtpmap:111 opus/48000/2\r\na=rtpmap:96 CN/48000", 1),
        ("a=fmtp:97 apt=96", "a=fmtp:97 apt=96\r\na=fmtp:97 apt=97", 1),
        ("a=extmap:4 ", "a=extmap:10 ", 1),  # the voice's mid and the picture's rid
    ],
)
def test_a_number_that_means_two_things_is_refused(number, other, times):
    assert number in CHROMIUM
    assert refused(CHROMIUM.replace(number, other, times)) == "numbers_not_unique"


def test_more_slots_than_the_room_has_are_refused():
    assert refused(CHROMIUM, slots=1) == "too_many_lines"


def test_more_than_64_kib_are_not_even_read():
    assert refused("v=0\r\n" + "a" * LARGEST_OFFER) == "offer_too_big"
    assert refused("é" * (LARGEST_OFFER // 2 + 1)) == "offer_too_big"


def test_nothing_is_no_offer():
    assert refused("") == "offer_not_understood"
    assert refused("v=0\r\n") == "offer_not_supported"


def test_sections_that_name_different_people_are_refused():
    second = CHROMIUM.rindex("a=ice-ufrag:r0wK")

    assert refused(CHROMIUM[:second] + CHROMIUM[second:].replace("r0wK", "abcd")) == "offer_not_understood"


def test_candidates_are_never_looked_at():
    with_candidates = CHROMIUM.replace("a=mid:0", "a=candidate:nonsense \x00 999\r\n" * 200 + "a=mid:0")

    assert read_offer(with_candidates, 2) == read_offer(CHROMIUM, 2)


def test_new_credentials_on_the_same_lines_are_a_restart():
    offer = read_offer(CHROMIUM, 2)

    def second(part: str, other: str) -> Offer:
        return read_offer(CHROMIUM.replace(part, other), 2)

    assert second("r0wK", "abcd").restarts(offer)
    assert not offer.restarts(offer)
    assert not second("53:FB", "54:FB").restarts(offer)
    assert not read_offer(FIREFOX, 2).restarts(offer)


mutations = st.lists(
    st.tuples(
        st.integers(0, 200),
        st.sampled_from(["drop", "repeat", "cut", "replace", "shuffle"]),
        st.integers(0, 120),
        st.sampled_from(["", " ", ":", "/", "=", "99999999999999999999", "-1", "\x00", "é", "²", "\r", "a=", "m="]),
    ),
    min_size=1,
    max_size=4,
)


@given(st.sampled_from([CHROMIUM, FIREFOX]), mutations)
def test_whatever_is_changed_it_is_read_or_refused(sdp, changes):
    lines = sdp.split("\r\n")
    for at, way, place, text in changes:
        index = at % len(lines)
        line = lines[index]
        match way:
            case "drop":
                del lines[index]
            case "repeat":
                lines.insert(index, lines[place % len(lines)])
            case "cut":
                lines[index] = line[: place % (len(line) + 1)]
            case "replace":
                lines[index] = line[:place] + text + line[place + 1 :]
            case "shuffle":
                lines[index] = " ".join(reversed(line.split(" ")))
        lines = lines or [""]
    with contextlib.suppress(OfferRefused):
        offer = read_offer("\r\n".join(lines), 2)
        assert all(not set(line.mid) & set(" \r\n\x00") for line in offer.lines)


@given(st.text(max_size=300))
def test_whatever_text_comes_it_is_read_or_refused(sdp):
    with contextlib.suppress(OfferRefused):
        read_offer(sdp, 2)
