"""Lips move with voices, whichever layer is shown: what a receiver makes of our sender reports."""

import random
from collections import Counter

from tests.support.streams import AUDIO_TYPE, VIDEO_TYPE, Listener, datagram, vp8
from tests.unit.media.test_offer import CHROMIUM

from ascona.core.media_plan import Kind
from ascona.media import rtcp
from ascona.media.clocks import PeerClock
from ascona.media.offer import read_offer
from ascona.media.packet import Packet
from ascona.media.publisher import Publisher
from ascona.media.reports import CLOCK_RATE

A_FEW_MS = 0.005
FRAME_SECONDS, VOICE_SECONDS = 0.04, 0.02
THEIR_EPOCH = 1_700_000_000.0 + 86_400.0  # their machine's clock is a day wrong


class Person:
    """Speaks and moves their lips in two layers, over a line on which everything is late by another time."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - a line, not a secret
        self.publisher = Publisher(read_offer(CHROMIUM, 2), 1, Counter(), lambda report: None, Counter(), epoch=1_000.0)
        self.bases = {name: self.random.getrandbits(32) for name in ("voice", "l", "h")}
        self.ssrcs = {"voice": 20, "l": 21, "h": 22}
        self.sent = dict.fromkeys(self.ssrcs, 0)

    def timestamp(self, name: str, moment: float) -> int:
        rate = CLOCK_RATE[Kind.AUDIO if name == "voice" else Kind.VIDEO]
        return (self.bases[name] + round(moment * rate)) & 0xFFFFFFFF

    def send(self, name: str, moment: float, now: float) -> None:
        self.sent[name] += 1
        number, stamp, ssrc = self.sent[name], self.timestamp(name, moment), self.ssrcs[name]
        if name == "voice":
            packet = datagram(AUDIO_TYPE, number, stamp, ssrc, b"voice")
        else:
            payload = vp8(number, number, key=number % 10 == 0)
            packet = datagram(VIDEO_TYPE, number, stamp, ssrc, payload, b"\xa0" + name.encode())
        self.publisher.receive(packet, now)

    def report(self, name: str, moment: float, now: float) -> None:
        ntp = rtcp.ntp_time(THEIR_EPOCH + moment)
        self.publisher.reported(rtcp.SenderReport(self.ssrcs[name], ntp, self.timestamp(name, moment)), now)

    def moments(self, seconds: float) -> list[tuple[float, float, str, bool]]:
        """(when it arrives, when it was captured, of what, whether a report)."""
        sent = []
        for name, step, takes in (
            ("voice", VOICE_SECONDS, 0.0),
            ("l", FRAME_SECONDS, 0.005),
            ("h", FRAME_SECONDS, 0.015),
        ):
            sent += [(number * step + takes, number * step, name, False) for number in range(int(seconds / step))]
            sent += [(turn + 0.01 * takes, float(turn), name, True) for turn in range(1, int(seconds))]
        coming, at = [], 0.0
        for left, captured, name, report in sorted(sent):
            at = max(at, left + self.random.uniform(0.01, 0.06))  # one line: nothing overtakes
            coming.append((at, captured, name, report))
        return coming


class Screen:
    """A receiver: it puts what it gets in time by the last sender report of each stream (RFC 3550 section 6.4.1)."""

    def __init__(self, kind: Kind) -> None:
        self.listener = Listener(kind)
        self.rate = CLOCK_RATE[kind]

    def in_time(self, packet: Packet) -> float | None:
        """Seconds by the NTP clock; None before the first report."""
        reports = [report for report in self.listener.reports if isinstance(report, rtcp.SenderReport)]
        if not reports:
            return None
        step = (packet.timestamp - reports[-1].timestamp) & 0xFFFFFFFF
        return reports[-1].ntp / (1 << 32) + (step - (step >> 31 << 32)) / self.rate


def skews(seed: int, seconds: float) -> list[float]:
    """By how much each picture is put before the voice of its moment; the layer changes every three seconds."""
    person, ear, eye = Person(seed), Screen(Kind.AUDIO), Screen(Kind.VIDEO)
    person.publisher.admit(ear.listener.output, 0.0)
    person.publisher.admit(eye.listener.output, 0.0)
    found: list[float] = []
    voice: float | None = None
    for now, moment, name, report in person.moments(seconds):
        person.publisher.camera.show(eye.listener.output, "lh"[int(now / 3) % 2], now)
        if report:
            person.report(name, moment, now)
            continue
        screen = ear if name == "voice" else eye
        before = len(screen.listener.sent)
        person.send(name, moment, now)
        if len(screen.listener.sent) > before and (put := screen.in_time(screen.listener.sent[-1])) is not None:
            if screen is ear:
                voice = put - moment
            elif voice is not None:
                found.append(voice - (put - moment))
    return found


def test_voice_and_picture_stay_together_over_switches_between_layers():
    for seed in range(5):
        apart = skews(seed, 30.0)

        assert len(apart) > 500
        assert max(map(abs, apart[50:])) < A_FEW_MS  # from the second report of each stream on


def test_a_late_report_moves_next_to_nothing():
    clock = PeerClock()
    clock.note(rtcp.ntp_time(100.0), 5.0)
    clock.note(rtcp.ntp_time(101.0), 6.3)

    assert abs((clock.ours(rtcp.ntp_time(101.0)) or 0.0) - 6.0) < 0.002


def test_a_clock_that_drifts_is_followed():
    clock = PeerClock()
    for second in range(1000):
        clock.note(rtcp.ntp_time(second * 0.9999), float(second))  # theirs is slow by 100 ppm

    assert abs((clock.ours(rtcp.ntp_time(999 * 0.9999)) or 0.0) - 999.0) < 0.001


def test_a_clock_that_is_set_is_believed_at_once():
    clock = PeerClock()
    clock.note(rtcp.ntp_time(100.0), 5.0)
    clock.note(rtcp.ntp_time(50.0), 6.0)

    assert abs((clock.ours(rtcp.ntp_time(51.0)) or 0.0) - 7.0) < 1e-6


def test_before_a_report_nothing_is_known():
    assert PeerClock().ours(0) is None
