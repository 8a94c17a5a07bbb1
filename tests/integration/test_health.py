"""What the server says of itself: whether it is ready, how it is, and that it is about to stop. Nothing of anybody."""

import asyncio
import re

import aiohttp
import pytest
from tests.integration.test_evening import with_pia_presenting
from tests.support.server import Visitor, planned, started

from ascona.core.people import Role
from ascona.turns import Turns

PEOPLE = {
    "Ada": Role.LEADER,
    "Ben": Role.CO_LEADER,
    "Pia": Role.MEMBER,
    "Max": Role.MEMBER,
}
TITLE = "Canary Tuesday"


@pytest.fixture
async def http():
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


@pytest.fixture
async def evening(gather):
    """Pia presents."""
    people = await gather(PEOPLE, title=TITLE)
    await with_pia_presenting(people)
    return people


async def readiness(server, http) -> tuple[int, dict[str, object]]:
    async with http.get(f"{server.origin}/readyz") as answer:
        return answer.status, await answer.json()


async def status(server, http, host: str = "127.0.0.1") -> tuple[int, str]:
    at = f"http://127.0.0.1:{server.metrics_port}/status"
    async with http.get(at, headers={"Host": f"{host}:{server.metrics_port}"}) as answer:
        return answer.status, await answer.text()


async def test_a_server_that_is_well_is_ready(server, http):
    assert await readiness(server, http) == (200, {"ready": True, "missing": []})


async def test_without_its_database_it_is_not_ready_and_says_so(server, http):
    async def away() -> None:
        raise OSError

    server.health._database = away

    assert await readiness(server, http) == (503, {"ready": False, "missing": ["database"]})


async def test_while_a_worker_is_away_it_is_not_ready(tmp_path, http):
    running = await started(tmp_path, media_workers=1)
    assert await readiness(running, http) == (200, {"ready": True, "missing": []})

    running.media._posts[0]._link, link = None, running.media._posts[0]._link
    running.health._answered = (float("-inf"), {})
    answer = await readiness(running, http)
    running.media._posts[0]._link = link
    await running.close()

    assert answer == (503, {"ready": False, "missing": ["media"]})


async def test_while_its_turns_take_too_long_it_is_not_ready(server, http):
    class Stuck(Turns):
        def longest(self) -> float:
            return 3.0

    server.health._turns = Stuck()
    answer = await readiness(server, http)
    server.health._turns.close()

    assert answer == (503, {"ready": False, "missing": ["loop"]})


async def test_however_many_ask_the_database_is_asked_once(server, http):
    asked = []

    async def answers() -> None:
        asked.append(True)

    server.health._database = answers
    server.health._answered = (float("-inf"), {})
    await asyncio.gather(*(server.health.ready() for _ in range(50)))

    assert len(asked) == 1


async def test_the_status_page_counts_and_names_nobody(server, http, evening):
    code, page = await status(server, http)

    assert code == 200
    assert "Everything is well" in page
    assert re.search(r"<dd>4</dd><dt>people here</dt>", page)
    assert "Arriving" in page
    ada = evening["Ada"]
    for canary in (*PEOPLE, TITLE, ada.id, ada.invited.person, ada.invited.secret):
        assert re.search(rf"\b{re.escape(canary)}\b", page) is None


async def test_the_status_page_says_what_wants_looking_at(server, http):
    server.watch.violations["forwarding"] += 1
    server.health.draining = True

    _, page = await status(server, http)

    assert "Something wants looking at" in page
    assert "Everything is well" not in page


async def test_the_status_page_leads_nowhere_and_fetches_nothing_from_elsewhere(server, http, evening):
    _, page = await status(server, http)

    assert re.findall(r'(?:href|src|action)="([^"]*)"', page) == ["/status.css"]
    assert "<script" not in page
    assert "<form" not in page
    async with http.get(f"http://127.0.0.1:{server.metrics_port}/status.css") as answer:
        assert answer.status == 200
        assert "url(" not in await answer.text()


async def test_the_port_of_the_status_page_knows_no_room_and_takes_no_offer(server, http, evening):
    at = f"http://127.0.0.1:{server.metrics_port}"
    for path in ("/", f"/room/{evening['Ada'].id}", "/join", "/socket.io/?EIO=4&transport=websocket", "/offer"):
        async with http.get(at + path) as answer:
            assert answer.status == 404
    async with http.post(f"{at}/status", data=b"") as answer:
        assert answer.status == 405
    before = sorted(server.media.connected(evening["Ada"].id))
    await status(server, http)
    assert sorted(server.media.connected(evening["Ada"].id)) == before


async def test_the_status_page_is_shown_on_this_machine_and_to_no_other_name(server, http):
    assert (await status(server, http, "localhost"))[0] == 200
    assert (await status(server, http, "rebound.example"))[0] == 403
    async with http.get(f"{server.origin}/status") as answer:
        assert answer.status == 404


async def test_before_it_stops_everybody_is_told_and_nobody_begins(server, http, gather, impatient):
    people = await gather({"Ada": Role.LEADER, "Ben": Role.CO_LEADER})
    for visitor in people.values():
        await visitor.come()
    draining = asyncio.create_task(server.drain(30))

    for visitor in people.values():
        assert 0 < await visitor.hears_of_a_restart() <= 30_000
    assert await readiness(server, http) == (503, {"ready": False, "missing": ["staying"]})
    assert await people["Ada"].do("OpenSession") == {"refused": "restarting"}
    assert not draining.done()

    for visitor in people.values():
        await visitor.do("Leave")
        await visitor.hang_up()
    await draining


async def test_whoever_comes_back_shortly_before_is_told_too(server, gather):
    people = await gather({"Ada": Role.LEADER, "Ben": Role.CO_LEADER})
    await people["Ada"].come()
    draining = asyncio.create_task(server.drain(30))
    await people["Ada"].hears_of_a_restart()

    await people["Ben"].come()

    assert 0 < await people["Ben"].hears_of_a_restart() <= 30_000
    draining.cancel()


async def test_where_nobody_is_it_stops_at_once(server):
    await planned(server, PEOPLE)

    await asyncio.wait_for(server.drain(600), 40)


async def test_at_the_end_of_its_time_it_stops_though_people_are_there(server, gather):
    people = await gather({"Ada": Role.LEADER})
    await people["Ada"].come()

    await server.drain(0.3)

    assert server.people == 1


async def test_refused_commands_are_counted_by_their_reason(server, http, evening):
    max_: Visitor = evening["Max"]
    assert await max_.do("NextPhase") == {"refused": "leaders_only"}

    async with http.get(f"http://127.0.0.1:{server.metrics_port}/metrics") as answer:
        told = await answer.text()

    assert 'ascona_commands_refused_total{reason="leaders_only"} 1.0' in told
    assert 'ascona_rooms_in_phase{phase="arrive"} 1.0' in told
    assert re.search(r"^ascona_journal_seconds_count [1-9]", told, re.MULTILINE)
    assert "Canary" not in told
