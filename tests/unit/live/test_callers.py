"""Who fails too often has to wait, and nobody else with them."""

import pytest

from ascona.live.callers import ADDRESSES_LIMIT, FAILURES_A_SECOND, FAILURES_AT_ONCE, Callers

PROXIES = ("127.0.0.1", "::1", "10.0.0.2")


class Caller:
    """Somebody at an address, and a clock."""

    def __init__(self) -> None:
        self.now = 0.0
        self.callers = Callers(PROXIES, lambda: self.now)

    def fails(self, remote: str, forwarded: str = "", times: int = int(FAILURES_AT_ONCE)) -> None:
        for _ in range(times):
            self.callers.failed(remote, forwarded)

    def may(self, remote: str, forwarded: str = "") -> bool:
        return self.callers.may_call(remote, forwarded)


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


@pytest.mark.parametrize("forwarded", ["", "unknown", "a, b", "127.0.0.1", "\x00", "1.2.3.4.5, ::1"])
def test_where_a_proxy_does_not_say_who_calls_nobody_pays_for_another(forwarded):
    one = Caller()
    one.fails("127.0.0.1", forwarded, times=100)

    assert one.may("127.0.0.1", forwarded)


def test_only_so_many_addresses_are_remembered():
    one = Caller()
    one.fails("203.0.113.7")
    for number in range(ADDRESSES_LIMIT):
        one.fails(f"172.{number >> 16}.{number >> 8 & 255}.{number & 255}", times=1)

    assert one.may("203.0.113.7")
    assert len(one.callers._failures) == ADDRESSES_LIMIT
