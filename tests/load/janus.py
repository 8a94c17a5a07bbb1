"""Debian's Janus with nothing but its video room, configured in a folder of its own; and the side that fills it."""

import asyncio
import contextlib
import itertools
import os
import shutil
import socket
from pathlib import Path
from typing import Any

import aiohttp

from tests.load import sdp
from tests.load.circle import Circle, few_at_once
from tests.load.peer import PATIENCE, Identity, Peer
from tests.load.traffic import Link

PROGRAM = shutil.which("janus")
_MODULES = Path("/usr/lib/x86_64-linux-gnu/janus")
_VIDEOROOM = "janus.plugin.videoroom"


class Janus:
    """
    The server under load, from outside.

    A person has a connection for what they send, and one for all that they hear and see: what asks least of Janus.
    """

    def __init__(self, host: str, event_loops: int | None) -> None:
        """
        Args:
            host: An address of this machine that is not loopback, which Janus does not use.
            event_loops: Threads that all connections share; None: as installed, a thread for each connection.
        """
        self._host = host
        self._event_loops = event_loops
        self.pid = 0
        self._process: asyncio.subprocess.Process
        self._client: aiohttp.ClientSession
        self._line: aiohttp.ClientWebSocketResponse
        self._reader: asyncio.Task[None]
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._up: dict[int, asyncio.Event] = {}
        self._numbers = itertools.count(1)
        self._session = 0

    async def start(self, core: int, folder: Path) -> None:
        assert PROGRAM
        port = _free_port()
        _configure(folder, port, self._event_loops)
        self._process = await asyncio.create_subprocess_exec(
            PROGRAM, "--configs-folder", str(folder),
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
            preexec_fn=lambda: os.sched_setaffinity(0, {core}),
        )  # fmt: skip
        self.pid = self._process.pid
        self._client = aiohttp.ClientSession()
        async with asyncio.timeout(PATIENCE):
            while True:
                with contextlib.suppress(aiohttp.ClientConnectionError):
                    self._line = await self._client.ws_connect(
                        f"ws://127.0.0.1:{port}", protocols=["janus-protocol"], max_msg_size=0
                    )
                    break
                await asyncio.sleep(0.1)
        self._reader = asyncio.create_task(self._read())
        self._session = (await self._ask({"janus": "create"}))["data"]["id"]

    async def _read(self) -> None:
        async for message in self._line:
            said = message.json()
            if said["janus"] == "webrtcup":
                self._up[said["sender"]].set()
            elif said["janus"] != "ack" and said.get("transaction") in self._waiting:
                self._waiting.pop(said["transaction"]).set_result(said)

    async def _ask(self, request: dict[str, Any], handle: int | None = None) -> dict[str, Any]:
        transaction = str(next(self._numbers))
        answer = self._waiting[transaction] = asyncio.get_running_loop().create_future()
        request |= {"transaction": transaction}
        if self._session:
            request["session_id"] = self._session
        if handle is not None:
            request["handle_id"] = handle
        await self._line.send_json(request)
        said: dict[str, Any] = await asyncio.wait_for(answer, PATIENCE)
        assert said["janus"] != "error", said
        assert "error" not in said.get("plugindata", {}).get("data", {}), said
        return said

    async def _attach(self) -> int:
        handle: int = (await self._ask({"janus": "attach", "plugin": _VIDEOROOM}))["data"]["id"]
        self._up[handle] = asyncio.Event()
        return handle

    async def _message(self, handle: int, body: dict[str, Any], jsep: dict[str, str] | None = None) -> dict[str, Any]:
        request: dict[str, Any] = {"janus": "message", "body": body}
        if jsep:
            request["jsep"] = jsep
        return await self._ask(request, handle)

    async def gather(self, circle: Circle, identity: Identity) -> list[Link]:
        room = 1 + circle.number
        await self._message(
            await self._attach(),
            {
                "request": "create",
                "room": room,
                "publishers": circle.senders,
                "audiocodec": "opus",
                "videocodec": "vp8",
            },
        )
        feeds: dict[int, int] = {}
        sending = await few_at_once(
            [self._publish(room, circle.first + place, identity, feeds) for place in range(circle.senders)]
        )
        hearing = await few_at_once(
            [self._subscribe(room, circle.first + place, identity, feeds) for place in range(circle.people)]
        )
        return sending + hearing

    async def _publish(self, room: int, sender: int, identity: Identity, feeds: dict[int, int]) -> Link:
        handle = await self._attach()
        own = Peer(identity, self._host)
        said = await self._message(
            handle,
            {"request": "joinandconfigure", "ptype": "publisher", "room": room},
            {"type": "offer", "sdp": sdp.offer(own, sender, 0)},
        )
        feeds[said["plugindata"]["data"]["id"]] = sender
        await self._connect(handle, own, sdp.read(said["jsep"]["sdp"]))
        return Link(own, sender, {})

    async def _subscribe(self, room: int, sender: int, identity: Identity, feeds: dict[int, int]) -> Link:
        handle = await self._attach()
        own = Peer(identity, self._host, controls=False)
        streams = [{"feed": feed} for feed, other in feeds.items() if other != sender]
        said = await self._message(handle, {"request": "join", "ptype": "subscriber", "room": room, "streams": streams})
        offered = sdp.read(said["jsep"]["sdp"])
        mids = {one["mid"]: feeds[one["feed_id"]] for one in said["plugindata"]["data"]["streams"]}
        await self._message(handle, {"request": "start"}, {"type": "answer", "sdp": sdp.answer(own, offered)})
        await self._connect(handle, own, offered)
        hears = {
            section.ssrc: (mids[section.mid], section.kind) for section in offered.sections if section.ssrc is not None
        }
        return Link(own, None, hears)

    async def _connect(self, handle: int, own: Peer, there: sdp.Description) -> None:
        await own.connect(there.address, there.name, there.password)
        await asyncio.wait_for(self._up[handle].wait(), PATIENCE)

    async def told(self) -> dict[str, int]:
        return {}

    async def stop(self) -> None:
        self._reader.cancel()
        await self._client.close()
        if self._process.returncode is None:
            self._process.terminate()
            await self._process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _configure(folder: Path, port: int, event_loops: int | None) -> None:
    for kind, module in (("plugins", "videoroom"), ("transports", "websockets"), ("events", ""), ("loggers", "")):
        (folder / kind).mkdir()
        if module:
            name = f"libjanus_{module}.so"
            (folder / kind / name).symlink_to(_MODULES / kind / name)
    loops = "" if event_loops is None else f"event_loops = {event_loops}"
    (folder / "janus.jcfg").write_text(
        f"""general: {{
            plugins_folder = "{folder}/plugins"
            transports_folder = "{folder}/transports"
            events_folder = "{folder}/events"
            loggers_folder = "{folder}/loggers"
            debug_level = 1
            session_timeout = 0
            {loops}
        }}
        """,
        encoding="ascii",
    )
    (folder / "janus.transport.websockets.jcfg").write_text(
        f'general: {{ ws = true ws_port = {port} ws_ip = "127.0.0.1" }}', encoding="ascii"
    )
    (folder / "janus.plugin.videoroom.jcfg").write_text("general: {}", encoding="ascii")
