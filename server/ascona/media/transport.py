"""One person's way in and out: ICE-lite, DTLS and SRTP over the shared port."""

from collections import Counter
from collections.abc import Callable

from ascona.media.admission import Allowance
from ascona.media.answer import Credentials
from ascona.media.handshake import Handshake, HandshakeFailed, Identity, Secured, SrtpError, State
from ascona.media.mux import Address, Mux
from ascona.media.receiver import Nobody, Receiver
from ascona.media.way import Way

HANDSHAKE_SECONDS = 10.0
"""From the first connectivity check to the keys; then the connection is given up."""

CONSENT_SECONDS = 30.0
"""Without a connectivity check for so long, sending stops (RFC 7675 section 5.1)."""

UDP_SILENT_SECONDS = 3.0
"""Without a check for so long, a way by UDP may be left for one by TCP; browsers check the one in use more often."""

UNCHECKED_SECONDS = 12.0
"""Without a check for so long, where we send is left for any address that is checked: whoever is at the old one has not
consented. The slowest check every 4 to 6 seconds, and some (aiortc, for one) nominate nothing twice."""

CHECKS_PER_SECOND = 100.0
"""Connectivity checks taken from one person: a browser with many ways to try sends one every 20 to 50 ms at first."""

_MOST_PLACES = 4  # addresses listened to: a telephone between Wi-Fi and mobile has two


class Transport:
    """
    One connection of one person.

    Attributes:
        sending: There are keys, and the peer consents to being sent to.
        way: Which usual packets take out where Python sends them.
        line: The way that packets take in C, in and out; None where everything goes through Python.
    """

    def __init__(
        self,
        mux: Mux,
        identity: Identity,
        fingerprint: str,
        receiver: Receiver,
        token: Callable[[int], str],
        counts: Counter[str],
    ) -> None:
        """
        Args:
            fingerprint: SHA-256 of the certificate the peer's offer named.
            token: Gives so many random characters, for ICE names and passwords.
            counts: Where failures are counted.
        """
        self._mux = mux
        self._identity = identity
        self._handshake = Handshake(identity, fingerprint)
        self._receiver: Receiver = receiver
        self._token = token
        self._counts = counts
        self._address: Address | None = None  # where we send
        self._places: list[Address] = []  # where we listen, oldest first
        self._names: dict[str, str] = {}  # passwords by user name fragment, oldest first
        self._checks = Allowance(CHECKS_PER_SECOND)
        self._first_check: float | None = None
        self._last_check = 0.0
        self._address_checked = 0.0
        self._secured: Secured | None = None
        self.sending = False
        self.way = Way(mux.sendto, counts)
        self.line = None if mux.native is None else mux.native.line()
        self.restart()

    # --- ICE ---

    def restart(self) -> None:
        """Take new ICE credentials; the last ones stay valid until the new ones are used."""
        while len(self._names) > 1:
            self._forget_name(next(iter(self._names)))
        self.credentials = Credentials(self._token(8), self._token(32), self._identity.fingerprint)
        self._names[self.credentials.name] = self.credentials.password
        self._mux.endpoints[self.credentials.name] = self

    @property
    def ended(self) -> bool:
        """Whether it has been closed, by whichever side."""
        return not self._names

    def _forget_name(self, name: str) -> None:
        del self._names[name]
        del self._mux.endpoints[name]

    def password(self, name: str) -> str | None:
        """The ICE password that belongs to one of the user name fragments."""
        return self._names.get(name)

    def checked(self, name: str, address: Address, nominated: bool, now: float) -> bool:
        """
        Learn where the peer is from a valid check; whether it is to be answered, or is one too many.

        A nominated address (USE-CANDIDATE) is where we send from now on: Wi-Fi to mobile, or a NAT's new mind. So is
        any that is checked when the last one has not been for long.
        TCP takes over from UDP only once that is silent: some browsers nominate every way that answers (RFC 8445
        section 8.1.1), and TCP answers last.
        """
        if not self._checks.take(now):
            self._counts["too_many_checks"] += 1
            return False
        if name == self.credentials.name:
            for older in [known for known in self._names if known != name]:
                self._forget_name(older)
        self._listen_to(address)
        if self._address is None or self._unchecked(now) or (nominated and self._gives_way(address, now)):
            self._aim(address)
        if address == self._address:
            self._address_checked = now
        if self._first_check is None:
            self._first_check = now
        self._last_check = now
        self._set_sending(self._secured is not None)
        return True

    def _aim(self, address: Address) -> None:
        if address != self._address:
            self._address = address
            self._lend()

    def _unchecked(self, now: float) -> bool:
        return now - self._address_checked > UNCHECKED_SECONDS

    def _gives_way(self, address: Address, now: float) -> bool:
        """Whether where we send is left for this: always for UDP; for TCP, if it is UDP no more heard of, or TCP."""
        udp, to_udp = isinstance(self._address, tuple), isinstance(address, tuple)
        return to_udp or not udp or now - self._address_checked > UDP_SILENT_SECONDS

    def _listen_to(self, address: Address) -> None:
        self._mux.places[address] = self  # even if it was somebody else's: who proves it last is there
        if address in self._places:
            return
        self._places.append(address)
        if len(self._places) > _MOST_PLACES:
            oldest = next(place for place in self._places if place != self._address)
            self._forget_place(oldest)

    def _forget_place(self, address: Address) -> None:
        self._places.remove(address)
        if self._mux.places.get(address) is self:
            del self._mux.places[address]

    # --- DTLS ---

    def receive_handshake(self, datagram: bytes, address: Address, now: float) -> None:
        """Read a DTLS datagram and answer where it came from."""
        try:
            self._handshake.receive(datagram)
        except HandshakeFailed as failure:
            self._fail(str(failure), address)
            return
        self._flush(address)
        if self._handshake.state is State.CLOSED:
            self.close()
        elif self._secured is None and self._handshake.secured is not None:
            self._secured = self._handshake.secured
            if self.line is not None:
                self.line.open(self._secured.inbound.keys, self._secured.inbound, self._receiver)
            self._set_sending(True)

    def _flush(self, address: Address) -> None:
        flight = self._handshake.take()
        if flight:
            self._mux.send(flight, address)

    def _fail(self, reason: str, address: Address) -> None:
        self._counts[reason] += 1
        self._flush(address)
        self.close()

    # --- SRTP ---

    def receive_media(self, datagram: bytes, now: float) -> None:
        """Pass media on, once there are keys for it."""
        if self._secured is not None:
            self._receiver.receive_media(datagram, now)

    def opened_packet(self, datagram: bytes) -> bytes | None:
        """The RTP in an SRTP datagram; None, counted, if it is not genuine."""
        return self._opened(self._secured.inbound.unprotect, datagram) if self._secured else None

    def opened_report(self, datagram: bytes) -> bytes | None:
        """The RTCP in an SRTCP datagram; None, counted, if it is not genuine."""
        return self._opened(self._secured.inbound.unprotect_rtcp, datagram) if self._secured else None

    def _opened(self, unprotect: Callable[[bytes], bytes], datagram: bytes) -> bytes | None:
        try:
            return unprotect(datagram)
        except (SrtpError, ValueError):
            self._counts["not_genuine"] += 1
            return None

    def send_packet(self, head: bytes, body: bytes, left_out: int = 0) -> None:
        """Encrypt and send RTP, as `head + body[left_out:]`; nothing happens while nobody consents to it."""
        if self.sending and self._secured is not None and self._address is not None:
            try:
                self._mux.send(self._secured.outbound.protect(head, body, left_out), self._address)
            except (SrtpError, ValueError):
                self._counts["not_protected"] += 1

    def send_report(self, report: bytes) -> None:
        """Encrypt and send RTCP; nothing happens while nobody consents to it."""
        if self.sending and self._secured is not None and self._address is not None:
            try:
                self._mux.send(self._secured.outbound.protect_rtcp(report), self._address)
            except (SrtpError, ValueError):
                self._counts["not_protected"] += 1

    # --- time and end ---

    def tick(self, now: float) -> None:
        """Look at the clock: repeat flights, give up a handshake, notice that consent has run out."""
        if self.ended or self._first_check is None or self._address is None:
            return
        if self.sending and now - self._last_check > CONSENT_SECONDS:
            self._counts["consent_expired"] += 1
            self._set_sending(False)
        if self._secured is not None:
            return  # the last flight is ours, and repeated only when the peer repeats its own (RFC 6347 section 4.2.4)
        if now - self._first_check > HANDSHAKE_SECONDS:
            self._fail("handshake_late", self._address)
            return
        try:
            self._handshake.retransmit()
        except HandshakeFailed as failure:
            self._fail(str(failure), self._address)
            return
        self._flush(self._address)

    def close(self) -> None:
        """Say goodbye, forget every address and name; doing it again does nothing."""
        if self.ended:
            return
        self._handshake.close()
        if self._address is not None:
            self._flush(self._address)
        for name in list(self._names):
            self._forget_name(name)
        for place in list(self._places):
            self._forget_place(place)
        self._secured = None
        if self.line is not None:
            self.line.shut()
        self._set_sending(False)
        self._receiver = Nobody()

    def _lend(self) -> None:
        """Let packets take the short way as long as they may leave at all, by UDP."""
        if self.sending and self._secured is not None and isinstance(self._address, tuple):
            outbound = self._secured.outbound
            self.way.aim(outbound, self._address)
            if self.line is not None:
                self.line.aim(outbound.keys, outbound, self._address)
        else:
            self.way.rest()
            if self.line is not None:
                self.line.rest()

    def _set_sending(self, sending: bool) -> None:
        if sending != self.sending:
            self.sending = sending
            self._lend()
            self._receiver.changed()
