"""Who fails too often has to wait, and nobody else with them."""

from dataclasses import dataclass

import pytest
from multidict import CIMultiDict

from ascona.live.callers import (
    ADDRESSES_LIMIT,
    FAILURES_A_SECOND,
    FAILURES_AT_ONCE,
    UNNAMED_FACTOR,
    WAITING_LIMIT,
    Callers,
)

PROXIES = ("127.0.0.1", "::1", "10.0.0.2")


class Caller:
    """Somebody at an address, and a clock."""

    def __init__(self) -> None:
        self.now = 0.0
        self.callers = Callers(PROXIES, lambda: self.now)

    def fails(self, remote: str, forwarded: str = "", times: int = int(FAILURES_AT_ONCE)) -> None:
        for _ in range(times):
            self.callers.failed(self.callers.at(remote, forwarded))

    def may(self, remote: str, forwarded: str = "") -> bool:
        return self.callers.may_call(self.callers.at(remote, forwarded))


def test_after_so_many_failures_an_address_waits_and_others_do_not():
    one = Caller()
    one.fails("203.0.113.7", times=int(FAILURES_AT_ONCE) - 1)
    assert one.may("203.0.113.7")

    one.fails("203.0.113.7", times=1)

    assert not one.may("203.0.113.7")
    assert one.may("203.0.113.8")
    one.now += 1 / FAILURES_A_SECOND
    assert one.may("203.0.113.7")


def test_a_house_full_of_people_who_succeed_is_never_too_many():
    one = Caller()

    assert all(one.may("203.0.113.7") for _ in range(10_000))


@pytest.mark.parametrize(
    ("remote", "forwarded"),
    [
        ("127.0.0.1", "203.0.113.7"),
        ("10.0.0.2", "203.0.113.7"),
        ("127.0.0.1", "203.0.113.7, 10.0.0.2"),
        ("127.0.0.1", "6.6.6.6, 203.0.113.7"),  # what stands first the caller wrote
        ("127.0.0.1", "203.0.113.7:5000"),  # as some gateways write
        ("127.0.0.1", " [::ffff:203.0.113.7]:5000 "),
        ("::ffff:127.0.0.1", "203.0.113.7"),
        ("203.0.113.7", "6.6.6.6"),  # no proxy of ours: not believed
        ("::ffff:203.0.113.7", ""),
    ],
)
def test_behind_our_own_proxies_it_is_the_caller_who_waits(remote, forwarded):
    one = Caller()
    one.fails(remote, forwarded)

    assert not one.may("203.0.113.7")
    assert one.may("6.6.6.6")
    assert one.may("127.0.0.1", "198.51.100.1")


def test_who_has_a_whole_ipv6_network_is_one_caller():
    one = Caller()
    one.fails("2001:db8:1:2:aaaa::1", times=15)
    one.fails("2001:db8:1:2:bbbb::1", times=15)

    assert not one.may("2001:db8:1:2:cccc::1")
    assert one.may("2001:db8:1:3::1")


@pytest.mark.parametrize("forwarded", ["", "unknown", "a, b", "\x00", "1.2.3.4.5, ::1", "203.0.113.7:x:y"])
def test_where_a_proxy_does_not_say_who_calls_all_of_them_together_have_a_larger_allowance(forwarded):
    one = Caller()
    one.fails("127.0.0.1", forwarded, times=int(FAILURES_AT_ONCE) * UNNAMED_FACTOR - 1)
    assert one.may("127.0.0.1", forwarded)

    one.fails("127.0.0.1", forwarded, times=1)

    assert not one.may("127.0.0.1", "another word that is no address")
    assert one.may("127.0.0.1", "203.0.113.7")
    assert one.may("10.0.0.2", forwarded)


@dataclass
class Request:
    """As aiohttp has it."""

    headers: CIMultiDict[str]
    remote: str = "127.0.0.1"


def test_a_line_that_the_caller_wrote_before_the_proxys_own_changes_nothing():
    one = Caller()
    lines = CIMultiDict([("X-Forwarded-For", "6.6.6.6"), ("X-Forwarded-For", "203.0.113.7")])

    caller = one.callers.caller(Request(lines))

    assert (caller.address, caller.how) == ("203.0.113.7/32", "forwarded")
    assert one.callers.caller(Request(CIMultiDict())).how == "unnamed"
    assert one.callers.at("127.0.0.1", "127.0.0.1").how == "forwarded"
    assert one.callers.caller(Request(CIMultiDict(), "203.0.113.7")).how == "direct"


def test_only_so_many_sockets_of_one_address_wait_to_be_let_in():
    callers = Caller().callers
    crowd, neighbour = callers.at("203.0.113.7"), callers.at("203.0.113.8")
    for _ in range(WAITING_LIMIT):
        assert callers.may_wait(crowd)
        callers.waits(crowd)

    assert not callers.may_wait(crowd)
    assert callers.may_wait(neighbour)
    callers.waits_no_more(crowd)
    assert callers.may_wait(crowd)


def test_only_so_many_addresses_are_remembered():
    one = Caller()
    one.fails("203.0.113.7")
    for number in range(ADDRESSES_LIMIT):
        one.fails(f"172.{number >> 16}.{number >> 8 & 255}.{number & 255}", times=1)

    assert one.may("203.0.113.7")
    assert len(one.callers._failures) == ADDRESSES_LIMIT
