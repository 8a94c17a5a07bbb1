"""Usual packets sent on in few steps: the same ones, byte for byte, and nothing that the rules would not send."""

from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support import ways
from tests.support.streams import Listener, picture_packet, steps
from tests.unit.media.test_native import packets, sent

from ascona.core.media_plan import Kind
from ascona.media.fanout import fan_out
from ascona.media.handshake import LARGEST_PACKET, SrtpError
from ascona.media.packet import Packet
from ascona.media.track import Track
from ascona.media.way import NOWHERE, Way


@pytest.fixture(autouse=True)
def in_few_steps() -> Iterator[None]:
    ways.choose(ways.Python())
    yield
    ways.choose(ways.Python())


@pytest.fixture
def listener() -> Listener:
    """Somebody who sees a picture."""
    listener = Listener(sent_at=3)
    listener.output.follow(Track(Kind.VIDEO, 7))
    listener.forward(*picture_packet(1, 1, key=True), 0.0)
    return listener


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("sent_at", [None, 3])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(given=st.lists(packets, max_size=30))
def test_whatever_comes_the_same_bytes_are_sent(kind, sent_at, given):
    assert sent(ways.Python(), kind, given, sent_at) == sent(ways.Rules(), kind, given, sent_at)


def test_only_what_is_unusual_takes_the_rules(listener):
    for number in range(2, 50):
        listener.forward(*picture_packet(number, number), number / 30)

    assert len(listener.sent) == 49
    assert listener.by_the_rules == 1, "the first, which decided how the others are numbered"


def test_a_voice_is_sent_so_too():
    listener = Listener(Kind.AUDIO)
    listener.output.follow(Track(Kind.AUDIO, 7))
    for number in range(50):
        listener.forward(Packet(0, 111, number, 960 * number, 7, b"voice"), None, number / 50)

    assert len(listener.sent) == 50
    assert listener.by_the_rules == 1


def test_a_way_at_rest_sends_nothing(listener):
    listener.end.way.rest()

    listener.forward(*picture_packet(2, 2), 0.03)

    assert listener.by_the_rules == 2


def test_what_is_too_large_takes_the_rules(listener):
    for number, size in enumerate((LARGEST_PACKET - 20, LARGEST_PACKET - 19), 2):
        packet, picture = picture_packet(number, number)
        packet.payload += bytes(size - len(packet.payload))
        listener.forward(packet, picture, number / 30)

    assert listener.by_the_rules == 2


class Keys:
    """libsrtp's part, which may refuse."""

    def seal(self, end: int) -> memoryview:
        raise SrtpError("refused")


def full(_datagram: memoryview, _address: object) -> int:
    raise BlockingIOError


@pytest.mark.parametrize("fails", ["the kernel", "libsrtp"])
def test_what_cannot_be_sent_is_counted_and_others_get_theirs(listener, fails):
    other = Listener(ssrc=1001)
    other.output.follow(Track(Kind.VIDEO, 7))
    other.forward(*picture_packet(1, 1, key=True), 0.0)
    counts: Counter[str] = Counter()
    listener.output.way = Way(full, counts)
    listener.output.way.aim(ways.Short() if fails == "the kernel" else Keys(), ("192.0.2.1", 9))

    fan_out((listener.output, other.output), *picture_packet(2, 2), 0.03)

    assert counts == {"unsent" if fails == "the kernel" else "not_protected": 1}
    assert len(other.sent) == 2
    assert other.by_the_rules == 1


def test_all_numbers_wrap_on_the_short_way():
    listener = Listener()
    listener.output.follow(Track(Kind.VIDEO, 7))
    listener.forward(*picture_packet(60_000, 0x7FF0, key=True, timestamp=1 << 31), 0.0)
    listener.output.follow(Track(Kind.VIDEO, 8))
    for number in range(300):
        packet, picture = picture_packet(65_400 + number & 0xFFFF, 0x7F80 + number & 0x7FFF, key=number == 0)
        packet.timestamp = (1 << 32) - 3_000 * (150 - number) & 0xFFFFFFFF
        listener.forward(packet, picture, (1 + number) / 30)

    assert set(steps(listener.sequences, 1 << 16)) == {1}
    assert set(steps(listener.timestamps, 1 << 32)) == {3_000}
    assert set(steps(listener.picture_ids, 1 << 15)) == {1}
    assert set(steps(listener.bases, 256)) == {1}
    assert listener.by_the_rules == 2, "the first of each"


def test_a_way_that_was_never_aimed_has_no_keys():
    with pytest.raises(SrtpError):
        NOWHERE._seal(100)
    assert not NOWHERE.aimed
