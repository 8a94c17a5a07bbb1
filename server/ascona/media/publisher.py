"""What one person sends: a microphone and a camera's layers, handed to those whose gates are open."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from ascona.core.media_plan import Kind
from ascona.media import rtcp
from ascona.media.arrivals import Arrivals
from ascona.media.asking import Asking, Later, never
from ascona.media.camera import Camera, lead
from ascona.media.clocks import PeerClock
from ascona.media.fanout import FanOut, fan_out
from ascona.media.intake import Intake
from ascona.media.offer import LAYERS, Offer
from ascona.media.output import Output
from ascona.media.packet import Malformed, Packet, read_packet, read_picture, repaired
from ascona.media.track import Track

if TYPE_CHECKING:
    from ascona.media.native._port import Line

MOST_LOST_BEYOND = 0.25
"""Part lost between us and a listener that a speaker is told of at most: Opus does no more about a larger one."""

_NAME = "ascona"
_LARGEST_PAYLOAD = 1320  # bytes; with our headers and libsrtp's trailer it still fits a datagram


class Publisher:
    """
    The inward half of a connection.

    Attributes:
        camera: Who gets which of its layers.
        asking: For what is lost on the way here.
        arrived: Packets with content so far, by kind; belongs to the person and outlives the connection.
    """

    def __init__(
        self,
        offer: Offer,
        ssrc: int,
        arrived: Counter[Kind],
        send: Callable[[bytes], None],
        counts: Counter[str],
        fan_out: FanOut = fan_out,
        epoch: float = 0.0,
        line: "Line | None" = None,
        later: Later = never,
    ) -> None:
        """
        Args:
            ssrc: Ours, in reports.
            send: Takes plain RTCP for this publisher.
            fan_out: Sends a packet on.
            epoch: Seconds from 1970 to the moment our clock counts from.
            line: Deals with usual packets by itself, and leaves the others to `receive`.
            later: See `Asking`.
        """
        audio, video = offer.lines[:2]
        self._audio_type, self._video_type, self._repair_type = (
            audio.payload_type,
            video.payload_type,
            video.repair_type,
        )
        names = {**audio.extensions, **video.extensions}
        self._rid, self._repaired_rid = names.get("rid"), names.get("repaired_rid")
        self._transport_wide = names.get("transport_wide")
        self._layers = video.layers
        self._declared_repairs = video.repairs
        self.arrived = arrived
        self._ssrc = ssrc
        self._send = send
        self._fan_out = fan_out
        self._counts = counts
        self._epoch = epoch
        self._tracks: dict[int, Track] = {}  # by SSRC
        self._repairs: dict[int, Track] = {}  # by the SSRC that repairs them
        self._clock = PeerClock()
        self._ears: tuple[Output, ...] = ()
        self._voice: Track | None = None
        # Not a method of ours: what refers to itself is kept until a collector comes, and with it all that was kept.
        self.camera = Camera(video.layers, partial(_ask_for_picture, send, ssrc), counts)
        self.asking = Asking(self._tracks, partial(_ask_for_packets, send, ssrc), later)
        self._arrivals = Arrivals()
        self._line = line
        self._intake = Intake if line is None else line.intake
        if line is not None:
            line.note(self._transport_wide or 0, self._arrivals.at, arrived)

    # --- the gate ---

    def admit(self, output: Output, now: float, layer: str = LAYERS[0]) -> None:
        """Open the gate to one output; pictures start with a key frame, asked for here."""
        if output.kind is Kind.AUDIO:
            self._ears += (output,)
            lead(output, self._voice)
        else:
            self.camera.admit(output, layer, now)

    def dismiss(self, output: Output) -> None:
        """Shut the gate to one output: it gets no packet that arrives after this."""
        for track in self._tracks.values():
            track.outputs = tuple(other for other in track.outputs if other is not output)
        self._ears = tuple(other for other in self._ears if other is not output)
        self.camera.dismiss(output)
        output.follow(None)

    def silence(self) -> None:
        """Shut every gate at once."""
        for track in self._tracks.values():
            track.outputs = ()
        for output in self._ears:
            output.follow(None)
        self._ears = ()
        self.camera.silence()

    def reached(self) -> Iterator[Output]:
        """Everybody who is on a list here, or would be with the next key frame or the next track."""
        yield from self._ears
        yield from self.camera.watchers()
        for track in self._tracks.values():
            yield from track.outputs

    def tracks(self) -> Iterator[Track]:
        """What arrives, one by one."""
        yield from self._tracks.values()

    @property
    def voice_rate(self) -> float:
        """Bits a second of the voice, headers included."""
        return (self._voice.rate or 0.0) if self._voice is not None else 0.0

    # --- packets ---

    def receive(self, datagram: bytes, now: float) -> None:
        """
        Forward one decrypted packet.

        Raises:
            Malformed: If it is not RTP, or not VP8 where VP8 was agreed.
        """
        packet, extensions = read_packet(datagram)
        if self._transport_wide is not None and self._transport_wide in extensions:
            self._arrivals.note(extensions[self._transport_wide], now)
        if not packet.payload:
            return  # padding, sent to find out how much fits
        if packet.payload_type == self._repair_type:
            self._repair(packet, extensions, now)
            return
        kind = Kind.AUDIO if packet.payload_type == self._audio_type else Kind.VIDEO
        track = self._tracks.get(packet.ssrc) or self._bound(kind, packet, extensions)
        if track is not None and track.kind is not kind:
            raise Malformed("a voice does not become a picture, nor a picture a voice")
        if track is not None:
            self._distribute(track, packet, False, now)

    def _repair(self, packet: Packet, extensions: Mapping[int, bytes], now: float) -> None:
        track = self._repairs.get(packet.ssrc) or self._bound_repair(packet.ssrc, extensions)
        if track is None:
            self._counts["unknown_repair"] += 1
        elif len(packet.payload) > 2:
            self._distribute(track, repaired(packet, track.ssrc), True, now)

    def _distribute(self, track: Track, packet: Packet, repair: bool, now: float) -> None:
        if len(packet.payload) > _LARGEST_PAYLOAD:
            raise Malformed("too large to be sent on")
        picture = read_picture(packet.payload) if track.kind is Kind.VIDEO else None
        if not track.accept(packet, repair, now):
            return
        self.arrived[track.kind] += 1
        if track.gap:
            self.asking.ask_for(track, now)
        if picture is not None and picture.key and packet.sequence == track.highest:
            self.camera.take_over(track, now)  # not with a late one: see `Output.forward`
        self._fan_out(track.outputs, packet, picture, now)

    def _bound(self, kind: Kind, packet: Packet, extensions: Mapping[int, bytes]) -> Track | None:
        """The track of an SSRC seen for the first time: by payload type, then by layer."""
        layer = None
        if kind is Kind.VIDEO and self._layers:
            layer = _text(extensions.get(self._rid or 0))
            if layer not in self._layers:
                self._counts["unknown_layer"] += 1
                return None
        for older in [other for other in self._tracks.values() if (other.kind, other.layer) == (kind, layer)]:
            self._unbind(older)
        track = self._tracks[packet.ssrc] = Track(kind, packet.ssrc, layer, self._clock, self._intake)
        if self._line is not None:
            self._line.bind(track, packet.payload_type)
        if kind is Kind.AUDIO:
            self._voice = track
            for output in self._ears:
                lead(output, track)
        else:
            self.camera.tracks[layer] = track
        return track

    def _unbind(self, track: Track) -> None:
        del self._tracks[track.ssrc]
        if self._line is not None:
            self._line.unbind(track.ssrc)
        for ssrc in [ssrc for ssrc, other in self._repairs.items() if other is track]:
            del self._repairs[ssrc]
        for output in track.outputs:
            lead(output, None)

    def _bound_repair(self, ssrc: int, extensions: Mapping[int, bytes]) -> Track | None:
        """The track that a retransmission belongs to; None before the track itself is known."""
        layer = _text(extensions.get(self._repaired_rid or 0))
        declared = self._declared_repairs.get(ssrc)
        for track in self._tracks.values():
            if track.kind is Kind.VIDEO and (track.ssrc == declared or (layer and track.layer == layer)):
                self._repairs[ssrc] = track
                return track
        return None

    # --- reports ---

    def reported(self, report: rtcp.SenderReport, now: float) -> None:
        """Give every listener the publisher's clock, on ours: all lips then move with their voices."""
        track = self._tracks.get(report.ssrc)
        if track is None or not track.reported(report, now):
            return
        moment = track.moment(report.timestamp)
        if moment is None:
            return
        for output in track.outputs:
            output.reports.send(report.timestamp, rtcp.ntp_time(self._epoch + moment), now)

    def ask(self, now: float) -> None:
        """Ask for the packets and key frames that are missing."""
        self.asking.ask(now)
        self.camera.request(now)

    def feed_back(self) -> None:
        """Say when packets arrived."""
        feedback = self._arrivals.report(self._ssrc, next(iter(self._tracks), 0))
        if feedback is not None:
            self._send(rtcp.receiver_report(self._ssrc, _NAME) + feedback)

    def beat(self, now: float) -> None:
        """Report what arrives; also the sign of life by which a browser knows that its line holds."""
        for track in self._tracks.values():
            track.measure(now)
        blocks = [block for track in self._tracks.values() if (block := self._block(track, now)) is not None]
        self._send(rtcp.receiver_report(self._ssrc, _NAME, blocks))

    def _block(self, track: Track, now: float) -> rtcp.ReportBlock | None:
        """
        How a track arrives; of a voice, how it arrives at whoever hears it worst; and, over bad air, so much later
        than it was that the way seems shorter (`Asking.untold`).

        Opus adds its own repair only when its browser is told of losses, and from here on only we know of them. Only
        the fraction says so: browsers find their rates by counts and times of arrival, and no picture shall suffer.
        """
        block = track.block(now)
        if block is None:
            return None
        if block.last_report:  # what has passed since is not the way's: RFC 3550 section 6.4.1
            block = replace(block, since_report=block.since_report + int(self.asking.untold * 65536))
        if track is not self._voice:
            return block
        beyond = min(MOST_LOST_BEYOND, max((output.lost for output in self._ears), default=0.0))
        return replace(block, lost_fraction=max(block.lost_fraction, int(256 * beyond)))


def _ask_for_packets(send: Callable[[bytes], None], ssrc: int, track: Track, lost: list[int]) -> None:
    send(rtcp.receiver_report(ssrc, _NAME) + rtcp.nack(ssrc, track.ssrc, lost))


def _ask_for_picture(send: Callable[[bytes], None], ssrc: int, track: Track) -> None:
    send(rtcp.receiver_report(ssrc, _NAME) + rtcp.pli(ssrc, track.ssrc))


def _text(element: bytes | None) -> str:
    return element.decode("ascii", "replace") if element else ""
