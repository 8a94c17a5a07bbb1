"""Which address a call comes from, how often calls from there may fail, and how many may wait to be let in."""

import ipaddress
from collections import Counter, OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from ascona.live.headers import Request, forwarded_of
from ascona.live.rate_limit import TokenBucket

FAILURES_A_SECOND, FAILURES_AT_ONCE = 0.2, 30.0
"""Calls that may fail from one address: links that are none, cookies that are none, sockets without a seat. What
succeeds is not counted, so that a whole hospital may come from one address at the same minute."""

WAITING_LIMIT = 100
"""Sockets of one address that have not said yet whose they are. A page says so at once; a hospital has fewer pages."""

UNNAMED_FACTOR = 10
"""How much more is allowed to all those together for whom one of our proxies speaks without saying who they are."""

ADDRESSES_LIMIT = 10_000
"""Addresses that are remembered; the one whose last failure is longest ago is forgotten first."""

_IPV6_SITE = 64  # bits: one household has all of these

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Caller:
    """
    An address that somebody calls from.

    Attributes:
        address: Of IPv6 the network. Of a call whose origin one of our proxies does not say: the proxy's.
        how: `direct`; `forwarded`, as a proxy of ours says; or `unnamed`, where it says nothing that can be read.
    """

    address: str
    how: str = field(compare=False)

    @property
    def share(self) -> int:
        """How many usual callers this one may be."""
        return UNNAMED_FACTOR if self.how == "unnamed" else 1


class Callers:
    """
    Counts what fails, and what waits, by address.

    Whether to listen is asked after the credential, never before: a good link and a good cookie are let in whatever
    else their address does.
    """

    def __init__(self, proxies: Collection[str], monotonic: Callable[[], float]) -> None:
        """
        Args:
            proxies: Addresses that are believed when they say, in `X-Forwarded-For`, whom they speak for.
            monotonic: Seconds.
        """
        self._proxies = {ipaddress.ip_address(proxy) for proxy in proxies}
        self._monotonic = monotonic
        self._failures: OrderedDict[Caller, TokenBucket] = OrderedDict()
        self._waiting: Counter[Caller] = Counter()

    def caller(self, request: Request) -> Caller:
        """Where a request comes from."""
        return self.at(request.remote, forwarded_of(request))

    def at(self, remote: str | None, forwarded: str = "") -> Caller:
        """
        The last address of the chain that is not ours; anybody may have written what stands before it.

        Args:
            remote: Where the connection comes from.
            forwarded: All `X-Forwarded-For` headers, joined by commas.
        """
        proxy = ""
        for hop in reversed([*(forwarded.split(",") if forwarded else []), remote or ""]):
            address = _read(hop)
            if address is None:
                break
            if address not in self._proxies:
                return Caller(_site(address), "forwarded" if proxy else "direct")
            proxy = proxy or str(address)
        else:
            if forwarded:  # the proxy's own machine calls
                return Caller(proxy, "forwarded")
        return Caller(proxy, "unnamed")

    def may_call(self, caller: Caller) -> bool:
        """Whether to listen to calls without a credential that is good."""
        failures = self._failures.get(caller)
        return failures is None or failures.has_one(self._monotonic())

    def failed(self, caller: Caller) -> None:
        """What was called for came to nothing."""
        rate, burst = FAILURES_A_SECOND * caller.share, FAILURES_AT_ONCE * caller.share
        failures = self._failures.setdefault(caller, TokenBucket(rate, burst))
        self._failures.move_to_end(caller)
        failures.take(self._monotonic())
        while len(self._failures) > ADDRESSES_LIMIT:
            self._failures.popitem(last=False)

    def may_wait(self, caller: Caller) -> bool:
        """Whether one socket more of this caller may be open that nobody has been let in by."""
        return self._waiting[caller] < WAITING_LIMIT * caller.share

    def waits(self, caller: Caller) -> None:
        """A socket is open, and it is not known yet whose it is."""
        self._waiting[caller] += 1

    def waits_no_more(self, caller: Caller) -> None:
        """Somebody was let in by it, or it is gone."""
        self._waiting[caller] -= 1
        if not self._waiting[caller]:
            del self._waiting[caller]


def _read(hop: str) -> Address | None:
    """An address as proxies write it: `203.0.113.8`, `203.0.113.8:5000`, `2001:db8::8`, `[2001:db8::8]:5000`."""
    hop = hop.strip()
    if hop.startswith("["):
        hop = hop[1:].partition("]")[0]
    elif hop.count(":") == 1:
        hop = hop.partition(":")[0]
    try:
        address = ipaddress.ip_address(hop)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _site(address: Address) -> str:
    bits = _IPV6_SITE if isinstance(address, ipaddress.IPv6Address) else address.max_prefixlen
    return str(ipaddress.ip_network((address, bits), strict=False))
