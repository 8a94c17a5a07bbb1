"""Pages over real HTTP: what every answer carries, who gets in, and what another site cannot do."""

from http.cookies import SimpleCookie

import aiohttp
import pytest
import socketio
from tests.support.server import Visitor, planned

from ascona.core.people import Role
from ascona.pages.security import CONTENT_SECURITY_POLICY

PEOPLE = {"Ada": Role.LEADER, "Pia": Role.MEMBER}
PATHS = ("/", "/join", "/healthz", "/room/0123456789abcdef", "/nowhere", "/static/base.css", "/static/nothing.js")


@pytest.fixture
async def http():
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


@pytest.mark.parametrize("path", PATHS)
async def test_every_answer_carries_the_security_headers(server, http, path):
    async with http.get(server.origin + path) as answer:
        headers = answer.headers

    assert headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "geolocation=()" in headers["Permissions-Policy"]
    assert "max-age=" in headers["Strict-Transport-Security"]
    assert "Server" not in headers


@pytest.mark.parametrize(
    ("path", "status"), [("/nowhere", 404), ("/room/0123456789abcdef", 403), ("/../etc/passwd", 404), ("/room/x", 404)]
)
async def test_what_is_not_there_is_said_kindly(server, http, path, status):
    async with http.get(server.origin + path) as answer:
        page = await answer.text()

    assert answer.status == status
    assert "<h1>" in page
    assert "Traceback" not in page


async def test_the_policy_allows_no_inline_script_and_nothing_from_elsewhere():
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert "http" not in CONTENT_SECURITY_POLICY
    assert "require-trusted-types-for 'script'" in CONTENT_SECURITY_POLICY


async def test_a_link_becomes_a_cookie_that_scripts_cannot_read(server, http):
    _, invited = await planned(server, PEOPLE)

    async with http.post(f"{server.origin}/join", json={"secret": invited["Pia"].secret}) as answer:
        [cookie] = SimpleCookie(answer.headers["Set-Cookie"]).values()
        room = (await answer.json())["room"]

    assert cookie.key.startswith("__Host-")
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, True, "Lax", "/")
    assert cookie["max-age"] == str(7 * 24 * 3600), "longer than a sign-in that is not used"
    for others in ("", 'theme={"dark": 1}; ', "a[]=b; c; "):  # of other programs on the same host
        async with http.get(server.origin + room, headers={"Cookie": f"{others}{cookie.key}={cookie.value}"}) as answer:
            assert answer.status == 200
            assert "Pia" in await answer.text()


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b'{"secret": "0123456789abcdef0123456789abcdef"}', "unknown_link"),
        (b'{"secret": "0123456789ABCDEF0123456789ABCDEF and a word of the mail program"}', "unknown_link"),
        (b'{"secret": "0123456789abcdef0123456789abcde"}', "incomplete_link"),
        (b'{"secret": ".0123456789abcdef0123456789abcdef"}', "incomplete_link"),
        (b'{"secret": ""}', "incomplete_link"),
        (b'{"secret": 7}', "incomplete_link"),
        (b'{"secret": "' + b"x" * 300 + b'"}', "incomplete_link"),
        (b"[]", "incomplete_link"),
        (b"not json", "bad_message"),
        (b"\xff\xfe", "bad_message"),
        (b"[" * 60_000, "bad_message"),
        (b'{"secret": "' + b"x" * 70_000 + b'"}', "bad_request"),
    ],
)
async def test_a_link_that_is_none_opens_nothing(server, http, body, error):
    async with http.post(f"{server.origin}/join", data=body, headers={"Content-Type": "application/json"}) as answer:
        assert 400 <= answer.status < 500
        assert await answer.json() == {"error": error}
        assert "Set-Cookie" not in answer.headers


async def test_a_link_in_letters_nobody_knows_opens_nothing(server, http):
    kind = {"Content-Type": "application/json; charset=nonsense"}
    async with http.post(f"{server.origin}/join", data=b"{}", headers=kind) as answer:
        assert (answer.status, await answer.json()) == (400, {"error": "bad_message"})


async def test_a_room_opens_only_to_those_invited_to_it(server, http):
    first, invited = await planned(server, PEOPLE)
    second, _ = await planned(server, PEOPLE)
    visitor = Visitor(server.origin, invited["Pia"])
    await visitor.sign_in()
    [(name, token)] = visitor.cookies.items()
    await visitor.close()

    for cookie in (f"{name}={token}", f"{name.replace(first, second)}={token}", f"{name}=wrong", "a b; =;"):
        async with http.get(f"{server.origin}/room/{second}", headers={"Cookie": cookie}) as answer:
            assert answer.status == 403


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://elsewhere.example"}],
)
async def test_another_sites_page_cannot_sign_anybody_in(server, http, headers):
    _, invited = await planned(server, PEOPLE)

    async with http.post(f"{server.origin}/join", json={"secret": invited["Pia"].secret}, headers=headers) as answer:
        assert answer.status == 403
        assert "Set-Cookie" not in answer.headers


async def refused(server, headers: dict[str, str], auth: object = "its own") -> None:
    """Somebody with a good link tries to open a socket like this, and cannot."""
    _, invited = await planned(server, PEOPLE)
    visitor = Visitor(server.origin, invited["Ada"])
    await visitor.sign_in()
    cookie = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
    own = {"room": visitor.id}
    async with aiohttp.ClientSession() as http:
        client = socketio.AsyncClient(reconnection=False, http_session=http)
        with pytest.raises(socketio.exceptions.ConnectionError):
            await client.connect(
                server.origin,
                headers={"Cookie": cookie, "Origin": server.origin} | headers,
                auth=own if auth == "its own" else auth,
                transports=["websocket"],
            )
    await visitor.close()


async def test_another_sites_page_cannot_open_a_socket(server):
    await refused(server, {"Origin": "https://elsewhere.example"})


@pytest.mark.parametrize("auth", [None, {}, {"room": "0123456789abcdef"}, {"room": 7}, "room"])
async def test_a_socket_without_a_seat_is_refused(server, auth):
    await refused(server, {}, auth)


async def test_an_answer_is_never_sent_by_polling(server, http):
    async with http.get(f"{server.origin}/socket.io/?EIO=4&transport=polling") as answer:
        assert answer.status == 400


async def test_numbers_are_told_on_a_port_of_their_own_and_name_nobody(server, http):
    _, invited = await planned(server, PEOPLE)
    ada = Visitor(server.origin, invited["Ada"])
    await ada.come()
    assert await ada.send("command", "senseless") == {"error": "bad_message"}

    async with http.get(f"http://127.0.0.1:{server.metrics_port}/metrics") as answer:
        told = await answer.text()
    async with http.get(f"{server.origin}/metrics") as answer:
        assert answer.status == 404
    await ada.close()

    assert "ascona_rooms 1.0" in told
    assert "ascona_people 1.0" in told
    assert 'ascona_tasks{process="web"} ' in told
    assert 'ascona_messages_refused_total{reason="bad_message"} 1.0' in told
    for word in ("Ada", invited["Ada"].person, ada.id, "127.0.0.1"):
        assert word not in told
