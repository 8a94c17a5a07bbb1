"""One person in a real Firefox, driven over WebDriver BiDi, since Playwright only knows a Firefox of its own."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import os
import shutil
import tempfile
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse

FIREFOX = os.environ.get("ASCONA_TEST_FIREFOX") or shutil.which("firefox-esr") or shutil.which("firefox")
NO_PROXY = "network.proxy.no_proxies_on"
PREFERENCES: dict[str, bool | int | str] = {
    "media.navigator.streams.fake": True,  # a coloured picture and a tone
    "media.navigator.permission.disabled": True,
    # It talks to the server under test and to nobody else: whatever else it asks for ends at a port nobody listens on.
    "network.proxy.type": 1,
    "network.proxy.socks": "127.0.0.1",
    "network.proxy.socks_port": 9,
    "network.proxy.socks_remote_dns": True,
    NO_PROXY: "localhost, 127.0.0.1",
    "network.proxy.allow_bypass": False,
    "network.proxy.failover_direct": False,
    "network.connectivity-service.enabled": False,
    "media.peerconnection.ice.obfuscate_host_addresses": False,  # its names for them go out by multicast
}
GONE = {"move target out of bounds", "no such node"}
"""What Firefox says of an element that the page drew anew after it was found; nothing has been pressed then."""

# Into the middle of the window, until nothing that comes later pushes it away, and it may be pressed.
COME_TO_REST = """async (one) => {
  let before;
  do {
    one.scrollIntoView({ block: "center", behavior: "instant" });
    before = one.getBoundingClientRect().top;
    await new Promise((done) => setTimeout(done, 50));
  } while (one.getBoundingClientRect().top !== before || one.getAttribute("aria-disabled") === "true");
}"""
ANSWER_SECONDS = 90.0
"""How long Firefox may take to do what it is told, on a machine that has much else to do."""

CLICKABLE_SECONDS = 90.0
"""How long something to click may take to appear."""

LISTENING = b"WebDriver BiDi listening on "


class Refused(AssertionError):
    """Firefox's own word for why a command failed, and all it said."""


class Firefox:
    """A browser with a fresh profile, and one page at a time."""

    def __init__(self) -> None:
        self.trouble: list[str] = []  # what the page's console complained of
        self._open = AsyncExitStack()
        self._ids = itertools.count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}

    async def start(self, script: str, reaches: str = "") -> None:
        """Launch, and open a page."""
        await self.launch(reaches)
        await self.open(script)

    async def launch(self, reaches: str = "") -> None:
        """`reaches`: an address of another machine that its pages may go to."""
        profile = tempfile.TemporaryDirectory(prefix="ascona-firefox-", ignore_cleanup_errors=True)
        home = Path(self._open.enter_context(profile))
        near = ", ".join(filter(None, (str(PREFERENCES[NO_PROXY]), reaches)))
        preferences = {**PREFERENCES, NO_PROXY: near}
        lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in preferences.items())
        (home / "user.js").write_text("".join(lines), encoding="utf-8")
        assert FIREFOX
        self._process = await asyncio.create_subprocess_exec(
            FIREFOX, "--headless", "--no-remote", "--profile", home, "--remote-debugging-port", "0",
            env={**os.environ, "HOME": str(home)},
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        self._open.push_async_callback(self._end, self._process)
        address = await asyncio.wait_for(self._address(), 60)
        http = await self._open.enter_async_context(ClientSession())
        self._socket = await http.ws_connect(f"{address}/session", max_msg_size=0)
        self._spawn(self._read(self._socket))
        await self.tell("session.new", capabilities={"alwaysMatch": {"acceptInsecureCerts": True}})
        await self.tell("session.subscribe", events=["log.entryAdded"])

    async def open(self, script: str) -> None:
        """Open a page that shares nothing with those before it; `script` runs in it before its own."""
        self.trouble = []
        self._user = (await self.tell("browser.createUserContext"))["userContext"]
        before = f"() => {{ {script} }}"
        await self.tell("script.addPreloadScript", functionDeclaration=before, userContexts=[self._user])
        self._page = (await self.tell("browsingContext.create", type="tab", userContext=self._user))["context"]
        await self.resize(1440, 900)

    async def leave(self) -> None:
        """Close the page, with all that it has kept."""
        await self.tell("browser.removeUserContext", userContext=self._user)

    async def stop(self) -> None:
        await self._open.aclose()

    async def go_to(self, address: str) -> None:
        await self.tell("browsingContext.navigate", context=self._page, url=address, wait="complete")

    async def reload(self) -> None:
        await self.tell("browsingContext.reload", context=self._page, wait="complete")

    async def resize(self, width: int, height: int) -> None:
        await self.tell("browsingContext.setViewport", context=self._page, viewport={"width": width, "height": height})

    async def evaluate(self, expression: str) -> Any:
        """What a JavaScript expression comes to, awaited, through JSON."""
        wrapped = f"(async () => JSON.stringify((await ({expression})) ?? null))()"
        answer = await self.tell(
            "script.evaluate", expression=wrapped, target={"context": self._page}, awaitPromise=True
        )
        assert answer["type"] == "success", answer["exceptionDetails"]["text"]
        return json.loads(answer["result"]["value"])

    async def until(self, expression: str, within: float = ANSWER_SECONDS) -> None:
        """Wait until a JavaScript expression is true; seconds."""
        async with asyncio.timeout(within):
            while not await self.evaluate(expression):
                await asyncio.sleep(0.05)

    async def press(self, name: str) -> None:
        """Click the button of this accessible name, as soon as there is one."""
        await self._click({"type": "accessibility", "value": {"role": "button", "name": name}})

    async def click(self, selector: str) -> None:
        await self._click({"type": "css", "value": selector})

    async def write(self, selector: str, text: str) -> None:
        """Type into a field, in place of what is there."""
        await self.click(selector)
        await self.evaluate(f"document.querySelector({json.dumps(selector)}).select()")
        keys = [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
        hand = {"type": "key", "id": "keyboard", "actions": keys}
        await self.tell("input.performActions", context=self._page, actions=[hand])

    async def picture(self) -> bytes:
        """A PNG of what is to be seen."""
        answer = await self.tell("browsingContext.captureScreenshot", context=self._page)
        return base64.b64decode(answer["data"])

    async def tell(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command of the protocol, and its result."""
        number = next(self._ids)
        coming = self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        try:
            answer = await asyncio.wait_for(coming, ANSWER_SECONDS)
        except TimeoutError as late:
            raise AssertionError(f"Firefox has not answered {method} within {ANSWER_SECONDS:g} s") from late
        if answer["type"] != "success":
            raise Refused(answer["error"], answer)
        return dict(answer["result"])

    async def _click(self, locator: dict[str, Any]) -> None:
        """Where the page draws it anew meanwhile, it is looked for once more, as an eye does."""
        until = asyncio.get_running_loop().time() + CLICKABLE_SECONDS
        while True:
            try:
                return await self._click_now(locator)
            except Refused as refused:
                if refused.args[0] not in GONE or asyncio.get_running_loop().time() > until:
                    raise

    async def _click_now(self, locator: dict[str, Any]) -> None:
        element = {"sharedId": await self._found(locator)}
        await self.tell(
            "script.callFunction", functionDeclaration=COME_TO_REST,
            arguments=[element], target={"context": self._page}, awaitPromise=True,
        )  # fmt: skip
        way = [
            {"type": "pointerMove", "x": 0, "y": 0, "origin": {"type": "element", "element": element}},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        hand = {"type": "pointer", "id": "hand", "actions": way}
        await self.tell("input.performActions", context=self._page, actions=[hand])

    async def _found(self, locator: dict[str, Any]) -> str:
        """The first element there is of these, as soon as there is one."""
        try:
            async with asyncio.timeout(CLICKABLE_SECONDS):
                while True:
                    told = await self.tell("browsingContext.locateNodes", context=self._page, locator=locator)
                    if told["nodes"]:
                        return str(told["nodes"][0]["sharedId"])
                    await asyncio.sleep(0.05)
        except TimeoutError as late:
            raise AssertionError(f"nothing to click within {CLICKABLE_SECONDS:g} s: {locator['value']}") from late

    async def _address(self) -> str:
        assert self._process.stderr
        async for line in self._process.stderr:
            if LISTENING in line:
                self._spawn(self._drain(self._process.stderr))
                return line.partition(LISTENING)[2].decode().strip()
        raise AssertionError("Firefox ended before it listened")

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._open.callback(asyncio.create_task(work).cancel)

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        if process.returncode is None:
            process.terminate()
        await process.wait()

    async def _drain(self, stream: asyncio.StreamReader) -> None:
        """A full pipe would stop it."""
        async for _ in stream:
            pass

    async def _read(self, socket: ClientWebSocketResponse) -> None:
        async for message in socket:
            said = message.json()
            if said.get("method") == "log.entryAdded" and said["params"]["level"] == "error":
                self.trouble.append(said["params"]["text"])
            waiting = self._answers.pop(said.get("id"), None)
            if waiting and not waiting.done():  # whoever asked may have given up
                waiting.set_result(said)
