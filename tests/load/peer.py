"""One end of a connection as a browser makes it: ICE checks, a real DTLS handshake, keys; nothing that decodes."""

import asyncio
import itertools
import secrets
import socket

from aioice import stun
from aiortc import RTCCertificate
from aiortc.rtcdtlstransport import SRTP_PROFILES
from OpenSSL import SSL
from pylibsrtp import Policy, Session

PATIENCE = 20.0
_GCM = SRTP_PROFILES[0]  # AES-256, which both servers take; as Chromium's first choice
_STEP = 0.02
_LARGEST = 4096
_REQUEST, _RESPONSE = b"\x00\x01", b"\x01\x01"
_BUFFER = 4 << 20


class Identity:
    """The crowd's certificate: one for all, since only servers compare it."""

    def __init__(self) -> None:
        certificate = RTCCertificate.generateCertificate()
        self.fingerprint: str = certificate.getFingerprints()[0].value
        self.context: SSL.Context = certificate._create_ssl_context([_GCM])


class Peer:
    """
    A socket, ICE credentials and, once connected, the keys to send with.

    Attributes:
        keys: Of what is sent, and never used for anything that comes.
        check: A connectivity check that may be repeated to keep the consent (RFC 7675).
    """

    def __init__(self, identity: Identity, host: str, controls: bool = True) -> None:
        """
        Args:
            controls: Whether this side made the offer, or the server is ICE-lite (RFC 8445 section 6.1.1).
        """
        self._controls = controls
        self.name, self.password = secrets.token_hex(4), secrets.token_hex(16)
        self.fingerprint = identity.fingerprint
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        self.socket.bind((host, 0))
        self.address: tuple[str, int] = self.socket.getsockname()
        self._tls = SSL.Connection(identity.context)
        self._tls.set_connect_state()
        self.check = b""
        self.keys: Session

    async def connect(self, address: tuple[str, int], name: str, password: str) -> None:
        """
        Agree on keys with a server that is found at this address and has these ICE credentials.

        Raises:
            TimeoutError: If it does not answer.
        """
        self.socket.connect(address)
        self.check = self._check(name, password)
        async with asyncio.timeout(PATIENCE):
            await self._be_answered()
            await self._shake()
        profile = self._tls.get_selected_srtp_profile()
        assert profile == _GCM.openssl_profile, profile
        material = self._tls.export_keying_material(b"EXTRACTOR-dtls_srtp", 2 * (_GCM.key_length + _GCM.salt_length))
        policy = Policy(_GCM.get_key_and_salt(material, 0), Policy.SSRC_ANY_OUTBOUND, srtp_profile=_GCM.libsrtp_profile)
        self.keys = Session(policy)

    def _check(self, name: str, password: str) -> bytes:
        """A binding request; the controlling side nominates at once (RFC 8445 section 7.1)."""
        draw = secrets.randbits(64)
        role = {"ICE-CONTROLLING": draw, "USE-CANDIDATE": None} if self._controls else {"ICE-CONTROLLED": draw}
        attributes = {"USERNAME": f"{name}:{self.name}", "PRIORITY": (126 << 24) + (65535 << 8) + 255}
        message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, attributes=attributes | role)
        return _signed(message, password)

    def answer(self, transaction: bytes) -> None:
        """Let a server that checks, too, know that we are here."""
        response = stun.Message(
            stun.Method.BINDING,
            stun.Class.RESPONSE,
            transaction_id=transaction,
            attributes={"XOR-MAPPED-ADDRESS": self.socket.getpeername()},
        )
        self.socket.send(_signed(response, self.password))

    async def _be_answered(self) -> None:
        for turn in itertools.count():
            if turn % 10 == 0:
                self.socket.send(self.check)
            await asyncio.sleep(_STEP)
            if any(datagram[:2] == _RESPONSE for datagram in self._received()):
                return

    async def _shake(self) -> None:
        while True:
            try:
                self._tls.do_handshake()
                self._flush()
                return
            except SSL.WantReadError:
                self._flush()
            await asyncio.sleep(_STEP)
            for datagram in self._received():
                if 19 < datagram[0] < 64:
                    self._tls.bio_write(datagram)
            if self._tls.DTLSv1_get_timeout() == 0:
                self._tls.DTLSv1_handle_timeout()

    def _flush(self) -> None:
        try:
            self.socket.send(self._tls.bio_read(_LARGEST))
        except SSL.WantReadError:
            return

    def _received(self) -> list[bytes]:
        taken = []
        while True:
            try:
                datagram = self.socket.recv(_LARGEST)
                if datagram[:2] == _REQUEST:
                    self.answer(datagram[8:20])
                else:
                    taken.append(datagram)
            except BlockingIOError:
                return taken
            except ConnectionRefusedError:  # nobody listens there yet
                continue

    def close(self) -> None:
        self.socket.close()


def _signed(message: stun.Message, password: str) -> bytes:
    message.add_message_integrity(password.encode())
    message.add_fingerprint()
    return bytes(message)
