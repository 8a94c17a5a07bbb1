"""DTLS handshakes and the SRTP keys they end in: the one file that touches private parts of aiortc and pylibsrtp."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from aiortc import RTCCertificate
from aiortc.rtcdtlstransport import SRTP_PROFILES, SRTPProtectionProfile
from OpenSSL import SSL
from pylibsrtp import Error as SrtpError
from pylibsrtp import Policy, Session
from pylibsrtp._binding import ffi, lib

__all__ = [
    "LARGEST_PACKET",
    "PROTECT",
    "UNPROTECT",
    "Handshake",
    "HandshakeFailed",
    "Identity",
    "Inbound",
    "Outbound",
    "Secured",
    "SrtpError",
    "State",
    "room",
]

LARGEST_PACKET = 1500 - 144
"""Bytes of RTP that `protect` accepts: libsrtp's trailer has to fit behind them."""

PROTECT, UNPROTECT = (
    int(ffi.cast("uintptr_t", ffi.addressof(lib, name))) for name in ("srtp_protect", "srtp_unprotect")
)
"""Where libsrtp's functions are in memory, for `native`."""

_GCM = [profile for profile in SRTP_PROFILES if profile.openssl_profile.endswith(b"_GCM")]
# Of the handshake itself; none without authenticated encryption (RFC 7525 section 4.2). Browsers offer all three.
_SUITES = b"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305"
_LABEL = b"EXTRACTOR-dtls_srtp"  # RFC 5764 section 4.2
_REPLAY_WINDOW = 1024  # packets; late repairs are still accepted
_FLIGHT = 8192  # bytes; one flight of ours is below 1200
_ROOM = 1500  # bytes of a packet and its trailer
# One place where every packet is encrypted and decrypted, as there is one thread: it stays in the processor's cache.
_room = ffi.new("char[]", _ROOM)
room = ffi.buffer(_room)
_length = ffi.new("int *")
_views: list[memoryview] = [memoryview(room)[:length] for length in range(_ROOM + 1)]
_srtp_protect, _srtp_unprotect, _OK = lib.srtp_protect, lib.srtp_unprotect, lib.srtp_err_status_ok


class HandshakeFailed(Exception):
    """The peer is not who its offer said, or speaks no DTLS-SRTP that we accept; carries a counter's name."""


class State(Enum):
    """How far a handshake is."""

    SHAKING = "shaking"
    DONE = "done"
    CLOSED = "closed"


class Identity:
    """The server's certificate: made anew with each process, shared by its connections."""

    def __init__(self) -> None:
        certificate = RTCCertificate.generateCertificate()
        self.fingerprint: str = next(
            print_.value for print_ in certificate.getFingerprints() if print_.algorithm == "sha-256"
        )
        self.context: SSL.Context = certificate._create_ssl_context(_GCM)
        self.context.set_cipher_list(_SUITES)


class Inbound:
    """The SRTP of one direction, decrypted where it can be; see `Outbound` for why."""

    __slots__ = ("_handle", "_session", "unprotect_rtcp")

    def __init__(self, session: Session) -> None:
        self.unprotect_rtcp: Callable[[bytes], bytes] = session.unprotect_rtcp
        self._session = session  # the handle below is its own, and lives as long
        self._handle = session._srtp[0]

    @property
    def keys(self) -> int:
        """Where libsrtp keeps them in memory, as long as this object lives."""
        return int(ffi.cast("uintptr_t", self._handle))

    def unprotect(self, datagram: bytes) -> bytes:
        """
        Decrypt one RTP packet.

        Raises:
            SrtpError: If it is not genuine, or a copy of one that was.
            ValueError: If it is longer than any that is read.
        """
        end = len(datagram)
        if end > _ROOM:
            raise ValueError("packet is too long")
        room[0:end] = datagram
        _length[0] = end
        if _srtp_unprotect(self._handle, _room, _length) != _OK:
            raise SrtpError("libsrtp refuses the packet")
        return bytes(room[0 : _length[0]])


class Outbound:
    """
    The SRTP of one direction, encrypted in the very bytes that are sent.

    It does what `Session.protect` does, without new objects and copies for each packet: they took most of the time.
    """

    __slots__ = ("_handle", "_session", "protect_rtcp")

    def __init__(self, session: Session) -> None:
        self.protect_rtcp: Callable[[bytes], bytes] = session.protect_rtcp
        self._session = session  # the handle below is its own, and lives as long
        self._handle = session._srtp[0]

    @property
    def keys(self) -> int:
        """Where libsrtp keeps them in memory, as long as this object lives."""
        return int(ffi.cast("uintptr_t", self._handle))

    def protect(self, head: bytes, body: bytes, left_out: int = 0) -> memoryview:
        """
        Encrypt one RTP packet that comes in two parts, cut anywhere: `head + body[left_out:]`.

        Returns:
            The datagram, valid until anything else is encrypted or decrypted: send it at once, or copy it.

        Raises:
            SrtpError: If libsrtp refuses it.
            ValueError: If it is longer than `LARGEST_PACKET`.
        """
        cut = len(head)
        start = cut - left_out
        end = start + len(body)
        if end > LARGEST_PACKET:
            raise ValueError("packet is too long")
        room[start:end] = body
        room[0:cut] = head  # over what is left out
        return self.seal(end)

    def seal(self, end: int) -> memoryview:
        """
        Encrypt the RTP packet that lies in `room`, so many bytes; the rest is as with `protect`.

        Raises:
            SrtpError: If libsrtp refuses it.
        """
        _length[0] = end
        if _srtp_protect(self._handle, _room, _length) != _OK:
            raise SrtpError("libsrtp refuses the packet")
        length: int = _length[0]
        return _views[length]


@dataclass(frozen=True, slots=True)
class Secured:
    """
    Both directions' SRTP; each call raises `SrtpError`, and `ValueError` when too long.
    """

    inbound: Inbound
    outbound: Outbound


class Handshake:
    """
    The passive side of one DTLS handshake, without a socket or a clock.

    After every call to `receive` or `retransmit`, send what `take` returns.
    """

    def __init__(self, identity: Identity, fingerprint: str) -> None:
        self._tls = SSL.Connection(identity.context)
        self._tls.set_accept_state()
        self._fingerprint = fingerprint
        self.state = State.SHAKING
        self.secured: Secured | None = None

    def receive(self, datagram: bytes) -> None:
        """
        Read one DTLS datagram; garbage is passed over, as DTLS does.

        Raises:
            HandshakeFailed: If there can be no connection any more.
        """
        if self.state is State.CLOSED:
            return
        self._tls.bio_write(datagram)
        if self.state is State.SHAKING:
            self._shake()
        else:
            self._listen()

    def _shake(self) -> None:
        try:
            self._tls.do_handshake()
        except SSL.WantReadError:
            return
        except SSL.Error as error:
            self.state = State.CLOSED
            raise HandshakeFailed("handshake_broken") from error
        try:
            self.secured = self._agreed()
        except HandshakeFailed:
            self.close()
            raise
        self.state = State.DONE

    def _listen(self) -> None:
        try:
            while True:  # until nothing is left: a datagram holds many records, and OpenSSL keeps what is not read
                self._tls.recv(_FLIGHT)
        except SSL.ZeroReturnError:
            self.close()
        except SSL.Error:
            pass  # nothing but handshakes is spoken here; stray records change nothing

    def _agreed(self) -> Secured:
        # Of the bytes as they came: a certificate is only compared here, and reading a hostile one can fail.
        certificate = self._tls.get_peer_certificate()
        if certificate is None or certificate.digest("sha256").decode() != self._fingerprint.upper():
            raise HandshakeFailed("fingerprint_differs")
        chosen = self._tls.get_selected_srtp_profile()
        profile = next((profile for profile in _GCM if profile.openssl_profile == chosen), None)
        if profile is None:
            raise HandshakeFailed("no_common_srtp_profile")
        material = self._tls.export_keying_material(_LABEL, 2 * (profile.key_length + profile.salt_length))
        client, server = (profile.get_key_and_salt(material, side) for side in (0, 1))
        return Secured(
            inbound=Inbound(_session(profile, client, Policy.SSRC_ANY_INBOUND)),
            outbound=Outbound(_session(profile, server, Policy.SSRC_ANY_OUTBOUND)),
        )

    def take(self) -> bytes:
        """The datagram to send now; empty when there is none."""
        try:
            return bytes(self._tls.bio_read(_FLIGHT))
        except SSL.Error:
            return b""

    def retransmit(self) -> None:
        """
        Repeat the last flight if OpenSSL's own timer says that it is due; cheap to call often.

        Raises:
            HandshakeFailed: If it has been repeated too often.
        """
        if self.state is State.CLOSED or self._tls.DTLSv1_get_timeout() != 0:
            return
        try:
            self._tls.DTLSv1_handle_timeout()
        except SSL.Error as error:
            self.state = State.CLOSED
            raise HandshakeFailed("handshake_late") from error

    def close(self) -> None:
        """Say goodbye (close_notify) if there is anybody to say it to."""
        if self.state is State.CLOSED:
            return
        self.state = State.CLOSED
        with contextlib.suppress(SSL.Error):  # before the handshake is done there is nothing to close
            self._tls.shutdown()


def _session(profile: SRTPProtectionProfile, key: bytes, direction: int) -> Session:
    policy = Policy(key=key, ssrc_type=direction, srtp_profile=profile.libsrtp_profile)
    policy.allow_repeat_tx = False  # a packet is encrypted once: two under one number would share AES-GCM's nonce
    policy.window_size = _REPLAY_WINDOW
    return Session(policy)
