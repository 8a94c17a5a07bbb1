"""One flood, in a process of its own, until it is ended: messages of somebody inside, or datagrams of a stranger."""

import asyncio
import json
import socket
import sys
import time
from typing import Any

import aiohttp

TURN_SECONDS = 0.01


async def messages(origin: str, cookie: str, room: str, frame: str, rate: int) -> None:
    """Send the same frame again and again; whoever is hung up on comes back at once."""
    headers = {"Cookie": cookie, "Origin": origin}
    address = f"{origin}/socket.io/?EIO=4&transport=websocket"
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        while True:
            try:
                async with http.ws_connect(address, headers=headers) as line:
                    await line.send_str("40" + json.dumps({"room": room}))
                    while True:
                        due = time.monotonic() + TURN_SECONDS
                        for _ in range(int(rate * TURN_SECONDS)):
                            await line.send_str(frame)
                        await asyncio.sleep(max(0.0, due - time.monotonic()))
            except (aiohttp.ClientError, ConnectionError):
                await asyncio.sleep(TURN_SECONDS)


def datagrams(port: int, datagram: str, rate: int) -> None:
    """Send the same datagram (hexadecimal) to a port on loopback."""
    raw = bytes.fromhex(datagram)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        while True:
            due = time.monotonic() + TURN_SECONDS
            for _ in range(int(rate * TURN_SECONDS)):
                stranger.sendto(raw, ("127.0.0.1", port))
            time.sleep(max(0.0, due - time.monotonic()))


def main() -> None:
    what: dict[str, Any] = json.loads(sys.argv[1])
    if "port" in what:
        datagrams(**what)
    else:
        asyncio.run(messages(**what))


if __name__ == "__main__":
    main()
