"""What is wrong with an installation, in plain sentences, each with the command that mends it."""

import errno
import ipaddress
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from ascona.machine import Machine
from ascona.media.mux import BUFFER
from ascona.media.switchboard import own_addresses
from ascona.settings import Settings

RENEW_DAYS = 14
"""A certificate that ends sooner should have been renewed by itself: they are, a month before."""

SETTINGS_FILE = Path("/etc/ascona.env")
"""Where `deploy/ascona.service` has them."""

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class State(StrEnum):
    """How something is. Only what is wrong makes the whole wrong."""

    WELL = "well"
    LOOK = "look"
    """It may be meant so, cannot be known from here, or is better mended before it matters."""
    WRONG = "wrong"
    """An evening would not begin, or would break off."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `mend` is a command or a setting, empty where nothing has to be done."""

    about: str
    state: State
    says: str
    mend: str = ""


def examine(settings: Settings, machine: Machine) -> list[Finding]:
    """Look at everything; nothing is changed."""
    checks = (_ports, _buffers, _addresses, _origin, _certificate, _proxy, _data, _private, _clock, _libraries)
    return [finding for check in checks for finding in check(settings, machine)]


def _ports(settings: Settings, machine: Machine) -> Iterator[Finding]:
    media_host = settings.media_host or settings.host
    ours = False
    media_ports = [settings.media_port_of(worker) for worker in range(max(1, settings.media_workers))]
    for what, host, port, kind, option in (
        ("pages", settings.host, settings.port, socket.SOCK_STREAM, "--port"),
        *(
            ("sound and picture", media_host, media_port, kind, "--media-port")
            for media_port in media_ports
            for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM)
        ),
    ):
        name = f"{'TCP' if kind is socket.SOCK_STREAM else 'UDP'} port {port} for {what}"
        trouble = machine.bind(host, port, kind)
        if what == "pages" and trouble == errno.EADDRINUSE:
            ours = machine.is_ascona(host, port)
        if trouble is None:
            yield Finding("ports", State.WELL, f"{name} can be opened.")
        elif trouble == errno.EADDRINUSE and ours:
            yield Finding("ports", State.WELL, f"{name} is open: Ascona is running.")
        elif trouble == errno.EADDRINUSE and kind is socket.SOCK_STREAM and what != "pages":
            says = f"{name} is taken: who cannot come by UDP cannot come at all."
            yield Finding("ports", State.LOOK, says, f"ss -lntp 'sport = :{port}'")
        elif trouble == errno.EADDRINUSE:
            flags = "-lntp" if kind is socket.SOCK_STREAM else "-lnup"
            yield Finding("ports", State.WRONG, f"{name} is taken by another program.", f"ss {flags} 'sport = :{port}'")
        elif trouble in (errno.EACCES, errno.EPERM):
            says = f"{name} needs a right that this user does not have."
            yield Finding("ports", State.WRONG, says, f"sudo sysctl -w net.ipv4.ip_unprivileged_port_start={port}")
        elif trouble < 0 or trouble in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
            says = f"{name} cannot be opened: {host} is not an address of this machine."
            yield Finding("ports", State.WRONG, says, "ip -brief address")
        else:
            says = f"{name} cannot be opened: {os.strerror(trouble)}."
            yield Finding("ports", State.WRONG, says, f"ascona serve {option} 0")


def _buffers(settings: Settings, machine: Machine) -> Iterator[Finding]:
    least = min(machine.buffers(BUFFER))
    if least >= BUFFER:
        yield Finding("buffers", State.WELL, f"The kernel grants {BUFFER:,} bytes for packets that wait.")
        return
    says = f"The kernel grants {least:,} bytes for packets that wait, not {BUFFER:,}: full rooms may lose some."
    lines = f"net.core.rmem_max={BUFFER}\\nnet.core.wmem_max={BUFFER}\\n"
    mend = f"printf '{lines}' | sudo tee /etc/sysctl.d/60-ascona.conf && sudo sysctl --system"
    yield Finding("buffers", State.LOOK, says, mend)  # as most machines come; small groups do not feel it


def _addresses(settings: Settings, machine: Machine) -> Iterator[Finding]:
    host = settings.media_host or settings.host
    announced = settings.media_addresses or own_addresses(host)
    local = _only_here(settings)
    for text in announced:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            says = f"Browsers are told to send to “{text}”, which is not an IP address."
            yield Finding("addresses", State.WRONG, says, "ASCONA_MEDIA_ADDRESS=203.0.113.7")
            continue
        if address.is_loopback and not local:
            says = f"Browsers are told to send to {text}, which for everyone is their own machine."
            yield Finding("addresses", State.WRONG, says, "ASCONA_MEDIA_HOST=0.0.0.0 ASCONA_MEDIA_ADDRESS=203.0.113.7")
        elif not machine.has(text):
            first, last = settings.media_announced_port or settings.media_port, max(0, settings.media_workers - 1)
            ports = f"ports {first} to {first + last}" if last else f"port {first}"
            says = f"{text} is not an address of this machine: a router must send {ports}, UDP and TCP, here."
            yield Finding("addresses", State.LOOK, says, "ip -brief address")
        elif address.is_private and not local:
            says = f"{text} is a private address: only people in the same network reach it."
            yield Finding("addresses", State.LOOK, says, "ASCONA_MEDIA_ADDRESS=203.0.113.7")
        else:
            yield Finding("addresses", State.WELL, f"Browsers send sound and picture to {text}.")
    outside = machine.way_out_by_ipv6()
    if outside and not local and not any(":" in text for text in announced):
        says = "This machine has IPv6, and browsers are told of no such address."
        addresses = ",".join([*announced, outside])
        yield Finding("addresses", State.LOOK, says, f"ASCONA_MEDIA_HOST=:: ASCONA_MEDIA_ADDRESS={addresses}")


def _origin(settings: Settings, machine: Machine) -> Iterator[Finding]:
    origin = urlsplit(settings.origin)
    if _only_here(settings):
        says = "Pages are for browsers on this machine only."
        yield Finding("origin", State.WELL, says)
    elif not settings.origin:
        says = "Other machines may come, and it is not said how: browsers give camera and microphone only to https."
        yield Finding("origin", State.WRONG, says, "ASCONA_ORIGIN=https://balint.example.org")
    elif origin.scheme != "https" and origin.hostname not in _LOOPBACK:
        says = f"{settings.origin} is not https: browsers will give neither camera nor microphone."
        yield Finding("origin", State.WRONG, says, f"ASCONA_ORIGIN=https://{origin.hostname or 'balint.example.org'}")
    else:
        yield Finding("origin", State.WELL, f"Browsers come to {settings.origin}.")


def _certificate(settings: Settings, machine: Machine) -> Iterator[Finding]:
    """What a browser would see of https; mostly a proxy's in front of Ascona."""
    origin = urlsplit(settings.origin)
    if origin.scheme != "https" or not origin.hostname:
        return
    host, port = origin.hostname, origin.port or 443
    shown = machine.certificate(host, port)
    look = f"openssl s_client -connect {host}:{port} -servername {host} </dev/null"
    renew = "sudo certbot renew   # or as your proxy does it"
    if shown is None:
        says = f"Nobody speaks https at {host}, port {port}, as far as can be seen from here."
        yield Finding("certificate", State.LOOK, says, look)
    elif shown.untrusted:
        says = f"Who signed the certificate of {host} is not known here ({shown.trouble}); do your browsers know?"
        yield Finding("certificate", State.LOOK, says, look)
    elif shown.trouble:
        says = f"Browsers will not take the certificate of {host}: {shown.trouble}."
        yield Finding("certificate", State.WRONG, says, renew if "expired" in shown.trouble else look)
    elif shown.days < RENEW_DAYS:
        yield Finding("certificate", State.LOOK, f"The certificate of {host} ends in {shown.days} days.", renew)
    else:
        yield Finding("certificate", State.WELL, f"The certificate of {host} is good for {shown.days} days.")


def _proxy(settings: Settings, machine: Machine) -> Iterator[Finding]:
    """Whether whoever stands before the pages says for whom it asks: what fails is counted by address."""
    if urlsplit(settings.origin).scheme != "https":
        return
    match machine.seen_as(settings.origin):
        case "forwarded":
            yield Finding("proxy", State.WELL, f"At {settings.origin} it is known from which address somebody calls.")
        case "unnamed":
            says = (
                f"The proxy of {settings.origin} does not say for whom it asks: failures of all are counted together."
            )
            yield Finding(
                "proxy", State.LOOK, says, "proxy_set_header X-Forwarded-For $remote_addr;   # nginx; Caddy does so"
            )
        case "direct":
            says = f"The proxy of {settings.origin} is none of yours, as far as is known: all callers are one address."
            yield Finding("proxy", State.LOOK, says, "ASCONA_PROXIES=203.0.113.2   # the proxy as seen from here")


def _private(settings: Settings, machine: Machine) -> Iterator[Finding]:
    """The database says who takes part, and settings hold passwords."""
    database = [] if settings.database else [settings.data, *settings.database_files]
    for path in [*database, SETTINGS_FILE]:
        if machine.open_to_others(path):
            says = f"Every user of this machine may look into {path}, which says who takes part."
            if path == SETTINGS_FILE:
                says = f"Every user of this machine may read the passwords in {path}."
            yield Finding("private", State.WRONG, says, f"sudo chmod go-rwx '{path}'")


def _only_here(settings: Settings) -> bool:
    origin = urlsplit(settings.origin).hostname if settings.origin else settings.host
    hosts = {settings.host, settings.media_host or settings.host, origin}
    return hosts <= _LOOPBACK and not settings.media_address


def _data(settings: Settings, machine: Machine) -> Iterator[Finding]:
    if settings.database:
        yield Finding("database", State.LOOK, "The database is another server's.", "ascona migrate")
        return
    if not machine.writable(settings.data):
        says = f"The data folder {settings.data} cannot be written."
        yield Finding("data", State.WRONG, says, f"sudo install -d -o \"$USER\" '{settings.data}'")
        return
    yield Finding("data", State.WELL, f"The data folder {settings.data} can be written.")
    file = settings.database_file
    if not file.exists():
        yield Finding("database", State.WELL, "There is no database yet; the first start makes it.")
    elif trouble := machine.sqlite_trouble(file):
        says = f"The database {file} cannot be read: {trouble}."
        yield Finding("database", State.WRONG, says, f"mv '{file}' '{file}.broken'   # and bring back a copy")
    else:
        yield Finding("database", State.WELL, f"The database {file} is whole.")


def _clock(settings: Settings, machine: Machine) -> Iterator[Finding]:
    match machine.clock_is_set():
        case True:
            yield Finding("clock", State.WELL, "The clock is kept right by time servers.")
        case False:
            says = "The clock is kept right by nobody: passwords for relays and certificates depend on it."
            yield Finding("clock", State.LOOK, says, "sudo timedatectl set-ntp true")
        case None:
            says = "Whether the clock is kept right cannot be found out here."
            yield Finding("clock", State.LOOK, says, "date --utc   # compare with another clock")


def _libraries(settings: Settings, machine: Machine) -> Iterator[Finding]:
    wrong = [(name, wanted) for name, wanted, here in machine.versions() if wanted != here]
    for name, wanted in wrong:
        says = f"{name} is not the version that Ascona was made for."
        yield Finding("libraries", State.WRONG, says, f"pip install {name}=={wanted}")
    if not wrong:
        yield Finding("libraries", State.WELL, "The pinned libraries are those Ascona was made for.")
