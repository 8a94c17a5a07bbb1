"""One person's way in and out: ICE-lite, DTLS and SRTP over the shared port."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from ascona.media.admission import Allowance
from ascona.media.answer import Credentials
from ascona.media.checks import Check, write_question
from ascona.media.handshake import Handshake, HandshakeFailed, Identity, Secured, SrtpError, State
from ascona.media.mux import Asked, Mux
from ascona.media.places import ASK_SECONDS, Address, Checks, First, Place, Places, Question, Transactions
from ascona.media.receiver import Nobody, Receiver
from ascona.media.way import Way

HANDSHAKE_SECONDS = 10.0
"""From the first connectivity check to the keys; then the connection is given up."""

RECORDS_PER_SECOND = 20.0
"""DTLS datagrams read from one person once there are keys: a goodbye, or the last flight of their handshake again."""


@dataclass(frozen=True, slots=True)
class _Names:
    """One ICE generation: our password, and what the peer is asked by."""

    password: str
    theirs: Credentials


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
        theirs: Credentials,
        receiver: Receiver,
        token: Callable[[int], str],
        counts: Counter[str],
    ) -> None:
        """
        Args:
            theirs: What the peer's offer named.
            token: Gives so many random hexadecimal digits, for ICE names, passwords and transactions.
            counts: Where failures are counted.
        """
        self._mux = mux
        self._identity = identity
        self._handshake = Handshake(identity, theirs.fingerprint)
        self._receiver: Receiver = receiver
        self._token = token
        self._counts = counts
        self._places = Places()
        self._transactions = Transactions()
        self._names: dict[str, _Names] = {}  # by our user name fragments, oldest first
        self._doubtful_checks = Checks()  # from addresses that have not answered
        self._records = Allowance(RECORDS_PER_SECOND)
        self._heard: Address | None = None  # where what was genuine last came from, as far as Python knows
        self._hearing: Address | None = None
        self._first_check: float | None = None
        self._secured: Secured | None = None
        self.sending = False
        self.way = Way(mux.sendto, counts)
        self.line = None if mux.native is None else mux.native.line()
        self.restart(theirs)

    # --- ICE ---

    def restart(self, theirs: Credentials) -> None:
        """Take new ICE credentials, ours and the peer's; the last ones stay valid until the new ones are used."""
        while len(self._names) > 1:
            self._forget_name(next(iter(self._names)))
        self.credentials = Credentials(self._token(8), self._token(32), self._identity.fingerprint)
        self._names[self.credentials.name] = _Names(self.credentials.password, theirs)
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
        names = self._names.get(name)
        return names.password if names else None

    def holds(self, address: Address, now: float) -> bool:
        """Whether the peer has answered from this address, and not too long ago."""
        place = self._places.get(address)
        return place is not None and place.believed(now)

    def checked(self, check: Check, address: Address, now: float) -> None:
        """
        Answer a valid check, and ask back where it seems to come from.

        Nothing else goes there before it has answered, and no other connection loses an address to it that has answered
        that one. A check that came from elsewhere before is not answered where nothing else shows whose it is.
        """
        place = self._places.get(address)
        believed = place is not None and place.believed(now)
        first = self._transactions.first(check.transaction)
        if not (place.checks if place is not None and believed else self._doubtful_checks).take(now, first is None):
            self._counts["too_many_checks"] += 1
            return
        if not self._mux.claim(address, self, now):
            self._counts["taken_addresses"] += 1
            return
        if check.name == self.credentials.name:
            for older in [known for known in self._names if known != check.name]:
                self._forget_name(older)
        if place is None:
            place = self._listen_to(address, check.name, now)
        self._note(place, check, first, now)
        if place.wants_asking(now):
            self._ask(place, now)
        if not believed and first is not None and first.address != address:
            self._counts["copied_checks"] += 1
            return
        answer = check.answer(_of(address), self._names[check.name].password)
        if place.spend(len(answer), now):
            self._mux.send(answer, address)

    def _note(self, place: Place, check: Check, first: First | None, now: float) -> None:
        place.name = check.name
        place.earn(check.size)
        if self._first_check is None:
            self._first_check = now
        if first is not None:  # it says nothing new, but if the peer answers from here, it may be their wish
            if check.nominated and not place.believed(now):
                place.nominated_at = max(place.nominated_at, first.at)
            return
        self._transactions.note(check.transaction, place.address, now)
        place.checked_at = now
        if check.nominated:
            place.nominated_at = now
        self._prefer(place, check.nominated, now)

    def _listen_to(self, address: Address, name: str, now: float) -> Place:
        place = self._places.add(address, name)
        self._make_room(place, now)
        return place

    def _make_room(self, new: Place, now: float) -> None:
        heard = (self._heard, None if self.line is None else self.line.heard())
        while (surplus := self._places.surplus({new.address, *heard}, now)) is not None:
            self._forget_place(surplus)

    def _forget_place(self, place: Place) -> None:
        self._forget_question(place)
        self._places.remove(place)
        if self._mux.places.get(place.address) is self:
            del self._mux.places[place.address]

    def _ask(self, place: Place, now: float) -> None:
        """Ask an address to show that the peer is there: with something new, or with what it has been asked already."""
        question = place.question
        if question is None or now - question.began > ASK_SECONDS:
            self._forget_question(place)
            question = place.question = self._question(place, now)
        question.repeated_at = now
        if place.spend(len(question.datagram), now):
            self._mux.send(question.datagram, place.address)

    def _question(self, place: Place, now: float) -> Question:
        name = place.name if place.name in self._names else self.credentials.name
        theirs, transaction = self._names[name].theirs, bytes.fromhex(self._token(24))
        self._mux.asked[transaction] = Asked(place.address, theirs.password, partial(self._answered, place))
        datagram = write_question(transaction, theirs.name, name, theirs.password)
        return Question(transaction, datagram, began=now)

    def _forget_question(self, place: Place) -> None:
        if place.question is not None:
            self._mux.asked.pop(place.question.transaction)
            place.question = None

    def _answered(self, place: Place, now: float) -> None:
        """The peer is where it was asked."""
        self._forget_question(place)
        if not self._mux.claim(place.address, self, now):
            self._counts["taken_addresses"] += 1
            return
        # What was wished for while it waited for this counts, unless something else has been wished for since.
        aimed = self._places.aimed
        wished = not place.believed(now) and (aimed is None or aimed.nominated_at < place.nominated_at)
        place.answered_at = now
        self._make_room(place, now)
        self._prefer(place, wished, now)
        early, place.early = place.early, []
        for datagram in early:
            self.receive_handshake(datagram, place.address, now)

    def _prefer(self, place: Place, nominated: bool, now: float) -> None:
        """Perhaps send there from now on; and go on, if it had to stop."""
        if self._places.prefer(place, nominated, now):
            self._lend()
        if self._places.aimed is not None and self._places.aimed.believed(now):
            self._set_sending(self._secured is not None)

    # --- DTLS ---

    def receive_handshake(self, datagram: bytes, address: Address, now: float) -> None:
        """Read a DTLS datagram, and answer where it came from, once that has answered us."""
        place = self._places.get(address)
        if place is None:
            return
        if self._secured is None and not place.believed(now):
            place.keep(datagram)
            return
        if self._secured is not None and not self._records.take(now):
            self._counts["too_many_records"] += 1
            return
        try:
            self._handshake.receive(datagram)
        except HandshakeFailed as failure:
            self._fail(str(failure), place, now)
            return
        self._flush(place, now)
        if self._handshake.state is State.CLOSED:
            self.close()
        elif self._secured is None and self._handshake.secured is not None:
            self._secured = self._handshake.secured
            if self.line is not None:
                self.line.open(self._secured.inbound.keys, self._secured.inbound, self._receiver)
            self._set_sending(True)

    def _flush(self, place: Place | None, now: float) -> None:
        """Send what the handshake has to say; it waits where nobody may be sent to."""
        if place is not None and place.believed(now):
            flight = self._handshake.take()
            if flight:
                self._mux.send(flight, place.address)

    def _fail(self, reason: str, place: Place | None, now: float) -> None:
        self._counts[reason] += 1
        self._flush(place, now)
        self.close()

    # --- SRTP ---

    def receive_media(self, datagram: bytes, address: Address, now: float) -> None:
        """Pass media on, once there are keys for it."""
        self._hearing = address
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
            opened = unprotect(datagram)
        except (SrtpError, ValueError):
            self._counts["not_genuine"] += 1
            return None
        self._heard = self._hearing
        return opened

    def send_packet(self, head: bytes, body: bytes, left_out: int = 0) -> None:
        """Encrypt and send RTP, as `head + body[left_out:]`; nothing happens while nobody consents to it."""
        if self.sending and self._secured is not None and self._places.aimed is not None:
            try:
                self._mux.send(self._secured.outbound.protect(head, body, left_out), self._places.aimed.address)
            except (SrtpError, ValueError):
                self._counts["not_protected"] += 1

    def send_report(self, report: bytes) -> None:
        """Encrypt and send RTCP; nothing happens while nobody consents to it."""
        if self.sending and self._secured is not None and self._places.aimed is not None:
            try:
                self._mux.send(self._secured.outbound.protect_rtcp(report), self._places.aimed.address)
            except (SrtpError, ValueError):
                self._counts["not_protected"] += 1

    # --- time and end ---

    def tick(self, now: float) -> None:
        """Look at the clock: ask again, repeat flights, give up a handshake, notice that consent has run out."""
        if self.ended or self._first_check is None:
            return
        self._ask_again(now)
        aimed = self._places.aimed
        if self.sending and (aimed is None or not aimed.believed(now)):
            self._counts["consent_expired"] += 1
            self._set_sending(False)
        if self._secured is not None:
            return  # the last flight is ours, and repeated only when the peer repeats its own (RFC 6347 section 4.2.4)
        if now - self._first_check > HANDSHAKE_SECONDS:
            self._fail("handshake_late", aimed, now)
            return
        try:
            self._handshake.retransmit()
        except HandshakeFailed as failure:
            self._fail(str(failure), aimed, now)
            return
        self._flush(aimed, now)

    def _ask_again(self, now: float) -> None:
        """Repeat what is not answered; and where we send, see to it that we may (RFC 7675 section 5.1)."""
        for place in self._places:
            waiting = place.question is not None and now - place.question.began <= ASK_SECONDS
            if (waiting or place is self._places.aimed) and place.wants_asking(now):
                self._ask(place, now)

    def close(self) -> None:
        """Say goodbye, forget every address and name; doing it again does nothing."""
        if self.ended:
            return
        self._handshake.close()
        goodbye, aimed = self._handshake.take(), self._places.aimed
        if goodbye and aimed is not None and (self.sending or self._secured is None):
            self._mux.send(goodbye, aimed.address)
        for place in self._places:
            self._forget_place(place)
        for name in list(self._names):
            self._forget_name(name)
        self._secured = None
        if self.line is not None:
            self.line.shut()
        self._set_sending(False)
        self._receiver = Nobody()

    def _lend(self) -> None:
        """Let packets take the short way as long as they may leave at all, by UDP."""
        address = None if self._places.aimed is None else self._places.aimed.address
        if self.sending and self._secured is not None and isinstance(address, tuple):
            outbound = self._secured.outbound
            self.way.aim(outbound, address)
            if self.line is not None:
                self.line.aim(outbound.keys, outbound, address)
        else:
            self.way.rest()
            if self.line is not None:
                self.line.rest()

    def _set_sending(self, sending: bool) -> None:
        if sending != self.sending:
            self.sending = sending
            self._lend()
            self._receiver.changed()


def _of(address: Address) -> tuple[Any, ...]:
    """The address and port at the other end."""
    return address if isinstance(address, tuple) else address.peer
