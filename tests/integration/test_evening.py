"""An evening over real sockets: people come, leaders lead, and everyone sees the same."""

import asyncio
from datetime import timedelta

from tests.support.postgres import on_both
from tests.support.server import Visitor, planned, started

from ascona.app import steady_clock
from ascona.core.people import Role
from ascona.storage.invitations import LOGIN_LASTS
from ascona.storage.retention import FORGOTTEN_AFTER

pytestmark = on_both

GROUP = {"Ada": Role.LEADER, "Ben": Role.CO_LEADER, "Pia": Role.MEMBER, "Max": Role.MEMBER, "Eve": Role.RING}


async def admitted(people: dict[str, Visitor]) -> None:
    """Everyone knocks, and Ada lets them in."""
    ada = people["Ada"]
    for visitor in people.values():
        assert await visitor.come() == {}
    waiting = len(people) - 2
    await ada.sees(lambda room: len(room["door"]) == waiting)
    assert await ada.do("AdmitEveryone") == {}
    for visitor in people.values():
        await visitor.sees(lambda room: len(room["people"]) == len(people))


async def with_pia_presenting(people: dict[str, Visitor]) -> None:
    ada, pia = people["Ada"], people["Pia"]
    await admitted(people)
    assert await ada.do("OpenSession") == {}
    assert await ada.do("ChoosePresenter", person=pia.room["me"]["person"]) == {}
    room = await pia.sees(lambda room: room["me"]["asked_to_present"] is not None)
    assert room["me"]["asked_to_present"] == "Ada"
    assert await pia.do("AgreeToPresent") == {}
    await ada.sees(lambda room: any(p["standing"] == "presenter" for p in room["people"]))


async def test_whoever_waits_at_the_door_sees_no_chairs_and_only_leaders_see_who_waits(gather):
    people = await gather(GROUP)
    await people["Ada"].come()
    await people["Pia"].come()

    room = await people["Pia"].sees(lambda room: room["me"]["place"] == "door")
    desk = await people["Ada"].sees(lambda room: room["door"])

    assert (room["people"], room["door"], room["me"]["stance"]) == ([], [], "door")
    assert [waiting["name"] for waiting in desk["door"]] == ["Pia"]


async def test_everyone_sees_the_same_chairs_in_the_same_order(gather):
    people = await gather(GROUP)
    await admitted(people)

    seats = {name: [(p["seat"], p["name"]) for p in visitor.room["people"]] for name, visitor in people.items()}

    assert len(set(map(tuple, seats.values()))) == 1
    assert [name for _, name in seats["Eve"]] == ["Ada", "Pia", "Ben", "Max", "Eve"]


async def test_an_evening_is_led_from_arrival_to_the_debrief(gather):
    people = await gather(GROUP)
    await with_pia_presenting(people)
    seen = [people["Eve"].room["phase"]]
    for _ in range(10):
        assert await people["Ada"].do("NextPhase") == {}
        room = await people["Eve"].sees(lambda room: room["version"] >= people["Ada"].room["version"])
        seen.append(room["phase"])

    assert seen == [
        "arrive", "choose", "account", "questions", "fantasies", "ring",
        "answer", "re_entry", "reflection", "close", "debrief",
    ]  # fmt: skip
    assert people["Eve"].room["me"]["stance"] == "closed_out"


async def test_the_presenter_sits_back_and_knows_it(gather):
    people = await gather(GROUP)
    await with_pia_presenting(people)
    await people["Ada"].do("GoToPhase", step=4)

    mine = await people["Pia"].sees(lambda room: room["phase"] == "fantasies")
    theirs = await people["Max"].sees(lambda room: room["phase"] == "fantasies")

    assert mine["me"]["stance"] == "sitting_back"
    assert (mine["me"]["heard_by"], mine["me"]["seen_by"]) == (0, 0)
    chair = next(p for p in theirs["people"] if p["name"] == "Pia")
    assert (chair["state"], chair["heard"], chair["seen"], chair["slot"]) == ("back", False, False, chair["seat"])


async def test_a_signal_reaches_leaders_and_nobody_else(gather):
    people = await gather(GROUP)
    await with_pia_presenting(people)
    await people["Ada"].do("GoToPhase", step=4)
    assert await people["Pia"].do("Signal") == {}

    room = await people["Ben"].sees(lambda room: any(p["signals"] for p in room["people"]))
    await people["Max"].sees(lambda r: r["version"] >= room["version"])

    assert await people["Ada"].reads("signal")
    assert not any(p["signals"] for p in people["Max"].room["people"])
    assert "signal" not in [notice["key"] for notice in people["Max"].notices]


async def test_of_two_leaders_at_the_same_moment_one_is_told_who_moved_on(gather):
    people = await gather(GROUP)
    await with_pia_presenting(people)
    ada, ben = people["Ada"], people["Ben"]
    version = ada.room["version"]

    answers = await asyncio.gather(ada.do("NextPhase", version=version), ben.do("NextPhase", version=version))

    refused = [answer for answer in answers if answer]
    assert len(refused) == 1
    assert refused[0]["refused"] == "stale_version"
    assert refused[0]["by"] in {"Ada", "Ben"}
    assert (await ada.sees(lambda room: room["version"] > version))["phase"] == "choose"


async def test_a_command_sent_twice_is_carried_out_once(gather):
    people = await gather(GROUP)
    await with_pia_presenting(people)
    order = {"do": "NextPhase", "version": people["Ada"].room["version"], "key": "the-same-key-twice"}

    assert await people["Ada"].send("command", order) == {}
    assert await people["Ada"].send("command", order) == {}
    assert people["Ada"].room["phase"] == "choose"


async def test_a_lost_line_keeps_seat_and_case_and_is_never_late(gather, impatient):
    people = await gather(GROUP)
    await with_pia_presenting(people)
    pia = people["Pia"]
    await people["Ada"].do("GoToPhase", step=4)
    await pia.sees(lambda room: room["phase"] == "fantasies")
    seat = next(p["seat"] for p in pia.room["people"] if p["name"] == "Pia")
    await pia.hang_up()
    await people["Max"].sees(lambda room: any(p["state"] == "away" for p in room["people"]))
    assert people["Max"].room["locked"]

    pia.room = {}
    assert await pia.come() == {}
    room = await pia.sees(lambda room: room["phase"] == "fantasies")

    assert room["me"]["stance"] == "sitting_back"
    assert next(p["seat"] for p in room["people"] if p["name"] == "Pia") == seat


async def test_coming_in_from_another_window_silences_the_first(gather):
    people = await gather(GROUP)
    await admitted(people)
    first = people["Max"]
    second = Visitor(first.origin, first.invited, cookies=first.cookies, id=first.id, http=first.http)

    assert await second.come() == {"refused": "already_here"}
    assert not first.elsewhere
    assert await second.do("Knock", name="Max", move=True) == {}

    async with asyncio.timeout(20):
        while not first.elsewhere:
            await first._news.wait()
    assert await first.do("Leave") == {"refused": "not_inside"}
    await second.hang_up()


async def test_a_page_that_comes_back_before_anybody_has_noticed_its_lost_line_is_no_other_window(gather):
    people = await gather(GROUP)
    await admitted(people)
    lost = people["Max"]
    back = Visitor(lost.origin, lost.invited, cookies=lost.cookies, id=lost.id, http=lost.http, window=lost.window)

    assert await back.come() == {}

    assert await lost.do("Leave") == {"refused": "not_inside"}
    assert not lost.elsewhere
    room = await back.sees(lambda room: room["me"]["place"] == "inside")
    assert all(person["state"] == "here" for person in room["people"])
    await back.hang_up()


async def test_a_line_among_leaders_reaches_leaders_only(gather):
    people = await gather(GROUP)
    await admitted(people)

    assert await people["Ada"].send("line", {"text": "Shall we wait?"}) == {}
    assert await people["Max"].send("line", {"text": "Me too"}) == {"refused": "leaders_only"}
    assert people["Ben"].lines == [{"by": "Ada", "text": "Shall we wait?"}]
    assert people["Max"].lines == []


async def test_a_restarted_server_finds_the_session_where_it_stood(where, gather, server):
    people = await gather(GROUP)
    await with_pia_presenting(people)
    await people["Ada"].do("GoToPhase", step=4)
    before = await people["Ada"].sees(lambda room: room["phase"] == "fantasies")
    await server.close()

    again = await started(**where)
    known = people["Ada"]
    ada = Visitor(again.origin, known.invited, cookies=known.cookies, id=known.id, http=known.http)
    try:
        assert await ada.come() == {}
        after = await ada.sees(lambda room: room["phase"] == "fantasies")
    finally:
        await ada.close()
        await again.close()

    assert after["version"] == before["version"]
    assert 0 <= before["clock"]["left_ms"] - after["clock"]["left_ms"] < 60_000


async def test_an_evening_in_short_phases_goes_by_itself_while_a_leader_is_there(gather):
    short = "\n".join(
        ['name = "short"']
        + [f'[[phase]]\nid = "{id}"\nminutes = 0.01\nat_end = "advance"' for id in ("arrive", "questions", "close")]
    )
    people = await gather(GROUP, short)
    await admitted(people)
    await people["Ada"].do("OpenSession")

    await people["Max"].sees(lambda room: room["phase"] == "close" and room["over_time"])

    announced = [(n["key"], n["values"].get("phase")) for n in people["Max"].notices]
    assert ("one_minute", "questions") in announced
    assert ("clock_moved_on", "close") in announced


async def test_an_ended_session_leaves_the_memory_with_the_last_who_looks_at_it(server, gather):
    people = await gather({"Ada": Role.LEADER})
    ada = people["Ada"]
    await ada.come()
    assert await ada.do("EndSession") == {}
    await ada.sees(lambda room: room["phase"] == "ended")
    assert ada.id in server.rooms

    await ada.hang_up()

    async with asyncio.timeout(20):
        while ada.id in server.rooms:
            await asyncio.sleep(0)
    assert await ada.come() == {}
    assert (await ada.sees(lambda room: room["me"]["stance"] == "ended"))["people"] == []


async def test_an_evening_that_nobody_ended_is_ended_a_day_later_and_not_while_somebody_is_there(
    gather, server, impatient
):
    people = await gather(GROUP, title="Tuesday")
    await with_pia_presenting(people)
    [room] = list(server.rooms)
    tomorrow = room.now() + FORGOTTEN_AFTER
    await server.forgetting.sweep(tomorrow)
    assert not room.session.ended

    for visitor in people.values():
        await visitor.hang_up()
    async with asyncio.timeout(20):
        while room.session.present:
            await asyncio.sleep(0.01)
    await server.forgetting.sweep(room.now() + FORGOTTEN_AFTER)

    assert (room.session.ended, room.title) == (True, "")
    assert room.session.id not in server.rooms


async def test_who_is_connected_stays_signed_in_past_twelve_hours_and_a_link_alone_is_still_worth_the_door(where):
    clock = [steady_clock()()]
    server = await started(**where, clock=lambda: clock[0])
    _, invited = await planned(server, {"Ada": Role.LEADER, "Pia": Role.MEMBER})
    ada, pia = Visitor(server.origin, invited["Ada"]), Visitor(server.origin, invited["Pia"])
    another = Visitor(server.origin, invited["Ada"])
    await ada.come()
    await pia.come()
    for _ in range(3):  # the morning, the evening, and past the first twelve hours
        clock[0] += LOGIN_LASTS - timedelta(minutes=30)
        await server.namespace.look_again()
    assert await ada.do("AdmitEveryone") == {}
    await pia.sees(lambda room: room["me"]["place"] == "inside")

    await pia.socket.disconnect()
    assert await pia.come() == {}
    await pia.sees(lambda room: room["me"]["place"] == "inside")
    await another.come(move=True)
    await another.sees(lambda room: room["me"]["place"] == "door")
    for visitor in (ada, pia, another):
        await visitor.close()
    await server.close()
