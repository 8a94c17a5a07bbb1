"""Stolen, forwarded, revoked and planted: what a link and a cookie are good for in other hands."""

import asyncio
import json
import re
from datetime import timedelta

import aiohttp
import pytest
import socketio
from multidict import CIMultiDict
from yarl import URL

from ascona import app, assets
from ascona.core.people import Role
from ascona.live import attendance, callers, websocket
from ascona.live.callers import FAILURES_AT_ONCE
from tests.integration.test_evening import GROUP, admitted
from tests.support.media import PATIENCE, Client, until
from tests.support.server import Visitor, planned

STRANGER = {"X-Forwarded-For": "203.0.113.7"}
"""As our own proxy would say."""


@pytest.fixture
async def http():
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


async def answer_to(server, http, secret: str, headers: dict[str, str] | None = None) -> tuple[int, object]:
    async with http.post(f"{server.origin}/join", json={"secret": secret}, headers=headers) as answer:
        return answer.status, await answer.json()


async def test_a_link_that_is_opened_in_a_second_browser_waits_behind_the_first_and_leaders_are_told(gather):
    people = await gather({"Ada": Role.LEADER, "Pia": Role.MEMBER})
    ada, pia = people["Ada"], people["Pia"]
    await ada.come()
    await pia.come()
    assert (await ada.sees(lambda room: room["door"]))["door"][0]["again"] is False
    thief = Visitor(pia.origin, pia.invited)

    assert await thief.come() == {"refused": "another_waits"}
    assert await thief.do("Knock", name="Pia", move=True) == {"refused": "another_waits"}
    assert not thief.room

    assert (await ada.reads("link_again"))["values"] == {"name": "Pia"}
    await ada.sees(lambda room: room["door"] and room["door"][0]["again"])
    assert await ada.do("AdmitEveryone") == {}, "but nobody whose link is in a second browser"
    assert (await pia.sees(lambda room: True))["me"]["place"] == "door"
    assert "link_again" not in [notice["key"] for notice in pia.notices + thief.notices]
    await thief.close()


async def test_a_locked_room_lets_nobody_in_by_a_good_link(gather):
    people = await gather(GROUP)
    await people["Ada"].come()
    assert await people["Ada"].do("Lock") == {}

    assert await people["Max"].come() == {}

    room = await people["Max"].sees(lambda room: True)
    assert (room["me"]["place"], room["me"]["stance"], room["people"]) == ("door", "closed_door", [])
    assert (await people["Ada"].reads("knocked_closed"))["values"] == {"name": "Max"}


async def test_unknown_revoked_and_ended_links_get_the_same_answer(server, gather, http):
    people = await gather({"Ada": Role.LEADER, "Pia": Role.MEMBER})
    revoked = people["Pia"].invited.secret
    await server.invitations.revoke(revoked)

    answers = [await answer_to(server, http, secret) for secret in ("f" * 32, revoked)]

    assert answers == [(404, {"error": "unknown_link"})] * 2


ENDINGS = (".", ",", ")", ">", "”", "%20", "\u00a0", "%0A", "?utm_source=mail", "&fbclid=x" * 1_000, " (Pia)")


@pytest.mark.parametrize("as_sent", [str.lower, str.upper], ids=["", "capitals"])
async def test_a_link_opens_as_mail_leaves_it(server, http, as_sent):
    _, invited = await planned(server, GROUP)
    for ending in ENDINGS:
        status, _ = await answer_to(server, http, as_sent(invited["Pia"].secret) + ending, STRANGER)
        assert status == 200, ending


async def test_what_cannot_be_a_whole_link_is_called_that_and_counts_against_nobody(server, http):
    _, invited = await planned(server, GROUP)
    short = invited["Pia"].secret[:-1]
    for secret in ["", short, short[:16], f"{short}g", f" {short}0", "x" * 10_000] * 6:
        assert await answer_to(server, http, secret, STRANGER) == (400, {"error": "incomplete_link"})

    assert await answer_to(server, http, "f" * 32, STRANGER) == (404, {"error": "unknown_link"})


async def test_a_link_before_its_time_says_when_it_will_be_good(server, http):
    now = app.steady_clock()()
    starts = now + timedelta(days=1)
    text = assets.preset("classic-60")
    _, invited = await server.invitations.plan([("Ada", Role.LEADER)], text, now, starts=starts)

    status, told = await answer_to(server, http, invited[0].secret)

    assert (status, told["error"]) == (403, "early_link")
    assert told["opens_ms"] == round((starts - timedelta(hours=1)).timestamp() * 1000)


async def guessed(server, http) -> None:
    """As much as one address may."""
    guesses = [await answer_to(server, http, f"{n:032x}", STRANGER) for n in range(int(FAILURES_AT_ONCE))]
    assert guesses == [(404, {"error": "unknown_link"})] * len(guesses)


async def test_who_guesses_links_hears_no_more_and_a_good_one_opens_whatever_its_neighbours_do(server, http):
    _, invited = await planned(server, GROUP)
    await guessed(server, http)

    assert await answer_to(server, http, "f" * 32, STRANGER) == (429, {"error": "too_fast"})
    for name in ("Max", "Pia", "Ben"):
        assert (await answer_to(server, http, invited[name].secret, STRANGER))[0] == 200
    assert await answer_to(server, http, "f" * 32, {"X-Forwarded-For": "198.51.100.4"}) == (
        404,
        {"error": "unknown_link"},
    )


async def test_who_holds_a_good_cookie_comes_in_from_an_address_that_guesses(server, gather, http):
    pia = (await gather(GROUP))["Pia"]
    await pia.sign_in()
    await guessed(server, http)
    cookie = "; ".join(f"{name}={value}" for name, value in pia.cookies.items())
    address = f"{server.origin}/socket.io/?EIO=4&transport=websocket"
    headers = STRANGER | {"Origin": server.origin}

    async with http.get(f"{server.origin}/room/{pia.id}", headers=headers | {"Cookie": cookie}) as page:
        assert page.status == 200
    async with http.ws_connect(address, headers=headers | {"Cookie": cookie}) as socket:
        assert (await socket.receive_str()).startswith("0")
    for stranger in ({}, {"Cookie": f"__Host-ascona-{pia.id}={'f' * 64}"}):
        with pytest.raises(aiohttp.WSServerHandshakeError, match="429"):
            await http.ws_connect(address, headers=headers | stranger)


async def test_cookies_in_two_lines_are_one_browsers(server, gather, http):
    pia = (await gather(GROUP))["Pia"]
    await pia.sign_in()
    [(name, token)] = pia.cookies.items()
    lines = CIMultiDict([("Cookie", "theme=dark"), ("Cookie", f"{name}={token}"), ("Origin", server.origin)])

    async with http.get(f"{server.origin}/room/{pia.id}", headers=lines) as page:
        assert page.status == 200
    async with http.ws_connect(f"{server.origin}/socket.io/?EIO=4&transport=websocket", headers=lines) as socket:
        await socket.send_str(f'40{{"room": "{pia.id}"}}')
        async with asyncio.timeout(PATIENCE):
            while not (said := await socket.receive_str()).startswith("4"):
                pass
        assert said.startswith("40")


async def test_made_up_cookies_count_as_failures(server, gather, http):
    ada = (await gather({"Ada": Role.LEADER}))["Ada"]
    await ada.sign_in()
    [name] = ada.cookies
    for n in range(int(FAILURES_AT_ONCE)):
        headers = STRANGER | {"Cookie": f"{name}={n:064x}"}
        async with http.get(f"{server.origin}/room/{ada.id}", headers=headers) as page:
            assert page.status == 403

    assert await answer_to(server, http, "f" * 32, STRANGER) == (429, {"error": "too_fast"})


async def test_forty_people_of_one_hospital_come_in_at_once(server, http):
    crowd = {"Ada": Role.LEADER} | {f"Person {n}": Role.OBSERVER for n in range(39)}
    _, invited = await planned(server, crowd)

    answers = await asyncio.gather(*(answer_to(server, http, one.secret, STRANGER) for one in invited.values()))

    assert [status for status, _ in answers] == [200] * 40


async def test_a_cookie_that_was_planted_is_good_for_nothing_once_the_link_is_opened(server, gather, http):
    people = await gather({"Ada": Role.LEADER})
    ada = people["Ada"]
    await ada.sign_in()
    planted = "; ".join(f"{name}={value}" for name, value in ada.cookies.items())
    headers = {"Cookie": planted, "Origin": server.origin}

    async with http.post(f"{server.origin}/join", json={"secret": ada.invited.secret}, headers=headers) as answer:
        fresh = "; ".join(f"{name}={morsel.value}" for name, morsel in answer.cookies.items())

    assert fresh != planted
    for cookie, status in ((planted, 403), (fresh, 200)):
        async with http.get(f"{server.origin}/room/{ada.id}", headers={"Cookie": cookie}) as answer:
            assert answer.status == status


async def received(server, gather) -> tuple[dict[str, Visitor], Client]:
    """The group inside, and Max, who receives sound and picture."""
    people = await gather(GROUP)
    await admitted(people)
    max_, browser = people["Max"], Client(2)
    answer = await max_.send("offer", {"sdp": await browser.offer()})
    await browser.accept(answer["sdp"])
    await until(lambda: max_.invited.person in server.media.connected(max_.id))
    return people, browser


async def test_who_came_by_a_link_that_is_revoked_is_out_at_once(server, gather, http):
    people, browser = await received(server, gather)
    ada, max_ = people["Ada"], people["Max"]

    await server.invitations.revoke(max_.invited.secret)

    await until(lambda: not max_.socket.connected)
    assert max_.over == "revoked"
    await until(lambda: max_.invited.person not in server.media.connected(max_.id))
    await ada.sees(lambda room: any(p["name"] == "Max" and p["state"] == "away" for p in room["people"]))
    with pytest.raises(socketio.exceptions.ConnectionError):
        await max_.connect()
    cookie = "; ".join(f"{name}={value}" for name, value in max_.cookies.items())
    async with http.get(f"{server.origin}/room/{max_.id}", headers={"Cookie": cookie}) as answer:
        assert answer.status == 403
    assert people["Ben"].socket.connected
    await browser.close()


async def test_who_is_removed_is_told_so_and_neither_hears_nor_reads_anything_more(server, gather):
    people, browser = await received(server, gather)
    ada, max_ = people["Ada"], people["Max"]

    assert await ada.do("Remove", person=max_.invited.person) == {}

    await until(lambda: not max_.socket.connected)
    assert max_.room["me"]["place"] == "removed"
    assert max_.invited.person not in server.media.connected(max_.id)
    last = max_.room["turn"]
    assert await ada.do("OpenSession") == {}
    assert await max_.come() == {"refused": "removed"}
    assert max_.room["turn"] == last
    await browser.close()


async def page_of(server, http, visitor: Visitor) -> tuple[int, str]:
    """What somebody's browser gets who opens their room."""
    cookie = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
    async with http.get(f"{server.origin}/room/{visitor.id}", headers={"Cookie": cookie}) as page:
        return page.status, await page.text()


async def test_whoever_could_not_come_in_reads_why_before_anything_is_asked_of_them(server, gather, http):
    people = await gather(GROUP, title="Canary")
    await admitted(people)
    ada, max_ = people["Ada"], people["Max"]
    assert (await page_of(server, http, max_))[0] == 200

    await ada.do("Remove", person=max_.invited.person)
    status, said = await page_of(server, http, max_)
    assert (status, "<h1>Your stay has ended</h1>" in said, "Canary" in said) == (403, True, False)

    assert await ada.do("OpenSession") == {}
    assert await ada.do("EndSession") == {}
    status, said = await page_of(server, http, people["Ben"])
    assert (status, "<h1>The session has ended</h1>" in said, "Canary" in said) == (403, True, False)


async def says_closed(server, http, visitor: Visitor) -> bool:
    """Whether the page says before camera and agreement that the door is closed."""
    _, page = await page_of(server, http, visitor)
    [known] = re.findall(r'<script type="application/json" id="page">(.*?)</script>', page)
    closed: bool = json.loads(known)["closed"]
    return closed


async def test_whoever_comes_to_a_door_that_is_closed_may_knock_there_and_leaders_come_in(server, gather, http):
    people = await gather(GROUP)
    await people["Ada"].come()
    await people["Ada"].do("Lock")
    for name in ("Pia", "Ben"):
        await people[name].sign_in()

    assert [await says_closed(server, http, people[name]) for name in ("Pia", "Ben")] == [True, False]
    assert [await people[name].come() for name in ("Pia", "Ben")] == [{}, {}]

    stances = [(await people[name].sees(lambda room: True))["me"]["stance"] for name in ("Pia", "Ben")]
    assert stances == ["closed_door", "lobby"]


async def test_a_link_whose_hash_sign_was_written_out_is_called_incomplete(server, http):
    _, invited = await planned(server, GROUP)
    secret = invited["Pia"].secret
    async with http.get(URL(f"{server.origin}/join%23{secret}", encoded=True)) as answer:
        page = await answer.text()

    assert answer.status == 404
    assert "This address is not complete" in page
    assert secret not in page


async def test_the_page_of_a_link_knows_under_which_names_the_server_answers(server, http):
    async with http.get(f"{server.origin}/join") as answer:
        page = await answer.text()

    [known] = re.findall(r'<script type="application/json" id="page">(.*?)</script>', page)
    assert server.origin in json.loads(known)["origins"]
    assert json.loads(known)["origin"] == ""


async def test_nobody_keeps_more_sockets_open_than_a_person_needs(server, gather):
    people = await gather({"Ada": Role.LEADER, "Max": Role.MEMBER})
    max_ = people["Max"]
    assert await max_.come() == {}
    windows = []
    for _ in range(3 * attendance.CONNECTIONS_LIMIT):
        windows.append(Visitor(max_.origin, max_.invited, cookies=max_.cookies, id=max_.id))
        await windows[-1].connect()

    await until(lambda: sum(one.socket.connected for one in windows) < attendance.CONNECTIONS_LIMIT)
    assert max_.socket.connected
    assert windows[-1].socket.connected
    for one in windows:
        await one.close()


async def test_a_socket_that_never_says_who_it_is_is_closed_and_counts_as_a_failure(server, http, monkeypatch):
    monkeypatch.setattr(websocket, "CONNECT_SECONDS", 0.1)
    address = f"{server.origin}/socket.io/?EIO=4&transport=websocket"
    for said in [None, "40", '40{"room": "0123456789abcdef"}'] * (int(FAILURES_AT_ONCE) // 3):
        async with http.ws_connect(address, headers=STRANGER) as stranger:
            if said:
                await stranger.send_str(said)
            async with asyncio.timeout(PATIENCE):
                while not stranger.closed:
                    await stranger.receive()

    with pytest.raises(aiohttp.WSServerHandshakeError, match="429"):
        await http.ws_connect(address, headers=STRANGER)


async def test_only_so_many_sockets_of_one_address_wait_to_be_let_in(server, http, monkeypatch):
    monkeypatch.setattr(callers, "WAITING_LIMIT", 10)
    address = f"{server.origin}/socket.io/?EIO=4&transport=websocket"
    waiting = [await http.ws_connect(address, headers=STRANGER) for _ in range(10)]

    with pytest.raises(aiohttp.WSServerHandshakeError, match="429"):
        await http.ws_connect(address, headers=STRANGER)

    async with http.ws_connect(address, headers={"X-Forwarded-For": "198.51.100.4"}) as neighbour:
        assert (await neighbour.receive_str()).startswith("0")
    for one in waiting:
        await one.close()
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                await (await http.ws_connect(address, headers=STRANGER)).close()
                break
            except aiohttp.WSServerHandshakeError:
                """The server has not heard yet that the others are gone."""


async def test_a_socket_is_asked_once_who_it_is(server, http):
    async with http.ws_connect(f"{server.origin}/socket.io/?EIO=4&transport=websocket") as stranger:
        async with asyncio.timeout(PATIENCE):
            while not stranger.closed:
                await stranger.send_str('40{"room": "0123456789abcdef"}')
                await stranger.receive()


async def test_who_knocks_on_rooms_with_nothing_in_hand_gets_no_more_sockets_for_a_while(server, http):
    address = f"{server.origin}/socket.io/?EIO=4&transport=websocket"
    for _ in range(int(FAILURES_AT_ONCE)):
        async with http.ws_connect(address, headers=STRANGER) as stranger:
            await stranger.send_str('40{"room": "0123456789abcdef"}')
            async with asyncio.timeout(PATIENCE):
                while not (await stranger.receive_str()).startswith("44"):
                    pass

    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await http.ws_connect(address, headers=STRANGER)
    assert refused.value.status == 429
    async with http.ws_connect(address, headers={"X-Forwarded-For": "198.51.100.4"}) as neighbour:
        assert (await neighbour.receive_str()).startswith("0")


async def test_who_signs_out_is_out_of_the_room_at_once_and_their_cookie_is_nobodys(server, gather, http):
    people = await gather(GROUP)
    await admitted(people)
    max_ = people["Max"]
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in max_.cookies.items()), "Origin": server.origin}

    async with http.post(f"{server.origin}/room/{max_.id}/sign-out", headers=headers) as answer:
        assert (answer.status, await answer.json()) == (200, {})
        (expired,) = answer.cookies.values()

    assert (expired.key, expired["max-age"]) == (next(iter(max_.cookies)), "0")
    assert answer.headers["Clear-Site-Data"] == '"storage"'
    await people["Ada"].sees(lambda room: any(p["name"] == "Max" and p["state"] == "away" for p in room["people"]))
    async with http.get(f"{server.origin}/room/{max_.id}", headers=headers) as page:
        assert page.status == 403
    await people["Ben"].sees(lambda room: room["me"]["place"] == "inside")
    assert people["Ben"].socket.connected
    again = Visitor(max_.origin, max_.invited)
    assert await again.come() == {}  # the link is as good as before
    await again.close()


async def test_whoever_signs_out_of_one_session_keeps_what_another_tab_remembers(server, gather, http):
    ours, theirs = (await gather(GROUP))["Pia"], (await gather(GROUP))["Max"]
    await ours.sign_in()
    await theirs.sign_in()
    both = "; ".join(f"{name}={value}" for name, value in (ours.cookies | theirs.cookies).items())
    headers = {"Cookie": both, "Origin": server.origin}

    told = []
    for id in (ours.id, theirs.id):
        async with http.post(f"{server.origin}/room/{id}/sign-out", headers=headers) as answer:
            told.append(answer.headers.get("Clear-Site-Data"))

    assert told == [None, '"storage"']  # by then the first one's cookie is good for nothing


@pytest.mark.parametrize("site", [{"Origin": "https://elsewhere.example"}, {"Sec-Fetch-Site": "cross-site"}, {}])
async def test_another_sites_page_signs_nobody_out(server, gather, http, site):
    people = await gather(GROUP)
    await people["Ada"].come()
    ada = people["Ada"]
    cookie = "; ".join(f"{name}={value}" for name, value in ada.cookies.items())

    async with http.post(f"{server.origin}/room/{ada.id}/sign-out", headers={"Cookie": cookie} | site) as answer:
        assert answer.status == 403

    assert ada.socket.connected
    async with http.get(f"{server.origin}/room/{ada.id}", headers={"Cookie": cookie}) as page:
        assert page.status == 200


async def test_a_browser_that_was_never_signed_in_is_signed_out_like_any_other(server, http):
    async with http.post(f"{server.origin}/room/{'0' * 32}/sign-out") as answer:
        assert (answer.status, await answer.json()) == (200, {})
    async with http.get(f"{server.origin}/signed-out") as page:
        assert "signed out" in await page.text()
