"""
Sending packets on in C: what `Output.forward` does with most of them, for all listeners in one call.

Compiled when Ascona is installed (`deploy/compile.py`); without a C compiler everything else is the same.
"""

from collections import Counter
from typing import TYPE_CHECKING

from ascona.media.handshake import PROTECT

if TYPE_CHECKING:
    from ascona.media.native._fanout import Port


def open_port(descriptor: int, counts: Counter[str]) -> "Port | None":
    """
    What sends on through this UDP socket; None where it was not compiled.

    Args:
        counts: Where losses are counted, by the names that Python counts them by.
    """
    try:
        from ascona.media.native import _fanout
    except ImportError:  # not compiled, or not for this machine
        return None
    return _fanout.open_port(descriptor, PROTECT, counts)
