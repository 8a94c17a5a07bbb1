"""STUN binding requests and their answers, as bytes (RFC 8489): a peer's connectivity checks, and our own questions."""

import ipaddress
import struct
from dataclasses import dataclass
from typing import Any

from aioice import stun

LARGEST = 576
"""Bytes of a STUN message that is looked at (RFC 8489 section 6.1: what every way carries whole)."""

_REQUEST, _ANSWER = b"\x00\x01", b"\x01\x01"  # of the binding method (RFC 8489 section 5)
_COOKIE = bytes.fromhex("2112a442")
_HEADER = 20  # bytes
_ATTRIBUTE = struct.Struct("!HH")  # type and length
_USERNAME = 0x0006
_PRIORITY = (110 << 24) + (65535 << 8) + 255  # of a peer-reflexive candidate (RFC 8445 sections 5.1.2.1 and 7.1.1)
_ALWAYS_CONTROLLED = 0  # the tie-breaker of an agent that lets the other one lead in every conflict of roles


@dataclass(frozen=True, slots=True)
class Check:
    """
    A connectivity check of a peer (RFC 8445 section 7.3).

    Attributes:
        name: The user name fragment of ours that it is for.
        transaction: Its twelve random bytes.
        nominated: The peer wants to be sent to where this comes from (USE-CANDIDATE).
        size: Bytes that came.
    """

    name: str
    transaction: bytes
    nominated: bool
    size: int

    def answer(self, address: tuple[Any, ...], password: str) -> bytes:
        """What the peer waits for; it came from this address."""
        response = stun.Message(
            message_method=stun.Method.BINDING,
            message_class=stun.Class.RESPONSE,
            transaction_id=self.transaction,
            attributes={"XOR-MAPPED-ADDRESS": (_own_host(address[0]), address[1])},
        )
        response.add_message_integrity(password.encode())
        return bytes(response)


def is_request(datagram: bytes) -> bool:
    """Whether this may be a binding request."""
    return datagram[:2] == _REQUEST and datagram[4:8] == _COOKIE and len(datagram) <= LARGEST


def is_answer(datagram: bytes) -> bool:
    """Whether this may be the answer to one; what refuses a request is none."""
    return datagram[:2] == _ANSWER and datagram[4:8] == _COOKIE and len(datagram) <= LARGEST


def transaction_of(datagram: bytes) -> bytes:
    """The random bytes that an answer has from its request."""
    return datagram[8:_HEADER]


def name_in(datagram: bytes) -> str | None:
    """
    The user name fragment that a request is for, found without reading anything else; empty where it names none.

    A stranger's requests stop here: to read one whole takes ten times as long. None: an attribute is cut off.
    """
    at, end = _HEADER, len(datagram)
    while at + _ATTRIBUTE.size <= end:
        kind, length = _ATTRIBUTE.unpack_from(datagram, at)
        at += _ATTRIBUTE.size
        if at + length > end:
            return None
        if kind == _USERNAME:
            return datagram[at : at + length].partition(b":")[0].decode("ascii", "replace")
        at += length + -length % 4
    return ""


def read_check(datagram: bytes, name: str, password: str) -> Check | None:
    """
    A request as it is meant.

    Returns:
        None if it does not prove to know the password.

    Raises:
        ValueError: If it cannot be read.
    """
    message = _read(datagram)
    if not message.check_message_integrity(password.encode()):
        return None
    if str(message.attributes.get("USERNAME", "")).partition(":")[0] != name:
        raise ValueError("two user names")  # the one that was looked up is not the one that is signed
    return Check(name, message.transaction_id, "USE-CANDIDATE" in message.attributes, len(datagram))


def proves(datagram: bytes, password: str) -> bool:
    """
    Whether an answer is of somebody who knows the password.

    Raises:
        ValueError: If it cannot be read.
    """
    return _read(datagram).check_message_integrity(password.encode())


def write_question(transaction: bytes, to: str, by: str, password: str) -> bytes:
    """
    A binding request of our own, in the role that an ICE-lite agent always has (RFC 8445 sections 6.1.1 and 7.2).

    Args:
        to: The peer's user name fragment, whose password this is.
        by: Ours.
    """
    request = stun.Message(
        message_method=stun.Method.BINDING,
        message_class=stun.Class.REQUEST,
        transaction_id=transaction,
        attributes={"USERNAME": f"{to}:{by}", "PRIORITY": _PRIORITY, "ICE-CONTROLLED": _ALWAYS_CONTROLLED},
    )
    request.add_message_integrity(password.encode())
    return bytes(request)


def _read(datagram: bytes) -> stun.Message:
    try:
        return stun.parse_message(datagram)
    except Exception as error:  # aioice raises struct.error and others for hostile bytes; they all mean the same
        raise ValueError("no STUN message") from error


def _own_host(host: str) -> str:
    """The peer's address as the peer knows it: IPv4, even where it comes through an IPv6 socket."""
    seen = ipaddress.ip_address(host)
    mapped = seen.ipv4_mapped if isinstance(seen, ipaddress.IPv6Address) else None
    return str(mapped or seen)
