"""Packets sent on in C: the same ones, byte for byte, and nothing that Python would not send."""

import importlib.util
import math
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support import ways
from tests.support.streams import Listener, picture_packet

from ascona import assets
from ascona.core.media_plan import Kind
from ascona.media.numbering import Numbering
from ascona.media.packet import Packet, Picture
from ascona.media.track import Track

SOURCE = assets.PACKAGE / "media" / "native" / "port.c"
LARGEST = 1356  # bytes of a packet: `handshake.LARGEST_PACKET`

small = st.integers(-3, 3) | st.integers(-40_000, 40_000)
moments = st.floats(0.0, 0.1) | st.floats(-1.0, 10.0)
packets = st.tuples(
    small, st.integers(-1 << 31, 1 << 31) | st.integers(0, 9000), moments, st.booleans(), st.integers(0, 5)
)


def sent(
    way: ways.Rules | ways.C, kind: Kind, given: list[tuple[int, int, float, bool, int]], sent_at: int | None = 3
) -> tuple[list[bytes], dict[str, Any]]:
    """What a listener gets of packets that are given as steps from one to the next; where the stream stands then."""
    ways.choose(way)
    listener = Listener(kind, sent_at=sent_at)
    listener.output.follow(Track(kind, 7))
    sequence = timestamp = 0
    now = 100.0
    for step, (ahead, later, passed, marked, form) in enumerate(given):
        sequence, timestamp, now = (sequence + ahead) & 0xFFFF, (timestamp + later) & 0xFFFFFFFF, now + passed
        if form == 5:
            listener.output.follow(Track(kind, 8))
        number, key = (sequence * 7) & 0x7F, step == 0 or marked
        listener.forward(*shaped(kind, form, Packet(0x80 * marked, 96, sequence, timestamp, 7, b""), number, key), now)
    return listener.raw, standing(listener.output.numbering)


def standing(numbering: Any) -> dict[str, Any]:
    """What there is of a `Numbering` on each way."""
    return {name: getattr(numbering, name) for name in Numbering.__slots__ if not name.startswith("_")}


def shaped(kind: Kind, form: int, packet: Packet, number: int, key: bool) -> tuple[Packet, Picture | None]:
    """The packet with one of the payloads that occur."""
    beginning = b"\x90\xe0"
    if kind is Kind.AUDIO:
        packet.payload = b"voice" * form
        return packet, None
    pictures = [
        (Picture(True, key, beginning, number, 0x7FFF, 3), bytes([0x80 | number >> 8, number, 3])),
        (Picture(True, key, beginning, number, 0x7FFF, None), bytes([0x80 | number >> 8, number])),
        (Picture(True, key, beginning, number, 0x7F, 3), bytes([number, 3])),
        (Picture(True, key, beginning, number, 0x7F, None), bytes([number])),
        (Picture(True, key, beginning, None, 0x7FFF, None), b""),
    ]
    picture, numbers = pictures[form % len(pictures)]
    packet.payload = beginning + numbers + b"picture"
    return packet, picture


@pytest.mark.parametrize("kind", Kind)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(given=st.lists(packets, max_size=30))
def test_whatever_comes_both_ways_send_the_same_bytes(in_c, kind, given):
    assert sent(in_c, kind, given) == sent(ways.Rules(), kind, given)


@pytest.fixture
def listener(in_c) -> Listener:
    """Somebody who sees a picture."""
    listener = Listener()
    listener.output.follow(Track(Kind.VIDEO, 7))
    listener.forward(*picture_packet(1, 1, key=True), 0.0)
    return listener


def test_only_what_is_unusual_passes_through_python(listener):
    for number in range(2, 50):
        listener.forward(*picture_packet(number, number), number / 30)

    assert len(listener.sent) == 49
    assert listener.by_the_rules == 1, "the first, which decided how the others are numbered"


def test_a_line_at_rest_sends_nothing_in_c(listener):
    listener.end.line.rest()

    listener.forward(*picture_packet(2, 2), 0.03)

    assert listener.by_the_rules == 2


def test_what_is_forwarded_to_many_reaches_each(in_c):
    listeners = [Listener(ssrc=number) for number in range(40)]
    for listener in listeners:
        listener.output.follow(Track(Kind.VIDEO, 7))
    outputs = tuple(listener.output for listener in listeners)

    for number in range(1, 4):
        in_c.fan_out(outputs, *picture_packet(number, number, key=number == 1), number / 30)

    assert [len(listener.sent) for listener in listeners] == [3] * 40
    assert [listener.sent[2].ssrc for listener in listeners] == list(range(40))


def test_one_who_fails_keeps_nothing_from_those_before(in_c, listener):
    with pytest.raises(AttributeError):
        in_c.fan_out((listener.output, object()), *picture_packet(2, 2), 0.03)

    assert len(listener.sent) == 2


def test_what_cannot_be_sent_is_counted(in_c, listener):
    in_c.port.close()

    listener.forward(*picture_packet(2, 2), 0.03)

    assert in_c.counts == {"unsent": 1}


def test_what_is_too_large_is_not_sent(in_c, listener):
    for size in (LARGEST - 20, LARGEST - 19):  # its header has 20 bytes
        packet, _ = picture_packet(2)
        packet.payload = bytes(size)
        listener.forward(packet, None, 0.03)

    assert len(listener.sent) == 2
    assert in_c.counts == {"not_protected": 1}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda packet, picture: setattr(packet, "sequence", 1 << 16),
        lambda packet, picture: setattr(packet, "timestamp", -1),
        lambda packet, picture: setattr(packet, "marker", None),
        lambda packet, picture: setattr(packet, "payload", "text"),
        lambda packet, picture: setattr(packet, "payload", b"\x90\xe0\x80"),
        lambda packet, picture: setattr(picture, "number", 1 << 15),
        lambda packet, picture: setattr(picture, "most", 1),
        lambda packet, picture: setattr(picture, "base", 256),
        lambda packet, picture: delattr(picture, "base"),
    ],
)
def test_what_no_reader_makes_is_refused(in_c, listener, spoil: Callable[[Packet, Picture], None]):
    packet, picture = picture_packet(2, 2)
    spoil(packet, picture)

    with pytest.raises((ValueError, TypeError, AttributeError)):
        listener.forward(packet, picture, 0.03)
    assert len(listener.sent) == 1


@pytest.mark.parametrize("now", [math.nan, math.inf, -math.inf, 1e300, "noon"])
def test_a_moment_that_is_none_is_refused(listener, now):
    with pytest.raises((ValueError, TypeError)):
        listener.forward(*picture_packet(2, 2), now)


@pytest.mark.parametrize("given", [(), ([], None, None, 0.0), ((), 1, 2, 3)])
def test_other_arguments_are_refused(in_c, given):
    with pytest.raises((TypeError, AttributeError)):
        in_c.port.fan_out(*given)


@pytest.mark.parametrize("address", [("localhost", 1), ("192.0.2.1",), ("192.0.2.1", "1"), "192.0.2.1", ()])
def test_a_line_is_aimed_at_addresses_only(in_c, address):
    with pytest.raises((ValueError, TypeError)):
        in_c.port.line().aim(1, object(), address)


def test_a_stream_in_c_has_the_attributes_of_one_in_python(in_c):
    in_python = Numbering(5, 6, 90_000, 5.0)
    numbering = in_c.port.line().numbering(1, 96, 0, 90_000, 5.0, 5, 6)

    assert standing(numbering) == standing(in_python)


# --- how it is compiled ---


@pytest.fixture
def compile_py() -> ModuleType:
    pytest.importorskip("hatchling")
    script = Path(__file__).parents[3] / "deploy" / "compile.py"
    specification = importlib.util.spec_from_file_location("compile", script)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_the_same_source_gives_the_same_library(compile_py, tmp_path):
    one, other = tmp_path / "one" / "_port.abi3.so", tmp_path / "other" / "_fanout.abi3.so"
    for library in (one, other):
        library.parent.mkdir()
        if not compile_py.compile_to(library, SOURCE, "-Werror"):
            pytest.skip("no C compiler is here")

    assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("compiler", ["/nowhere/cc", "false", sys.executable, ""])
def test_without_a_compiler_there_is_no_library(compile_py, compiler, tmp_path, monkeypatch):
    monkeypatch.setenv("CC", compiler)
    library = tmp_path / "_port.abi3.so"
    library.write_bytes(b"of an older source")

    assert not compile_py.compile_to(library, SOURCE)
    assert list(tmp_path.iterdir()) == []
