"""What is decrypted: agreed payload types, few SSRCs, and not too much at once."""

from collections import Counter

from tests.support.streams import AUDIO_TYPE, VIDEO_TYPE, datagram
from tests.unit.media.test_offer import CHROMIUM

from ascona.core.media_plan import Kind
from ascona.media.admission import EXCESS_SECONDS, PER_SECOND, UNDECLARED, VOICE_BYTES_PER_SECOND, Admission
from ascona.media.offer import read_offer

DECLARED = 4153517918


def admission() -> tuple[Admission, Counter[str]]:
    counts: Counter[str] = Counter()
    return Admission(read_offer(CHROMIUM, 2), counts), counts


def test_only_agreed_payload_types_are_admitted():
    door, counts = admission()

    assert door.packet(datagram(AUDIO_TYPE, 1, 1, DECLARED, b""))
    assert not door.packet(datagram(100, 1, 1, DECLARED, b""))
    assert not door.packet(b"\x80\x6f")
    assert counts == {"unknown_payload_type": 2}


def test_twenty_thousand_ssrcs_use_up_eight_places():
    door, counts = admission()

    admitted = 0
    for ssrc in range(20_000):
        packet = datagram(AUDIO_TYPE, 1, 1, ssrc, b"")
        if door.packet(packet):
            door.note_packet(packet)
            door.takes(AUDIO_TYPE, len(packet), float(ssrc))
            admitted += 1

    assert admitted == UNDECLARED
    assert counts["unknown_ssrc"] == 20_000 - UNDECLARED
    assert door.packet(datagram(AUDIO_TYPE, 1, 1, DECLARED, b"")), "what was declared always has its place"
    assert door.packet(datagram(AUDIO_TYPE, 1, 1, 3, b"")), "and so has what was first"


def test_what_was_not_genuine_uses_up_no_place():
    door, _ = admission()

    assert all(door.packet(datagram(AUDIO_TYPE, 1, 1, ssrc, b"")) for ssrc in range(100))


def test_reports_are_bounded_in_the_same_way():
    door, counts = admission()
    for ssrc in range(UNDECLARED):
        report = b"\x80\xc9\x00\x01" + ssrc.to_bytes(4, "big")
        assert door.report(report)
        assert door.genuine_report(report, 0.0)

    assert not door.report(b"\x80\xc9\x00\x01" + (500).to_bytes(4, "big"))
    assert not door.report(b"\x80\xc9\x00")
    assert counts == {"unknown_ssrc": 2}


def test_a_flood_is_cut_to_the_rate_of_a_microphone_and_of_a_camera():
    door, counts = admission()

    def admitted(payload_type: int, now: float) -> int:
        return sum(door.takes(payload_type, 100, now) for _ in range(2_000))

    assert [admitted(AUDIO_TYPE, 10.0), admitted(VIDEO_TYPE, 10.0)] == [100, 600]
    assert [admitted(AUDIO_TYPE, 10.5), admitted(VIDEO_TYPE, 10.5)] == [50, 300]
    assert counts["too_fast"] == 8_000 - 1_050


def test_a_voice_is_bound_by_its_bytes_and_a_picture_is_not():
    def admitted(payload_type: int, size: int) -> tuple[int, Counter[str], bool]:
        """Bytes in a minute of fifty packets a second; and what came of the others."""
        door, counts = admission()
        taken = [size for turn in range(50 * 60) if door.takes(payload_type, size, 100.0 + turn / 50)]
        return sum(taken), counts, door.excessive

    assert admitted(AUDIO_TYPE, 190)[0] == 60 * 50 * 190, "as an encrypted one comes"
    octets, counts, excessive = admitted(AUDIO_TYPE, 1_332)
    assert octets < 62 * VOICE_BYTES_PER_SECOND
    assert counts.keys() == {"voice_too_large"}
    assert not excessive, "who speaks too finely is not let go"
    assert admitted(VIDEO_TYPE, 1_332)[0] == 60 * 50 * 1_332


def test_what_waited_through_a_cut_may_come_at_once():
    door, _ = admission()

    assert all(door.takes(AUDIO_TYPE, 190, 100.0) for _ in range(100))


def excessive_after(times: int, seconds: float, pause: float = 0.0) -> bool:
    """Whether a microphone is let go that sends too much for so long, with a pause in the middle."""
    door, _ = admission()
    for turn in range(int(20 * seconds)):
        now = 10.0 + turn / 20 + (pause if turn > 10 * seconds else 0.0)
        for _ in range(int(times * PER_SECOND[Kind.AUDIO] / 20)):
            door.takes(AUDIO_TYPE, 100, now)
    return door.excessive


def test_who_sends_too_much_for_too_long_is_excessive_and_a_burst_is_not():
    assert excessive_after(10, EXCESS_SECONDS + 1.5)
    assert not excessive_after(10, EXCESS_SECONDS - 0.5)
    assert not excessive_after(10, EXCESS_SECONDS + 1.5, pause=2.0)
    assert not excessive_after(1, 60.0)


def test_reports_that_are_too_many_are_dropped_and_no_more():
    door, counts = admission()
    for now in range(60):
        for _ in range(1_000):
            door.genuine_report(b"\x80\xc9\x00\x01" + bytes(4), float(now))

    assert counts["too_fast"] > 40_000
    assert not door.excessive
