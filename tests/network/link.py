"""A line between two network namespaces, made of two TUN devices and this program: it loses, delays, narrows and cuts.

The kernel's own netem is not everywhere; TUN devices are. It speaks JSON, a line at a time: conditions come in on
standard input, and each is answered with the counts so far on standard output.

    python -m tests.network.link SERVER_DEVICE BROWSER_DEVICE [SEED]
"""

import asyncio
import fcntl
import json
import os
import random
import struct
import sys
from collections import Counter
from dataclasses import dataclass, fields
from typing import Any

_SET_INTERFACE = 0x400454CA  # TUNSETIFF, linux/if_tun.h
_PLAIN_PACKETS = 0x0001 | 0x1000  # IFF_TUN | IFF_NO_PI
_LARGEST = 65_536
_UDP = 17  # the protocol's number in an IP header, and where that stands
_PROTOCOL = 9
_BURST = 64  # packets read before the other side gets its turn


@dataclass(frozen=True, slots=True)
class Conditions:
    """
    What happens to packets, in each direction alike.

    Attributes:
        loss: Share of packets lost, each by its own chance.
        delay_ms: Of every packet.
        jitter_ms: At most so much more, by chance for each packet, so that they overtake one another.
        rate_kbit: Bits in a millisecond, headers from IP on included; 0: no limit.
        queue_ms: What waits longer than this for a narrow line is lost.
        mtu: Larger packets are lost without a word; 0: no limit.
        udp: Whether UDP passes.
        cut: Nothing passes.
    """

    loss: float = 0.0
    delay_ms: float = 0.0
    jitter_ms: float = 0.0
    rate_kbit: float = 0.0
    queue_ms: float = 300.0
    mtu: int = 0
    udp: bool = True
    cut: bool = False

    @classmethod
    def read(cls, said: dict[str, Any]) -> "Conditions":
        """
        Conditions by name; what is not named is as on a perfect line.

        Raises:
            TypeError: For a name there is not.
        """
        return cls(**said)


class Direction:
    """One way over the line: when a packet comes out, if it does."""

    def __init__(self, chance: random.Random) -> None:
        self.counts: Counter[str] = Counter()
        self._chance = chance
        self._free_at = 0.0  # when the narrow line has sent all that waits for it

    def passes(self, packet: bytes, line: Conditions, now: float) -> float | None:
        """Seconds until it comes out; None if it never does."""
        reason = self._obstacle(packet, line)
        self.counts["packets"] += 1
        self.counts["bytes"] += len(packet)
        if reason is None:
            wait = self._queue(len(packet), line, now)
            if wait is not None:
                return wait + (line.delay_ms + self._chance.uniform(0, line.jitter_ms)) / 1000
            reason = "queue"
        self.counts[reason] += 1
        return None

    def _obstacle(self, packet: bytes, line: Conditions) -> str | None:
        if line.cut:
            return "cut"
        if line.mtu and len(packet) > line.mtu:
            return "too_large"
        if not line.udp and packet[0] >> 4 == 4 and packet[_PROTOCOL] == _UDP:
            return "udp"
        return "lost" if self._chance.random() < line.loss else None

    def _queue(self, length: int, line: Conditions, now: float) -> float | None:
        if not line.rate_kbit:
            return 0.0
        begins = max(self._free_at, now)
        if (begins - now) * 1000 > line.queue_ms:
            return None
        self._free_at = begins + length * 8 / (line.rate_kbit * 1000)
        return self._free_at - now


class Link:
    """Both directions, between two devices."""

    def __init__(self, server: int, browser: int, seed: int) -> None:
        """The devices as file descriptors that do not block."""
        self.line = Conditions()
        self.down, self.up = Direction(random.Random(seed)), Direction(random.Random(seed + 1))  # noqa: S311 - repeatable
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(server, self._carry, server, browser, self.down)
        self._loop.add_reader(browser, self._carry, browser, server, self.up)

    def _carry(self, source: int, goal: int, way: Direction) -> None:
        for _ in range(_BURST):
            try:
                packet = os.read(source, _LARGEST)
            except BlockingIOError:
                return
            wait = way.passes(packet, self.line, self._loop.time())
            if wait:
                self._loop.call_later(wait, _put, goal, packet)
            elif wait is not None:
                _put(goal, packet)

    def counts(self) -> dict[str, dict[str, int]]:
        return {"down": dict(self.down.counts), "up": dict(self.up.counts)}


def _put(device: int, packet: bytes) -> None:
    try:
        os.write(device, packet)
    except OSError:
        """It is down: like a cable that has been pulled out."""


def tun(name: str) -> int:
    """
    Make a TUN device that lives as long as its file descriptor, which is returned and does not block.

    Raises:
        OSError: If this machine or user may not.
    """
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    try:
        fcntl.ioctl(device, _SET_INTERFACE, struct.pack("16sH14x", name.encode(), _PLAIN_PACKETS))
    except OSError:
        os.close(device)
        raise
    return device


async def _serve(server: str, browser: str, seed: int) -> None:
    link = Link(tun(server), tun(browser), seed)
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    print("ready", flush=True)
    async for order in orders:
        link.line = Conditions.read(json.loads(order))
        print(json.dumps(link.counts()), flush=True)


CONDITIONS = frozenset(field.name for field in fields(Conditions))
"""All that can be said of a line."""

if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 1))
