"""Other sites' pages, other people's rooms, and addresses that are none: nothing opens, changes or says too much."""

import asyncio
import contextlib
import re
import zlib

import aiohttp
import pytest

from ascona import assets
from ascona.app import REQUEST_BYTES_LIMIT
from ascona.pages import front, login
from ascona.pages.security import HEADERS
from tests.integration.test_evening import GROUP
from tests.support.media import PATIENCE
from tests.support.server import Visitor, planned

ELSEWHERE = "https://elsewhere.example"
SOCKET = "/socket.io/?EIO=4&transport=websocket"
EXPECTED_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "media-src 'self' blob:; style-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types lit-html"
    ),
    "Permissions-Policy": (
        "camera=(self), microphone=(self), display-capture=(), fullscreen=(self), geolocation=(), usb=(), payment=()"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "Cache-Control": "no-store",
}
"""Written down a second time: whoever changes one means it."""

PATHS = [
    "/", "/join", "/healthz", "/room/0123456789abcdef0123456789abcdef", "/room/x", "/room/", "/nowhere", "/static/",
    "/static/base.css", "/static/nothing.js", "/static/../app.py", "/static/%2e%2e/%2e%2e/etc/passwd", "/metrics",
    "/favicon.ico", "/.env", "/socket.io/", "/socket.io/?EIO=4&transport=polling", SOCKET,
]  # fmt: skip
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"]


@pytest.fixture
async def http():
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


@pytest.fixture
async def pia(server):
    """Signed in, with her cookie as a header."""
    _, invited = await planned(server, GROUP)
    visitor = Visitor(server.origin, invited["Pia"])
    await visitor.sign_in()
    yield visitor, "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
    await visitor.close()


async def test_every_answer_to_every_method_carries_the_headers(server, http):
    assert HEADERS == EXPECTED_HEADERS
    for path in PATHS:
        for method in METHODS:
            async with http.request(method, server.origin + path, data=b"{}" if method == "POST" else None) as answer:
                told = await answer.text()
                for name, value in EXPECTED_HEADERS.items():
                    assert answer.headers.get(name) == value, (method, path, name)
                assert "Server" not in answer.headers
                assert "Access-Control-Allow-Origin" not in answer.headers
                assert not re.search(r"Traceback|aiohttp|engineio|/ascona/|\.py\b", told), (method, path)
                assert answer.status < 500, (method, path)


NONSENSE = {
    "version": b"GET / HTTP/9.9\r\n\r\n",
    "tls": b"\x16\x03\x01\x02\x00",
    "zero": b"GET /\x00Canary HTTP/1.1\r\nHost: x\r\n\r\n",
    "header": b"GET / HTTP/1.1\r\nHost: x\r\nCanary\r\n\r\n",
    "lengths": b"POST /join HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nCanary",
    "address": b"GET /" + b"Canary" * 2_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "cookies": b"GET /join HTTP/1.1\r\nHost: x\r\nCookie: a=" + b"Canary" * 4_000 + b"\r\n\r\n",
    "many": b"GET /join HTTP/1.1\r\nHost: x\r\n" + b"X-Canary: 1\r\n" * 500 + b"\r\n",
}


@pytest.mark.parametrize("nonsense", NONSENSE.values(), ids=NONSENSE)
async def test_what_is_not_understood_as_http_is_refused_in_our_words_and_without_a_line_in_the_log(
    server, nonsense, caplog, logged
):
    counted = server.namespace.counts["broken_request"]

    status, headers, page = await told(server, nonsense)

    assert 400 <= status < 500
    for name, value in EXPECTED_HEADERS.items():
        assert headers.get(name) == value, name
    assert "Server" not in headers
    assert "<h1>" in page
    assert not re.search(r"Traceback|\.py\b|Python|aiohttp|Canary", page + str(headers))
    assert server.namespace.counts["broken_request"] == counted + 1
    assert [*caplog.records, *logged] == []


async def told(server, request: bytes) -> tuple[int, dict[str, str], str]:
    """Status, headers and page of what somebody has typed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(request)
    async with asyncio.timeout(PATIENCE):
        answer = (await reader.read()).decode()
    writer.close()
    head, _, page = answer.partition("\r\n\r\n")
    [first, *lines] = head.split("\r\n")
    return int(first.split(" ")[1]), dict(line.split(": ", 1) for line in lines), page


@pytest.mark.parametrize(("bytes_", "status"), [(4_000, 200), (8_200, 200), (16_000, 200), (17_000, 431)])
async def test_what_browsers_send_of_others_cookies_is_read_and_more_is_said_to_be_cookies(server, bytes_, status):
    cookies = b"Cookie: sso=" + b"x" * (bytes_ - 4) + b"\r\n\r\n"

    answered, _, page = await told(server, b"GET /join HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + cookies)

    assert answered == status
    assert ("<h1>Too many cookies</h1>" in page) == (status == 431)


@pytest.mark.parametrize("host", ["elsewhere.example", "127.0.0.1.elsewhere.example:9090", ""])
@pytest.mark.parametrize("path", ["/metrics", "/status", "/status.css", "/nowhere"])
async def test_figures_are_told_under_this_machines_own_names_only(server, http, path, host):
    figures = f"http://127.0.0.1:{server.metrics_port}{path}"
    async with http.get(figures, headers={"Host": host}) as answer:
        assert answer.status == 403
        assert "ascona_" not in await answer.text()
    for own in ("127.0.0.1", f"localhost:{server.metrics_port}", "[::1]:9090"):
        async with http.get(figures, headers={"Host": own}) as answer:
            assert answer.status == (404 if path == "/nowhere" else 200)
            assert "Server" not in answer.headers
            assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": ELSEWHERE},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "same-origin", "Origin": ELSEWHERE},
        {},  # a cookie, and not a word about where it comes from
        {"X-Forwarded-Host": "elsewhere.example", "Origin": ELSEWHERE},
        {"X-Forwarded-Host": "elsewhere.example", "X-Forwarded-Proto": "https", "Origin": ELSEWHERE},
        {"Host": "elsewhere.example", "Origin": "http://elsewhere.example"},
    ],
)
async def test_with_somebodys_cookie_another_sites_page_posts_nothing_and_opens_no_socket(server, http, pia, headers):
    visitor, cookie = pia
    carried = {"Cookie": cookie, **headers}
    body = {"secret": visitor.invited.secret}

    async with http.post(f"{server.origin}/join", json=body, headers=carried) as answer:
        assert answer.status == 403
        assert "Set-Cookie" not in answer.headers
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await http.ws_connect(server.origin + SOCKET, headers=carried)
    assert refused.value.status == 403


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x"])
async def test_no_form_of_another_site_signs_anybody_in(server, http, pia, kind):
    visitor, cookie = pia
    headers = {"Cookie": cookie, "Origin": ELSEWHERE, "Content-Type": kind}

    async with http.post(
        f"{server.origin}/join", data=f'{{"secret": "{visitor.invited.secret}"}}', headers=headers
    ) as answer:
        assert answer.status == 403


async def test_nothing_is_changed_by_looking(server, http, pia):
    visitor, cookie = pia
    room = await server.rooms.get(visitor.id)
    before = room.session
    for path in [*PATHS, f"/room/{visitor.id}", f"/join?secret={visitor.invited.secret}"]:
        for method in ("GET", "HEAD", "OPTIONS"):
            async with http.request(method, server.origin + path, headers={"Cookie": cookie}) as answer:
                assert "Set-Cookie" not in answer.headers, (method, path)
    async with http.get(f"{server.origin}/room/{visitor.id}", headers={"Cookie": cookie}) as answer:
        assert answer.status == 200

    assert room.session is before


async def test_with_the_ids_of_another_room_nothing_opens(server, http, pia):
    _, cookie = pia
    theirs, invited = await planned(server, GROUP)
    ids = [theirs, invited["Ada"].person, invited["Ada"].secret]
    for id in ids:
        for path in (f"/room/{id}", f"/room/{id}/", f"/room/{id}/people", f"/join/{id}", f"/{id}", f"/static/{id}"):
            for method in ("GET", "POST", "DELETE"):
                own = {"Cookie": cookie, "Origin": server.origin}
                async with http.request(method, server.origin + path, headers=own) as answer:
                    told = await answer.text()
                    assert answer.status in {403, 404, 405}, (method, path)
                    assert "Ada" not in told


async def test_a_room_of_others_and_one_that_is_not_there_answer_alike(server, http, pia):
    _, cookie = pia
    theirs, _ = await planned(server, GROUP)
    answers = []
    for id in (theirs, "0" * 32):
        async with http.get(f"{server.origin}/room/{id}", headers={"Cookie": cookie}) as answer:
            told = dict(answer.headers)
            told.pop("Date")
            answers.append((answer.status, await answer.text(), told))

    assert answers[0] == answers[1]


async def test_what_is_packed_is_not_unpacked(server, http):
    bomb = zlib.compress(b'{"secret": "' + bytes(10_000_000) + b'"}', 6)
    assert len(bomb) < REQUEST_BYTES_LIMIT
    for kind in ("deflate", "gzip", "br", "zstd", "identity, gzip"):
        headers = {"Content-Encoding": kind, "Content-Type": "application/json"}
        try:
            async with http.post(f"{server.origin}/join", data=bomb, headers=headers) as answer:
                assert answer.status in {400, 413, 415}, kind
        except aiohttp.ClientConnectionError:
            """Let go before all of it was read."""

    async with http.get(f"{server.origin}/healthz") as answer:
        assert answer.status == 200


async def test_sockets_agree_on_no_compression(server, http):
    async with http.ws_connect(server.origin + SOCKET, compress=15) as socket:
        assert socket.compress == 0


async def test_who_sends_a_header_a_byte_at_a_time_is_let_go_and_others_come_in(server, http, monkeypatch):
    monkeypatch.setattr(front, "PATIENCE_SECONDS", 0.5)
    slow = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(100)]
    for _, writer in slow:
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nX-A: ")
    _, invited = await planned(server, GROUP)
    async with http.post(f"{server.origin}/join", json={"secret": invited["Pia"].secret}) as answer:
        assert answer.status == 200

    async with asyncio.timeout(PATIENCE):
        for reader, writer in slow:
            with contextlib.suppress(ConnectionError):
                while not reader.at_eof():
                    writer.write(b"a")
                    await reader.read(1000)
            writer.close()


async def test_who_sends_a_body_a_byte_at_a_time_is_let_go(server, monkeypatch):
    monkeypatch.setattr(login, "BODY_SECONDS", 0.2)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    head = "POST /join HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
    writer.write(head.encode())

    async with asyncio.timeout(PATIENCE):
        answer = await reader.readuntil(b"\r\n\r\n")
    writer.close()

    assert answer.startswith(b"HTTP/1.1 408")


SOURCES = [*assets.web().glob("static/room/*.js"), *assets.web().glob("templates/*.html")]
UNESCAPED = (
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|unsafeHTML|unsafeSVG|unsafeStatic|srcdoc|DOMParser"
    r"|createContextualFragment|\beval\(|new Function|setTimeout\([\"'`]|\|\s*safe\b|autoescape\s+false"
    r"|javascript:|\son\w+=\""
)


@pytest.mark.parametrize("source", SOURCES, ids=lambda file: file.name)
def test_no_text_becomes_markup(source):
    found = re.search(UNESCAPED, source.read_text(encoding="utf-8"))

    assert not found, found
