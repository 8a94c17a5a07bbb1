"""Which address somebody calls from, and how often calls from there may fail."""

import ipaddress
from collections import OrderedDict
from collections.abc import Callable, Collection

from ascona.live.rate_limit import TokenBucket

FAILURES_A_SECOND, FAILURES_AT_ONCE = 0.2, 30.0
"""Calls that may fail from one address: links that are none, sockets without a seat. What succeeds is not counted,
so that a whole hospital may come from one address at the same minute."""

ADDRESSES_LIMIT = 10_000
"""Addresses that are remembered; whoever failed longest ago is forgotten first."""

_IPV6_SITE = 64  # bits: whoever has one address of these has all of them


class Callers:
    """
    Counts what fails, by address.

    A call through one of our own proxies comes from whoever the proxy says; one that the proxy says nothing about
    comes from nowhere in particular and is not counted, lest everybody pay for one.
    """

    def __init__(self, proxies: Collection[str], monotonic: Callable[[], float]) -> None:
        """
        Args:
            proxies: Addresses that are believed when they say, in `X-Forwarded-For`, whom they speak for.
            monotonic: Seconds.
        """
        self._proxies = {ipaddress.ip_address(proxy) for proxy in proxies}
        self._monotonic = monotonic
        self._failures: OrderedDict[str, TokenBucket] = OrderedDict()

    def may_call(self, remote: str | None, forwarded: str) -> bool:
        """
        Whether to listen to somebody at all.

        Args:
            remote: Where the connection comes from.
            forwarded: The `X-Forwarded-For` header, if there is one.
        """
        address = self._address(remote, forwarded)
        failures = self._failures.get(address) if address else None
        return failures is None or failures.has_one(self._monotonic())

    def failed(self, remote: str | None, forwarded: str) -> None:
        """What somebody called for came to nothing."""
        address = self._address(remote, forwarded)
        if address is None:
            return
        failures = self._failures.setdefault(address, TokenBucket(FAILURES_A_SECOND, FAILURES_AT_ONCE))
        self._failures.move_to_end(address)
        failures.take(self._monotonic())
        while len(self._failures) > ADDRESSES_LIMIT:
            self._failures.popitem(last=False)

    def _address(self, remote: str | None, forwarded: str) -> str | None:
        """The last address of the chain that is not ours; what stands before it anybody may have written."""
        chain = [*forwarded.split(","), remote or ""]
        while chain:
            try:
                address = ipaddress.ip_address(chain.pop().strip())
            except ValueError:
                return None
            plain = getattr(address, "ipv4_mapped", None) or address
            if plain not in self._proxies:
                site = _IPV6_SITE if isinstance(plain, ipaddress.IPv6Address) else plain.max_prefixlen
                return str(ipaddress.ip_network((plain, site), strict=False))
        return None
