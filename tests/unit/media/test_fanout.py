"""Usual packets sent on in few steps: the same ones, byte for byte, and nothing that the rules would not send."""

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support import ways
from tests.support.streams import Listener, picture_packet
from tests.unit.media.test_native import packets, sent

from ascona.core.media_plan import Kind
from ascona.media.handshake import LARGEST_PACKET, SrtpError
from ascona.media.packet import Packet
from ascona.media.track import Track
from ascona.media.way import NOWHERE, Way


@pytest.fixture(autouse=True)
def in_few_steps():
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
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
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


@pytest.mark.parametrize(
    ("sendto", "outbound", "counted"), [(full, ways.Short(), "unsent"), (ways.Short()._come, Keys(), "not_protected")]
)
def test_what_cannot_be_sent_is_counted_and_others_get_theirs(sendto, outbound, counted):
    counts: Counter[str] = Counter()
    way = Way(sendto, counts)
    way.aim(outbound, ("192.0.2.1", 9))

    way.send(100)

    assert counts == {counted: 1}


def test_a_way_that_was_never_aimed_has_no_keys():
    with pytest.raises(SrtpError):
        NOWHERE._seal(100)
    assert not NOWHERE.aimed
