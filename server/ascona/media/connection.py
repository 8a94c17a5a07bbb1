"""One person's connection as a whole: what they send, and the slots they receive."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from ascona.core.media_plan import Kind
from ascona.media import rtcp
from ascona.media.admission import Admission, Allowance
from ascona.media.answer import Credentials, Sources
from ascona.media.asking import Later, never
from ascona.media.estimate import Estimate
from ascona.media.fanout import fan_out
from ascona.media.handshake import Identity
from ascona.media.mux import Mux
from ascona.media.offer import Offer
from ascona.media.output import Output
from ascona.media.packet import Malformed
from ascona.media.publisher import Publisher
from ascona.media.repeats import Repeats
from ascona.media.transport import Transport

TURN_SECONDS = 0.05
"""How often the clock is looked at."""

_REPAIRED_PART = 0.25  # of what a listener's line carries: repairs of what it lost must not fill it
_REPAIR_BITS = 8_800.0  # of a packet
_TURNS_PER_FEEDBACK = 2  # 100 ms: transport-cc loses nothing behind a narrow line at this rate
_TURNS_PER_BEAT = 6  # 300 ms: a browser notices within seconds that nothing comes any more


class Connection:
    """
    From the first offer until it closes.

    Attributes:
        offer: The first one; later ones only restart ICE.
        version: Of the answer: 1, then one more with each ICE restart.
        outputs: The listener's streams by slot and kind.
        estimate: Of what their line carries.
    """

    def __init__(
        self,
        offer: Offer,
        slots: Sequence[Sources],
        ssrc: int,
        arrived: Counter[Kind],
        mux: Mux,
        identity: Identity,
        changed: Callable[[], None],
        began: float,
        epoch: float,
        bits: Callable[[int], int],
        token: Callable[[int], str],
        counts: Counter[str],
        later: Later = never,
    ) -> None:
        """
        Args:
            changed: Called when the connection comes up and when it goes down.
            began: Now, by our clock.
            epoch: Seconds from 1970 to the moment our clock counts from.
            bits: Gives so many random bits.
            token: Gives so many random characters.
            later: See `Asking`.
        """
        self.offer = offer
        self.version = 1
        self._changed = changed
        self._epoch = epoch
        self._counts = counts
        self._admission = Admission(offer, counts)
        self.estimate = Estimate(began)
        self._repairs = Allowance(_REPAIRED_PART * self.estimate.bits / _REPAIR_BITS)
        self._repeats = Repeats()
        self.transport = Transport(mux, identity, _theirs(offer), self, token, counts)
        forwarder = fan_out if mux.native is None else mux.native.fan_out
        self.publisher = Publisher(
            offer, ssrc, arrived, self.transport.send_report, counts, forwarder, epoch, self.transport.line, later
        )
        self.outputs = _outputs(offer, slots, self.transport, bits)
        self._ears = [output for output in self.outputs.values() if output.kind is Kind.AUDIO]
        self._by_ssrc = {output.ssrc: output for output in self.outputs.values()}

    @property
    def up(self) -> bool:
        """Whether the peer receives what is sent, as far as anybody can know."""
        return self.transport.sending

    @property
    def open(self) -> bool:
        """Whether it can come up, or come up again."""
        return not self.transport.ended

    def restart(self, offer: Offer) -> None:
        """Take new ICE credentials because the peer has; otherwise the first offer stays."""
        self.offer = replace(self.offer, name=offer.name, password=offer.password)
        self.transport.restart(_theirs(offer))
        self.version += 1

    def changed(self) -> None:
        """The line has come up, or gone down."""
        self._changed()

    def receive_media(self, datagram: bytes, now: float) -> None:
        """Decrypt and pass on, whatever is admitted."""
        # RTP and RTCP share the port: RFC 5761 section 4.
        if len(datagram) > 1 and 192 <= datagram[1] <= 223:
            try:
                self._receive_report(datagram, now)
            except Malformed:
                self._counts["malformed"] += 1
        elif self._admission.packet(datagram):
            packet = self.transport.opened_packet(datagram)
            if packet is not None:
                self.receive_packet(packet, now)

    def receive_packet(self, packet: bytes, now: float) -> None:
        """Pass a decrypted packet on; `native` decrypts by itself, and leaves here what is not usual."""
        self._admission.note_packet(packet)
        if not self.within_rate(packet[1] & 0x7F, len(packet), now):
            return
        try:
            self.publisher.receive(packet, now)
        except Malformed:
            self._counts["malformed"] += 1

    def within_rate(self, payload_type: int, size: int, now: float) -> bool:
        """Whether one more genuine packet of this type is taken; whoever sends too many for too long is let go."""
        if self._admission.takes(payload_type, size, now):
            return True
        if self._admission.excessive:
            self._counts["excess_closed"] += 1
            self.close()
        return False

    def _receive_report(self, datagram: bytes, now: float) -> None:
        if not self._admission.report(datagram):
            return
        report = self.transport.opened_report(datagram)
        if report is None or not self._admission.genuine_report(datagram, now):
            return
        for heard in rtcp.read_rtcp(report):
            match heard:
                case rtcp.SenderReport():
                    self.publisher.reported(heard, now)
                case rtcp.Nack(ssrc, lost):
                    if ssrc in self._by_ssrc:
                        self._repair(self._by_ssrc[ssrc], lost, now)
                case rtcp.KeyFrameRequest(ssrc):
                    self._request_key_frame(ssrc, now)
                case rtcp.ReportBlock(ssrc):
                    self._learn(heard, now)
                case rtcp.Estimate(bits, ssrcs):
                    self.estimate.believe(bits, tuple(ssrc for ssrc in ssrcs if ssrc in self._by_ssrc), now)

    def _repair(self, output: Output, lost: tuple[int, ...], now: float) -> None:
        """Repeat what is missed, as far as the repairs' part of the line goes; over bad air twice, copies last."""
        airy = self.estimate.airy
        if airy:
            lost = 2 * self._repeats.unanswered(output.ssrc, lost, now, self.estimate.round_trip)
        self._repairs.change(_REPAIRED_PART * self.estimate.bits / _REPAIR_BITS)
        repeated = output.resend(lost[: self._repairs.take_most(len(lost), now)], now)
        if airy:
            self._repeats.note(output.ssrc, repeated, now)

    def _learn(self, block: rtcp.ReportBlock, now: float) -> None:
        """Take in how one of the slots arrives."""
        output = self._by_ssrc.get(block.ssrc)
        if output is None:
            return
        self.estimate.count(block.ssrc, block.highest, block.lost, now)
        round_trip = output.reports.round_trip(block, now)
        if round_trip is not None:
            self.estimate.time(*round_trip)

    def _request_key_frame(self, ssrc: int, now: float) -> None:
        output = self._by_ssrc.get(ssrc)
        if output is not None and output.source is not None:
            output.source.key_frame_wanted = True

    def tick(self, now: float, turn: int) -> None:
        """What is due by the clock, one `turn` every `TURN_SECONDS`."""
        self.transport.tick(now)
        if not self.up:
            return
        asking = self.publisher.asking
        asking.round_trip, asking.airy = self.estimate.round_trip, self.estimate.airy
        self.publisher.ask(now)
        if turn % _TURNS_PER_FEEDBACK == 0:
            self.publisher.feed_back()
        if turn % _TURNS_PER_BEAT == 0:
            self.publisher.beat(now)
            for output in self._ears:
                output.lost = self.estimate.losses.part
                if self.estimate.doubtful:
                    output.reports.ask(output.source, self._epoch + now, now)

    def close(self) -> None:
        """Say goodbye and free everything."""
        self.transport.close()


def _theirs(offer: Offer) -> Credentials:
    return Credentials(offer.name, offer.password, offer.fingerprint)


def _outputs(
    offer: Offer, slots: Sequence[Sources], transport: Transport, bits: Callable[[int], int]
) -> Mapping[tuple[int, Kind], Output]:
    outputs = {}
    for position, line in enumerate(offer.lines[2:]):
        slot = position // 2
        sources = slots[slot]
        outputs[slot, line.kind] = Output(
            kind=line.kind,
            name=f"slot{slot}",
            ssrc=sources.audio if line.kind is Kind.AUDIO else sources.video,
            payload_type=line.payload_type,
            send=transport.send_packet,
            send_report=transport.send_report,
            bits=bits,
            repair=None if line.repair_type is None else (sources.repair, line.repair_type),
            sent_at=line.extensions.get("sent_at") if line.kind is Kind.VIDEO else None,
            line=transport.line,
            way=transport.way,
        )
    return outputs
