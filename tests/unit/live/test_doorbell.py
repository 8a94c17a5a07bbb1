"""Who waits at the door costs the group next to nothing, however restless they are."""

from tests.attack.rooms import House, order, peopled
from tests.support.group import evening

from ascona.core.people import Place
from ascona.live.doorbell import (
    GONE_SECONDS,
    KNOCKS_AT_ONCE,
    KNOCKS_PER_MINUTE,
    REFUSED_SECONDS,
    REFUSED_SECONDS_LIMIT,
    Doorbell,
)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_so_many_knocks_are_heard_at_once_and_so_many_a_minute():
    clock = Clock()
    bell = Doorbell(clock)

    assert [bell.rings(("s1", "max", "laptop")) for _ in range(int(KNOCKS_AT_ONCE) + 1)] == [True] * int(
        KNOCKS_AT_ONCE
    ) + [False]
    assert bell.rings(("s1", "pia", "laptop"))  # hers is another one
    assert bell.rings(("s2", "max", "laptop"))
    clock.now += 60 / KNOCKS_PER_MINUTE
    assert [bell.rings(("s1", "max", "laptop")) for _ in range(2)] == [True, False]


def test_a_knock_so_soon_after_going_from_the_door_is_not_heard():
    clock = Clock()
    bell = Doorbell(clock)
    assert bell.rings(("s1", "max", "laptop"))
    bell.gone(("s1", "max", "laptop"))
    clock.now += GONE_SECONDS / 2
    assert not bell.rings(("s1", "max", "laptop"))

    clock.now += GONE_SECONDS / 2

    assert bell.rings(("s1", "max", "laptop"))


def test_a_copy_of_the_link_wears_out_its_own_bell_alone():
    bell = Doorbell(Clock())
    while bell.rings(("s1", "max", "")):
        pass
    bell.refused("s1", "max")

    assert bell.rings(("s1", "max", "laptop"))


def test_after_each_no_the_pause_until_another_browser_is_heard_doubles_up_to_a_limit():
    clock = Clock()
    bell = Doorbell(clock)
    pause = REFUSED_SECONDS
    while pause <= 2 * REFUSED_SECONDS_LIMIT:
        expected = min(pause, REFUSED_SECONDS_LIMIT)
        bell.refused("s1", "max")
        clock.now += expected - 1
        assert not bell.rings(("s1", "max", ""))
        clock.now += 1
        assert bell.rings(("s1", "max", ""))
        pause *= 2


def test_a_room_that_is_forgotten_keeps_no_bell():
    bell = Doorbell(lambda: 0.0)
    while bell.rings(("s1", "max", "laptop")):
        pass

    bell.forget("s1")

    assert bell.rings(("s1", "max", "laptop"))


async def at_the_door() -> House:
    """Dot waits there, and has knocked once; the clock stands still."""
    house = House(peopled(evening().session))
    house._namespace._doorbell = Doorbell(lambda: 0.0)
    await house.open()
    await house.connect("dot")
    await house.send("dot", "command", order("Knock", name="Dot"))
    return house


async def test_who_goes_and_knocks_in_turn_writes_and_shows_nothing_any_more():
    house = await at_the_door()
    done = []
    for number in range(40):
        await house.send(
            "dot", "command", order("Knock" if number % 2 else "Leave", **({"name": "Dot"} if number % 2 else {}))
        )
        done.append(list(house.done))

    assert any(done[0])  # they went
    assert not any(done[1:])  # and nothing else
    assert house.ours.session.person("dot").place is Place.LEFT
    await house.close()


async def test_who_knocks_again_and_again_is_asked_to_wait():
    house = await at_the_door()

    answers = [await house.send("dot", "command", order("Knock", name="Dot")) for _ in range(20)]

    assert answers[-1] == {"refused": "too_fast"}
    assert answers.count({}) == KNOCKS_AT_ONCE - 1
    assert house.ours.session.person("dot").place is Place.DOOR
    await house.close()


async def test_what_somebody_at_the_door_turns_on_and_off_is_on_nobodys_screen():
    house = await at_the_door()

    await house.send("dot", "devices", {"microphone": True, "camera": False})

    assert house.done == []
    await house.close()


async def test_who_is_inside_may_knock_whenever_their_line_comes_back():
    house = House(evening().session)
    house._namespace._doorbell = Doorbell(lambda: 0.0)
    await house.open()
    await house.connect("max")

    answers = [await house.send("max", "command", order("Knock", name="Max")) for _ in range(20)]

    assert answers == [{}] * 20
    await house.close()


async def test_what_changes_nothing_is_shown_to_nobody():
    house = House(evening("fantasies").session)
    await house.open()
    await house.connect("pia")
    await house.send("pia", "command", order("Knock", name="Pia"))
    assert await house.send("pia", "command", order("Signal", house.ours.session.version)) == {}
    assert house.done != []

    assert await house.send("pia", "command", order("Signal", house.ours.session.version)) == {}

    assert house.done == []
    await house.close()
