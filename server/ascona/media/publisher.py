"""What one person sends: a microphone and a camera's layers, handed to those whose gates are open."""

from collections import Counter
from collections.abc import Callable, Mapping

from ascona.core.media_plan import Kind
from ascona.media import rtcp
from ascona.media.arrivals import Arrivals
from ascona.media.offer import Offer
from ascona.media.output import FanOut, Output, fan_out
from ascona.media.packet import Malformed, Packet, read_packet, read_picture, repaired
from ascona.media.track import Track

_NAME = "ascona"
_LARGEST_PAYLOAD = 1320  # bytes; with our headers and libsrtp's trailer it still fits a datagram


class Publisher:
    """
    The inward half of a connection.

    Attributes:
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
    ) -> None:
        """
        Args:
            ssrc: Ours, in reports.
            send: Takes plain RTCP for this publisher.
            fan_out: Sends a packet on.
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
        self._tracks: dict[int, Track] = {}  # by SSRC
        self._repairs: dict[int, Track] = {}  # by the SSRC that repairs them
        self._audiences: dict[Kind, tuple[Output, ...]] = {Kind.AUDIO: (), Kind.VIDEO: ()}
        self._forwarded: dict[Kind, Track | None] = {Kind.AUDIO: None, Kind.VIDEO: None}
        self._arrivals = Arrivals()

    # --- the gate ---

    def admit(self, output: Output, now: float) -> None:
        """Open the gate to one output; pictures start with a key frame, asked for here."""
        self._audiences[output.kind] += (output,)
        self._forward(output.kind, self._forwarded[output.kind])
        self._request_pictures(now)

    def dismiss(self, output: Output) -> None:
        """Shut the gate to one output: it gets no packet that arrives after this."""
        self._audiences[output.kind] = tuple(other for other in self._audiences[output.kind] if other is not output)
        for track in self._tracks.values():
            track.outputs = tuple(other for other in track.outputs if other is not output)
        output.follow(None)

    def _forward(self, kind: Kind, track: Track | None) -> None:
        """Make this track the one that is forwarded; those in the audience who had another start with it anew."""
        last = self._forwarded[kind]
        if last is not None and last is not track:
            last.outputs = ()
        self._forwarded[kind] = track
        for output in self._audiences[kind]:
            if output.source is not track:
                output.follow(track)
        if track is not None:
            track.outputs = self._audiences[kind]

    def silence(self) -> None:
        """Shut every gate at once."""
        for output in (*self._audiences[Kind.AUDIO], *self._audiences[Kind.VIDEO]):
            output.follow(None)
        self._audiences = {Kind.AUDIO: (), Kind.VIDEO: ()}
        for track in self._tracks.values():
            track.outputs = ()

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
        track = self._tracks.get(packet.ssrc) or self._bound(packet, extensions)
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
            self._ask_again(track, now)
        if picture is not None:
            track.keep(packet, picture)
            if picture.key and self._takes_over(track, packet, now):
                self._forward(Kind.VIDEO, track)
        self._fan_out(track.outputs, packet, picture, now)

    def _bound(self, packet: Packet, extensions: Mapping[int, bytes]) -> Track | None:
        """The track of an SSRC seen for the first time: by payload type, then by layer."""
        if packet.payload_type == self._audio_type:
            track = Track(Kind.AUDIO, packet.ssrc)
        elif not self._layers:
            track = Track(Kind.VIDEO, packet.ssrc)
        else:
            layer = _text(extensions.get(self._rid or 0))
            if layer not in self._layers:
                self._counts["unknown_layer"] += 1
                return None
            track = Track(Kind.VIDEO, packet.ssrc, layer)
        for older in [
            other for other in self._tracks.values() if (other.kind, other.layer) == (track.kind, track.layer)
        ]:
            self._unbind(older)
        self._tracks[packet.ssrc] = track
        if self._forwarded[track.kind] is None:
            self._forward(track.kind, track)
        return track

    def _unbind(self, track: Track) -> None:
        del self._tracks[track.ssrc]
        for ssrc in [ssrc for ssrc, other in self._repairs.items() if other is track]:
            del self._repairs[ssrc]
        if self._forwarded[track.kind] is track:
            self._forward(track.kind, None)

    def _bound_repair(self, ssrc: int, extensions: Mapping[int, bytes]) -> Track | None:
        """The track that a retransmission belongs to; None before the track itself is known."""
        layer = _text(extensions.get(self._repaired_rid or 0))
        declared = self._declared_repairs.get(ssrc)
        for track in self._tracks.values():
            if track.kind is Kind.VIDEO and (track.ssrc == declared or (layer and track.layer == layer)):
                self._repairs[ssrc] = track
                return track
        return None

    # --- layers and key frames ---

    def _best(self, now: float) -> Track | None:
        """The largest layer that is alive; while none is, the one that is forwarded."""
        alive = {track.layer: track for track in self._tracks.values() if track.kind is Kind.VIDEO and track.alive(now)}
        ordered = (alive.get(layer) for layer in reversed(self._layers or (None,)))
        return next((track for track in ordered if track is not None), self._forwarded[Kind.VIDEO])

    def _takes_over(self, track: Track, packet: Packet, now: float) -> bool:
        """Whether listeners switch to this layer with this key frame; not with a late one: see `Output.forward`."""
        newest = packet.sequence == track.highest
        return newest and track is not self._forwarded[Kind.VIDEO] and track is self._best(now)

    def _request_pictures(self, now: float) -> None:
        """Ask for a key frame while somebody waits for one, or a better layer has come to life."""
        shown, best = self._forwarded[Kind.VIDEO], self._best(now)
        if best is None:
            return
        if best is not shown and all(output.waiting for output in self._audiences[Kind.VIDEO]):
            self._forward(Kind.VIDEO, best)  # nobody sees a picture that would break off
            shown = best
        if not self._audiences[Kind.VIDEO] or not best.alive(now):
            return
        if best is not shown or best.key_frame_wanted or any(output.waiting for output in best.outputs):
            self._request(best, now)

    def _request(self, track: Track, now: float) -> None:
        if track.key_frame_due(now):
            self._send(rtcp.receiver_report(self._ssrc, _NAME) + rtcp.pli(self._ssrc, track.ssrc))

    # --- reports ---

    def reported(self, report: rtcp.SenderReport, now: float) -> Track | None:
        """Note a sender report; returns the track it is about if its outputs are to repeat it."""
        track = self._tracks.get(report.ssrc)
        return track if track is not None and track.reported(report, now) else None

    def ask(self, now: float) -> None:
        """Ask for the packets and key frames that are missing."""
        for track in self._tracks.values():
            self._ask_again(track, now)
        self._request_pictures(now)

    def _ask_again(self, track: Track, now: float) -> None:
        lost = track.asks(now)
        if lost:
            self._send(rtcp.receiver_report(self._ssrc, _NAME) + rtcp.nack(self._ssrc, track.ssrc, lost))

    def feed_back(self) -> None:
        """Say when packets arrived."""
        feedback = self._arrivals.report(self._ssrc, next(iter(self._tracks), 0))
        if feedback is not None:
            self._send(rtcp.receiver_report(self._ssrc, _NAME) + feedback)

    def beat(self, now: float) -> None:
        """Report what arrives; also the sign of life by which a browser knows that its line holds."""
        blocks = [block for track in self._tracks.values() if (block := track.block(now)) is not None]
        self._send(rtcp.receiver_report(self._ssrc, _NAME, blocks))


def _text(element: bytes | None) -> str:
    return element.decode("ascii", "replace") if element else ""
