"""What one person sends reaches those who were admitted, one layer of it, from a key frame on."""

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import ways
from tests.support.streams import AUDIO_TYPE, REPAIR_TYPE, VIDEO_TYPE, Listener, datagram, steps, vp8
from tests.unit.media.test_offer import CHROMIUM

from ascona.core.media_plan import Kind
from ascona.media import rtcp
from ascona.media.asking import TOLD_OF_ROUND_TRIP
from ascona.media.offer import read_offer
from ascona.media.packet import Malformed
from ascona.media.publisher import MOST_LOST_BEYOND, Publisher

RID, REPAIRED_RID, TRANSPORT_WIDE = 10, 11, 3
SSRC = {"l": 21, "h": 22}
OFFER = read_offer(CHROMIUM, 2)

pytestmark = pytest.mark.usefixtures("each_way")


class Camera:
    """A Chromium with two layers, and what the server asks of it."""

    def __init__(self) -> None:
        self.asked: list[rtcp.Heard] = []
        self.counts: Counter[str] = Counter()
        self.arrived: Counter[Kind] = Counter()
        self.alarms: list[tuple[float, Callable[[float], None]]] = []  # after so many seconds, and what then
        self._inlet = ways.chosen.inlet()
        self.publisher = self._inlet.publisher = Publisher(
            OFFER, 1, self.arrived, self._listen, self.counts, ways.chosen.fan_out, line=self._inlet.line,
            later=lambda *alarm: self.alarms.append(alarm),
        )  # fmt: skip
        self.receive = self._inlet.receive
        self.sent: Counter[str] = Counter()

    def _listen(self, report: bytes) -> None:
        self.asked.extend(rtcp.read_rtcp(report))

    def show(self, layer: str, key: bool = False, now: float = 0.0, count: int = 1) -> None:
        for _ in range(count):
            self.sent[layer] += 1
            number = self.sent[layer]
            element = bytes([RID << 4]) + layer.encode()
            payload = vp8(number, number, key)
            self.receive(datagram(VIDEO_TYPE, number, 3000 * number, SSRC[layer], payload, element), now)

    def lose(self, layer: str) -> None:
        """The next packet does not come."""
        self.sent[layer] += 1

    def speak(self, now: float = 0.0, ssrc: int = 20) -> None:
        self.sent["voice"] += 1
        number = self.sent["voice"]
        self.receive(datagram(AUDIO_TYPE, number, 960 * number, ssrc, b"voice"), now)

    def repair(self, layer: str, sequence: int, payload: bytes, ssrc: int = 30, now: float = 0.0) -> None:
        self.sent["repair"] += 1
        element = bytes([REPAIRED_RID << 4]) + layer.encode()
        inner = sequence.to_bytes(2, "big") + payload
        self.receive(datagram(REPAIR_TYPE, self.sent["repair"], 0, ssrc, inner, element), now)

    def beat(self, now: float) -> dict[int, rtcp.ReportBlock]:
        """What the server reports of each stream, by SSRC."""
        before = len(self.asked)
        self.publisher.beat(now)
        return {heard.ssrc: heard for heard in self.asked[before:] if isinstance(heard, rtcp.ReportBlock)}

    def key_frames_asked(self, layer: str) -> int:
        return self.asked.count(rtcp.KeyFrameRequest(SSRC[layer]))


@pytest.fixture
def camera() -> Camera:
    return Camera()


def test_nobody_gets_anything_until_admitted(camera):
    voice, picture = Listener(Kind.AUDIO), Listener()
    camera.speak()
    camera.show("l", key=True)

    camera.publisher.admit(voice.output, 0.0)
    camera.publisher.admit(picture.output, 0.0)
    assert voice.sent == picture.sent == []

    camera.speak()
    camera.show("l", key=True)
    assert (len(voice.sent), len(picture.sent)) == (1, 1)


def test_nobody_gets_anything_after_being_dismissed(camera):
    voice, other = Listener(Kind.AUDIO), Listener(Kind.AUDIO)
    camera.publisher.admit(voice.output, 0.0)
    camera.publisher.admit(other.output, 0.0)
    camera.speak()

    camera.publisher.dismiss(voice.output)
    camera.speak()

    assert (len(voice.sent), len(other.sent)) == (1, 2)
    assert voice.output.source is None


def test_who_waits_for_a_picture_asks_until_it_comes(camera):
    picture = Listener()
    camera.show("l", key=True)
    camera.publisher.admit(picture.output, 0.0)
    assert camera.key_frames_asked("l") == 1

    for tenth in range(1, 10):  # the request, or the key frame, is lost
        camera.show("l", now=tenth / 10)
        camera.publisher.ask(tenth / 10)
    assert camera.key_frames_asked("l") == 4

    camera.show("l", key=True, now=1.0)
    camera.publisher.ask(1.5)
    assert camera.key_frames_asked("l") == 4
    assert len(picture.sent) == 1


def test_a_camera_that_is_off_is_not_asked(camera):
    picture = Listener()
    camera.show("l", key=True)
    camera.publisher.admit(picture.output, 5.0)
    camera.publisher.ask(6.0)

    assert camera.asked == []


def test_the_larger_layer_is_shown_from_its_key_frame_on(camera):
    picture = Listener()
    camera.show("l", key=True)
    camera.publisher.admit(picture.output, 0.0, "h")
    camera.show("l", key=True, now=0.1)
    camera.show("h", now=0.2)
    camera.publisher.ask(0.4)
    assert camera.key_frames_asked("h") == 1
    camera.show("l", now=0.5)
    assert len(picture.sent) == 2

    camera.show("h", key=True, now=0.6)
    camera.show("l", now=0.6)
    camera.show("h", now=0.7)

    assert len(picture.sent) == 4
    assert steps(picture.sequences, 1 << 16) == [1, 1, 1]
    assert steps(picture.picture_ids, 1 << 15) == [1, 1, 1]


def test_when_the_larger_layer_falls_silent_the_smaller_one_goes_on(camera):
    picture = Listener()
    camera.show("l", key=True)
    camera.show("h", key=True)
    camera.publisher.admit(picture.output, 0.0, "h")
    camera.show("h", key=True)
    assert len(picture.sent) == 1

    camera.show("l", now=1.5)
    camera.publisher.ask(1.5)
    assert camera.key_frames_asked("l") == 1
    camera.show("l", key=True, now=1.6)
    camera.show("l", now=1.7)

    assert len(picture.sent) == 3


def test_a_repair_before_its_layer_is_known_is_dropped(camera):
    camera.repair("l", 3, vp8(3))

    assert camera.counts["unknown_repair"] == 1


def test_a_picture_without_a_layer_is_dropped_where_layers_were_agreed(camera):
    camera.receive(datagram(VIDEO_TYPE, 1, 0, 99, vp8(1)), 0.0)

    assert camera.counts["unknown_layer"] == 1


def test_padding_is_not_sent_on(camera):
    voice = Listener(Kind.AUDIO)
    camera.publisher.admit(voice.output, 0.0)
    camera.speak()
    camera.receive(datagram(AUDIO_TYPE, 2, 0, 20, b""), 0.0)

    assert len(voice.sent) == 1
    assert camera.arrived[Kind.AUDIO] == 1


def test_a_new_microphone_takes_the_place_of_the_last(camera):
    voice = Listener(Kind.AUDIO)
    camera.publisher.admit(voice.output, 0.0)
    camera.speak()
    camera.sent["voice"] = 7_000
    camera.speak(ssrc=40)
    camera.speak(ssrc=40)

    assert steps(voice.sequences, 1 << 16) == [1, 1]


def test_a_voice_does_not_become_a_picture_nor_a_picture_a_voice(camera):
    voice, picture = datagram(AUDIO_TYPE, 1, 0, 20, b"voice"), datagram(VIDEO_TYPE, 1, 0, 21, vp8(1), b"\xa0l")
    camera.publisher.receive(voice, 0.0)
    camera.publisher.receive(picture, 0.0)

    for packet in (
        datagram(VIDEO_TYPE, 2, 0, 20, b"as many as a picture, and heard as a voice"),
        datagram(AUDIO_TYPE, 2, 0, 21, b"a voice"),
    ):
        with pytest.raises(Malformed):
            camera.publisher.receive(packet, 0.0)


def test_what_cannot_be_sent_on_is_refused(camera):
    with pytest.raises(Malformed):
        camera.receive(datagram(AUDIO_TYPE, 1, 0, 20, bytes(1400)), 0.0)


def test_silence_shuts_every_gate(camera):
    voice, picture = Listener(Kind.AUDIO), Listener()
    camera.publisher.admit(voice.output, 0.0)
    camera.publisher.admit(picture.output, 0.0)
    camera.speak()
    camera.show("l", key=True)
    seen = list(picture.sequences)

    camera.publisher.silence()
    camera.speak()
    camera.show("l", key=True)

    assert (len(voice.sent), len(picture.sent)) == (1, 1)
    assert picture.output.resend(seen, 0.0) == []


@given(st.lists(st.tuples(st.sampled_from([AUDIO_TYPE, VIDEO_TYPE, REPAIR_TYPE]), st.binary(max_size=30)), max_size=20))
def test_whatever_is_sent_it_is_forwarded_or_refused(packets):
    camera, voice, picture = Camera(), Listener(Kind.AUDIO), Listener()
    camera.publisher.admit(voice.output, 0.0)
    camera.publisher.admit(picture.output, 0.0)
    for number, (payload_type, payload) in enumerate(packets):
        element = bytes([RID << 4]) + b"h"
        try:
            camera.receive(datagram(payload_type, number, 0, payload_type, payload, element), 0.0)
        except Malformed:
            continue
    camera.publisher.ask(1.0)
    camera.publisher.feed_back()
    camera.publisher.beat(1.0)

    assert len(voice.sent) + len(picture.sent) <= len(packets)


@pytest.mark.parametrize(("packets", "octets", "rate"), [(50, 80, 58_000.0), (25, 80, 29_000.0)])
def test_a_voice_counts_with_the_headers_of_its_packets(packets, octets, rate):
    speaker = Camera()
    for number in range(3 * packets):
        speaker.receive(datagram(AUDIO_TYPE, number, 960 * number, 20, bytes(octets)), number / packets)
        if number % packets == 0:
            speaker.publisher.beat(number / packets)

    assert speaker.publisher.voice_rate == pytest.approx(rate)


def test_a_speaker_is_told_of_what_whoever_hears_them_worst_does_not_get(camera):
    near, far, deaf = (Listener(Kind.AUDIO, ssrc=ssrc) for ssrc in (1000, 1001, 1002))
    near.output.lost, far.output.lost, deaf.output.lost = 0.01, 0.08, 0.2
    for ear in (near, far):
        camera.publisher.admit(ear.output, 0.0)
    camera.show("l", key=True)
    for number in range(100):
        camera.speak(number / 50)

    blocks = camera.beat(2.0)
    assert (blocks[20].lost_fraction, blocks[20].lost) == (int(0.08 * 256), 0)
    assert (blocks[SSRC["l"]].lost_fraction, blocks[SSRC["l"]].lost) == (0, 0)

    camera.publisher.dismiss(far.output)
    assert camera.beat(2.3)[20].lost_fraction == int(0.01 * 256)

    near.output.lost = 0.9
    assert camera.beat(2.6)[20].lost_fraction == int(MOST_LOST_BEYOND * 256)

    camera.publisher.silence()
    assert camera.beat(2.9)[20].lost_fraction == 0


def test_what_is_lost_on_the_speakers_own_way_counts_if_it_is_more(camera):
    ear = Listener(Kind.AUDIO)
    ear.output.lost = 0.05
    camera.publisher.admit(ear.output, 0.0)
    camera.speak()
    camera.sent["voice"] += 9
    camera.speak(0.2)

    block = camera.beat(0.3)[20]
    assert (block.lost_fraction, block.lost) == (9 * 256 // 11, 9)


@pytest.mark.parametrize(("airy", "told"), [(False, 0.04), (True, TOLD_OF_ROUND_TRIP * 0.04)])
def test_over_bad_air_a_browser_takes_the_way_for_shorter_so_that_it_asks_and_repeats_sooner(camera, airy, told):
    camera.show("l", key=True)
    camera.publisher.reported(rtcp.SenderReport(SSRC["l"], 1 << 40, 0), 1.0)
    camera.publisher.asking.round_trip, camera.publisher.asking.airy = 0.04, airy

    block = camera.beat(1.5)[SSRC["l"]]

    answered = 1.5 + 0.04  # when the answer is there, by a clock that read 1.0 when the report left
    assert answered - 1.0 - block.since_report / 65536 == pytest.approx(told, abs=0.001)


def test_before_a_report_there_is_no_way_to_be_told_of(camera):
    camera.show("l", key=True)
    camera.publisher.asking.airy = True

    block = camera.beat(1.5)[SSRC["l"]]

    assert (block.last_report, block.since_report) == (0, 0)
