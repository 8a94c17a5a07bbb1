"""Forged, replayed, reordered and doubled messages, and those of another room: nothing comes of them."""

from dataclasses import replace
from itertools import permutations
from typing import get_args

import pytest

from ascona.core import commands as c
from ascona.core.session import Session
from ascona.live.websocket import MESSAGES
from tests.attack.evenings import some_rooms
from tests.attack.matrix import ABOUT, PLAIN, TABLE, WHO, expected, in_rooms
from tests.attack.rooms import OURS, THEIRS, Done, House, order, refused_to_connect
from tests.support.group import programme

ROOMS = some_rooms(programme())
"""Of one evening, by phase and state."""

COMMANDS = [name for name in TABLE if name not in PLAIN]
FRAME = [
    "OpenSession", "NextPhase", "PreviousPhase", "GoToPhase", "Extend", "Hold", "Resume", "SetAtEnd", "EndSession",
    "GoOnWaiting", "ChooseAnother",
]  # fmt: skip
"""Commands about time and phase: of two at the same moment, one is carried out."""

ABOUT_SOMEBODY = [name for name in COMMANDS if "person" in ABOUT.get(name, {})]


@pytest.fixture
async def house():
    """Opens a room of ours in which somebody has knocked."""
    opened: list[House] = []

    async def opened_with(session: Session, *people: str) -> House:
        house = House(session)
        opened.append(house)
        await house.open()
        for who in people:
            await house.connect(who)
            await house.send(who, "command", order("Knock", name=who.title()))
        house.ours.session = session
        house.done.clear()
        return house

    yield opened_with
    for one in opened:
        await one.close()


def test_the_table_has_a_row_for_every_message():
    assert set(COMMANDS) == {kind.__name__ for kind in get_args(c.ByPeople)}
    assert {"command", *PLAIN} == set(MESSAGES)


async def test_everybody_may_do_what_the_table_says_and_nothing_else(capsys):
    counts, wrong = await in_rooms(ROOMS.items())

    with capsys.disabled():
        print(f"\nauthorisation matrix: {counts['cases']} cases in {counts['rooms']} rooms, {len(wrong)} unexpected")
    assert wrong == []
    assert counts["rooms"] > 25
    assert 0 < counts["permitted"] < counts["cases"]


async def test_who_is_not_connected_does_nothing(house):
    one = await house(ROOMS["account, as it begins"])

    for message in TABLE:
        told = message if message in PLAIN else "command"
        answer = await one.send("nobody", told, PLAIN.get(message) or order(message, **ABOUT.get(message, {})))
        assert answer in ({"refused": "not_signed_in"}, None), message
        assert one.done == [], message


async def test_the_leader_of_another_room_does_nothing_in_ours(house):
    for name, session in ROOMS.items():
        one = await house(session)
        theirs = one.theirs.session
        await one.connect("oda", THEIRS)
        await one.send("oda", "command", order("Knock", name="Oda"))
        for message in TABLE:
            one.theirs.session = theirs
            if message in PLAIN:
                await one.send("oda", message, PLAIN[message])
            else:
                answer = await one.send("oda", "command", order(message, theirs.version, **ABOUT.get(message, {})))
                if message in ABOUT_SOMEBODY:  # nobody of ours is in their room
                    assert answer in ({"refused": "nobody_there"}, {"refused": "already_ended"}), (name, message)
            assert [done for done in one.done if done.room == OURS] == [], (name, message)
        assert one.ours.session is session, name


async def test_a_cookie_of_one_room_opens_no_other(house):
    one = await house(ROOMS["account, as it begins"])

    assert await refused_to_connect(one, f"{THEIRS}:pia", OURS)
    assert await refused_to_connect(one, f"{OURS}:pia", THEIRS)
    assert await refused_to_connect(one, "", OURS)
    assert await refused_to_connect(one, f"{OURS}:mallory", "s3")


FORGED = {
    "by": "ada", "sid": "ada", "room": THEIRS, "session": OURS, "standing": "leader", "role": "leader",
    "place": "inside", "deadline": 0, "__class__": "Admit", "": "",
}  # fmt: skip
"""What no message has: whose it is, and where, comes from the connection."""


@pytest.mark.parametrize("message", TABLE)
async def test_nobody_can_say_in_a_message_who_or_where_they_are(house, message):
    session = ROOMS["account, as it begins"]
    one = await house(session, "ada", "max")
    for field, value in FORGED.items():
        for who in ("ada", "max"):
            forged = PLAIN.get(message) or order(message, session.version, **ABOUT.get(message, {}))
            answer = await one.send(who, message if message in PLAIN else "command", forged | {field: value})
            assert answer in ({"error": "bad_message"}, None), (field, answer)
            assert one.done == [], field


@pytest.mark.parametrize("message", ABOUT_SOMEBODY)
async def test_who_is_not_of_this_room_cannot_be_acted_on(house, message):
    session = ROOMS["ring, as it begins"]
    one = await house(session, *WHO.values())
    for made_up in ("oda", "", "x" * 5000, "s2:pia", "ada ", "ADA", "\x00", "../ada", "p'; DROP TABLE people; --"):
        for who in WHO.values():
            one.ours.session = replace(session, present=session.present | {who})
            answer = await one.send(who, "command", order(message, session.version, person=made_up))
            assert "refused" in answer, (who, made_up)
            assert one.done == [], (who, made_up)


async def test_a_command_sent_again_is_carried_out_once(house):
    again = 0
    for name, session in ROOMS.items():
        for letter, who in (("L", "ada"), ("P", "pia"), ("R", "eve")):
            one = await house(session, who)
            for message in COMMANDS:
                if message == "Knock" or not expected(message, letter, session):
                    continue
                one.ours.session = session
                said = order(message, session.version, **ABOUT.get(message, {}))
                assert await one.send(who, "command", said) == {}, (name, message)
                after = one.ours.session
                for repeated in (said, said | {"version": after.version}):
                    assert await one.send(who, "command", repeated) == {}, (name, message)
                    assert one.done == [], (name, message)
                    assert one.ours.session is after, (name, message)
                again += 1
    assert again > 300


async def test_a_key_is_its_owners_alone(house):
    session = ROOMS["account, as it begins"]
    one = await house(session, "ada", "max")
    said = order("NextPhase", session.version)
    assert await one.send("max", "command", said) == {"refused": "leaders_only"}

    assert await one.send("ada", "command", said) == {}
    assert await one.send("max", "command", said) == {"refused": "leaders_only"}
    assert Done("recorded", OURS, "max") not in one.done


async def test_what_was_decided_on_an_older_frame_is_refused_whatever_it_is(house):
    session = ROOMS["account, as it begins"]
    tried = 0
    for first, second in permutations(FRAME, 2):
        if not (expected(first, "L", session) and expected(second, "L", session)):
            continue
        one = await house(session, "ada", "ben")
        assert await one.send("ada", "command", order(first, session.version, **ABOUT.get(first, {}))) == {}
        moved = one.ours.session
        late = await one.send("ben", "command", order(second, session.version, **ABOUT.get(second, {})))

        ended = {"refused": "already_ended"}
        assert late == (ended if first == "EndSession" else {"refused": "stale_version", "by": "Ada"}), (first, second)
        assert one.ours.session is moved
        tried += 1
    assert tried > 20


@pytest.mark.parametrize("message", FRAME)
async def test_nobody_has_seen_a_room_that_does_not_exist_yet(house, message):
    for name in ("lobby", "account, as it begins", "arrive, held"):
        session = ROOMS[name]
        one = await house(session, "ada")
        answer = await one.send("ada", "command", order(message, session.version + 1, **ABOUT.get(message, {})))
        assert "refused" in answer, name
        assert one.done == [], name


async def test_a_person_who_has_not_agreed_does_nothing(house):
    for name, session in ROOMS.items():
        one = await house(session)
        await one.connect("una")
        knocks = [{"name": "Una"} | how for how in ({}, {"agreed": False}, {"move": True}, {"sound": True})]
        for message, about in [("Knock", knock) for knock in knocks] + [(m, ABOUT.get(m, {})) for m in COMMANDS[1:]]:
            answer = await one.send("una", "command", order(message, session.version, **about))
            assert answer is not None, (name, message)
            assert "refused" in answer or session.ended, (name, message)
            assert [done for done in one.done if done.what != "shown"] == [], (name, message)
        for message, fields in PLAIN.items():
            await one.send("una", message, fields)
            assert one.done == [], (name, message)


async def test_an_offer_of_a_person_inside_who_has_not_agreed_is_not_answered(house):
    session = ROOMS["account, as it begins"]
    one = await house(session, "max")
    assert await one.send("max", "offer", PLAIN["offer"]) == {"sdp": "v=0"}
    one.ours.session = replace(session, people=tuple(replace(person, agreed=False) for person in session.people))

    assert await one.send("max", "offer", PLAIN["offer"]) == {"refused": "not_inside"}
    assert one.done == []
