"""Handshakes against aiortc's own DTLS, and a contract with the private names that are used of it."""

import contextlib
import inspect

import pytest
from aiortc import RTCCertificate
from aiortc.rtcdtlstransport import SRTP_PROFILES, SRTPProtectionProfile
from OpenSSL import SSL
from pylibsrtp import Policy, Session
from pylibsrtp._binding import ffi, lib

from ascona.media.handshake import (
    LARGEST_PACKET,
    Handshake,
    HandshakeFailed,
    Identity,
    Inbound,
    Outbound,
    SrtpError,
    State,
)

RTP = bytes.fromhex("806f0001000003e80000002a") + b"voice"


class Peer:
    """The browser's side: active."""

    def __init__(self, profiles: list[SRTPProtectionProfile] | None = None, suites: bytes = b"") -> None:
        certificate = RTCCertificate.generateCertificate()
        self.fingerprint = certificate.getFingerprints()[0].value
        context = certificate._create_ssl_context(profiles or SRTP_PROFILES)
        if suites:
            context.set_cipher_list(suites)
        self.tls = SSL.Connection(context)
        self.tls.set_connect_state()

    def step(self) -> None:
        try:
            self.tls.do_handshake()
        except SSL.WantReadError:
            return

    def take(self) -> bytes:
        try:
            return self.tls.bio_read(4096)
        except SSL.WantReadError:
            return b""


def shake(peer: Peer, server: Handshake) -> None:
    for _ in range(6):
        peer.step()
        flight = peer.take()
        if flight:
            server.receive(flight)
        answer = server.take()
        assert len(answer) < 1200, "fits any path"
        if answer:
            peer.tls.bio_write(answer)


@pytest.fixture(scope="module")
def identity() -> Identity:
    return Identity()


def test_both_sides_agree_on_keys(identity):
    peer = Peer()
    server = Handshake(identity, peer.fingerprint.lower())
    shake(peer, server)

    assert server.state is State.DONE
    assert server.secured is not None
    assert peer.tls.get_selected_srtp_profile() == b"SRTP_AEAD_AES_256_GCM"
    profile = SRTP_PROFILES[0]
    material = peer.tls.export_keying_material(b"EXTRACTOR-dtls_srtp", 2 * (profile.key_length + profile.salt_length))
    theirs = Session(
        Policy(
            key=profile.get_key_and_salt(material, 0),
            ssrc_type=Policy.SSRC_ANY_OUTBOUND,
            srtp_profile=profile.libsrtp_profile,
        )
    )
    assert server.secured.inbound.unprotect(theirs.protect(RTP)) == RTP


def test_another_certificate_than_the_offers_is_refused(identity):
    peer = Peer()
    server = Handshake(identity, Peer().fingerprint)

    with pytest.raises(HandshakeFailed, match="fingerprint_differs"):
        shake(peer, server)
    assert server.state is State.CLOSED
    assert server.secured is None


def test_nothing_weaker_than_gcm_is_agreed(identity):
    peer = Peer([profile for profile in SRTP_PROFILES if b"SHA1" in profile.openssl_profile])
    server = Handshake(identity, peer.fingerprint)

    with pytest.raises(HandshakeFailed, match="no_common_srtp_profile"):
        shake(peer, server)


@pytest.mark.parametrize(
    ("suite", "agreed"),
    [
        (b"ECDHE-ECDSA-AES128-GCM-SHA256", True),
        (b"ECDHE-ECDSA-AES256-GCM-SHA384", True),
        (b"ECDHE-ECDSA-CHACHA20-POLY1305", True),
        (b"ECDHE-ECDSA-AES128-SHA", False),
        (b"ECDHE-ECDSA-AES256-SHA", False),
        (b"ECDHE-ECDSA-AES128-SHA256", False),
    ],
)
def test_the_handshake_itself_is_authenticated_encryption_or_there_is_none(identity, suite, agreed):
    peer = Peer(suites=suite)
    server = Handshake(identity, peer.fingerprint)

    with contextlib.nullcontext() if agreed else pytest.raises(HandshakeFailed, match="handshake_broken"):
        shake(peer, server)

    assert (server.secured is not None) is agreed


def test_garbage_before_and_after_changes_nothing(identity):
    peer = Peer()
    server = Handshake(identity, peer.fingerprint)
    for garbage in (b"\x16", b"\x16\xfe\xfd" + bytes(40), b"\x17" * 1200):
        server.receive(garbage)
    shake(peer, server)
    for garbage in (b"\x16", b"\x16\xfe\xfd" + bytes(40), b"\x17" * 1200):
        server.receive(garbage)

    assert server.state is State.DONE


def test_goodbye_is_heard(identity):
    peer = Peer()
    server = Handshake(identity, peer.fingerprint)
    shake(peer, server)

    peer.tls.shutdown()
    server.receive(peer.take())

    assert server.state is State.CLOSED
    server.receive(b"\x16 too late")


def test_a_flight_is_repeated_only_when_it_is_due(identity):
    peer = Peer()
    server = Handshake(identity, peer.fingerprint)
    server.retransmit()
    peer.step()
    server.receive(peer.take())
    assert server.take()

    server.retransmit()

    assert server.take() == b""


def test_the_private_names_have_not_moved():
    assert str(inspect.signature(RTCCertificate._create_ssl_context)).startswith("(self, srtp_profiles: list")
    assert [profile.openssl_profile for profile in SRTP_PROFILES[:2]] == [
        b"SRTP_AEAD_AES_256_GCM",
        b"SRTP_AEAD_AES_128_GCM",
    ]
    assert list(inspect.signature(SRTPProtectionProfile.get_key_and_salt).parameters) == ["self", "src", "idx"]
    assert isinstance(RTCCertificate.generateCertificate()._create_ssl_context(SRTP_PROFILES), SSL.Context)
    assert "srtp_ctx_t" in ffi.typeof(outbound()._srtp[0]).cname
    for call in (lib.srtp_protect, lib.srtp_unprotect):
        assert [argument.cname for argument in ffi.typeof(call).args] == ["struct srtp_ctx_t_ *", "void *", "int *"]


def session(direction: int) -> Session:
    return Session(Policy(key=bytes(44), ssrc_type=direction, srtp_profile=SRTP_PROFILES[0].libsrtp_profile))


def outbound() -> Session:
    return session(Policy.SSRC_ANY_OUTBOUND)


def test_the_largest_packet_is_what_libsrtp_takes():
    session = outbound()

    session.protect(RTP[:12] + bytes(LARGEST_PACKET - 12))
    with pytest.raises(ValueError, match="too long"):
        session.protect(RTP[:12] + bytes(LARGEST_PACKET - 11))
    with pytest.raises(SrtpError):
        session.unprotect(RTP)


@pytest.mark.parametrize("cut", [0, 1, 12, len(RTP)])
def test_a_packet_in_two_parts_is_encrypted_as_pylibsrtp_would(cut):
    assert Outbound(outbound()).protect(RTP[:cut], RTP[cut:]) == outbound().protect(RTP)
    assert Outbound(outbound()).protect(RTP[:cut], RTP[cut // 2 :], cut - cut // 2) == outbound().protect(RTP)


def test_only_what_is_genuine_is_decrypted_and_only_once():
    datagram = outbound().protect(RTP)
    ours = Inbound(session(Policy.SSRC_ANY_INBOUND))

    for changed in (datagram[:-1], datagram[:-1] + bytes([datagram[-1] ^ 1]), datagram[:11], b""):
        with pytest.raises(SrtpError):
            ours.unprotect(changed)
    assert ours.unprotect(datagram) == RTP
    with pytest.raises(SrtpError):
        ours.unprotect(datagram)
    with pytest.raises(ValueError, match="too long"):
        ours.unprotect(bytes(1501))


def test_what_libsrtp_refuses_is_refused():
    ours = Outbound(outbound())

    ours.protect(RTP[:12], bytes(LARGEST_PACKET - 12))
    with pytest.raises(ValueError, match="too long"):
        ours.protect(RTP[:12], bytes(LARGEST_PACKET - 11))
    with pytest.raises(SrtpError):
        ours.protect(b"\x80", b"")
    with pytest.raises(SrtpError):
        ours.protect(RTP, b"the same number twice")


def test_many_records_in_one_datagram_are_not_kept(identity):
    peer = Peer()
    server = Handshake(identity, peer.fingerprint)
    shake(peer, server)

    for _ in range(20):
        peer.tls.send(b"x")
    server.receive(peer.take())
    peer.tls.shutdown()
    server.receive(peer.take())

    assert server.state is State.CLOSED, "what came last has been read"
