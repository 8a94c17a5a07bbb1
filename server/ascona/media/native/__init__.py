"""
The port read and packets sent on in C: what `Mux`, `Connection`, `Publisher` and `Output` do with usual packets.

Compiled when Ascona is installed (`deploy/compile.py`); without a C compiler everything else is the same.
"""

from collections import Counter
from typing import TYPE_CHECKING

from ascona.media.handshake import PROTECT, UNPROTECT
from ascona.media.packet import Packet, read_picture

if TYPE_CHECKING:
    from ascona.media.native._port import Port, Sorter


def open_port(descriptor: int, sorter: "Sorter", counts: Counter[str]) -> "Port | None":
    """
    What reads this UDP socket and sends on through it; None where it was not compiled.

    Args:
        sorter: Knows who is where, and takes what is not usual.
        counts: Where losses are counted, by the names that Python counts them by.
    """
    try:
        from ascona.media.native import _port
    except ImportError:  # not compiled, or not for this machine
        return None
    return _port.open_port(descriptor, PROTECT, UNPROTECT, sorter, counts, Packet, read_picture)
