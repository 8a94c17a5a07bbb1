"""Somebody in a real browser, who clicks what a person would click and whose packets are counted."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from playwright.async_api import BrowserContext, Locator, Page, expect

from ascona import assets

PATIENCE = 60.0
"""Seconds for what should happen, and on a quiet machine does in a few: a busy one is late, not wrong."""

COUNTED_MS = 500
"""How long packets are counted where none may come."""

# Keeps hold of every connection a page makes, so that its packets can be counted from outside.
WATCH_CONNECTIONS = """
window.connections = [];
const Stock = window.RTCPeerConnection;
window.RTCPeerConnection = class extends Stock {
  constructor(...settings) { super(...settings); window.connections.push(this); }
};
"""

# Notes every phase that the page has shown.
NOTE_PHASES = """
window.phases = [];
new MutationObserver(() => {
  const phase = document.querySelector("main#room")?.dataset.phase;
  if (phase && phase !== window.phases.at(-1)) window.phases.push(phase);
}).observe(document, { subtree: true, attributes: true, attributeFilter: ["data-phase"], childList: true });
"""

# A client that ignores every instruction: what it once sends it never stops sending, over every connection.
NEVER_STOP_SENDING = """
const kept = {};
const replace = RTCRtpSender.prototype.replaceTrack;
RTCRtpSender.prototype.replaceTrack = function (track) {
  if (track === null) return Promise.resolve();
  kept[track.kind] = track;
  return replace.call(this, track);
};
const add = RTCPeerConnection.prototype.addTransceiver;
RTCPeerConnection.prototype.addTransceiver = function (kind, init) {
  const made = add.call(this, kind, init);
  if (init?.direction === "sendonly" && kept[kind]) void replace.call(made.sender, kept[kind]);
  return made;
};
const set = RTCRtpSender.prototype.setParameters;
RTCRtpSender.prototype.setParameters = function (parameters) {
  for (const encoding of parameters.encodings) encoding.active = true;
  return set.call(this, parameters);
};
Object.defineProperty(MediaStreamTrack.prototype, "enabled", { get: () => true, set: () => {} });
MediaStreamTrack.prototype.stop = () => {};
"""

READ_COUNTERS = """
async () => {
  const found = { slots: {}, sent: { audio: 0, video: 0 } };
  const connection = window.connections.filter((one) => one.connectionState !== "closed").at(-1);
  if (!connection) return found;
  for (const report of (await connection.getStats()).values()) {
    if (report.type === "inbound-rtp") {
      const place = Number(report.mid) - 2;
      const slot = (found.slots[Math.floor(place / 2)] ??= {});
      slot[report.kind] = {
        packets: report.packetsReceived,
        lost: report.packetsLost,
        frames: report.framesDecoded ?? 0,
        freezes: report.freezeCount ?? 0,
        energy: report.totalAudioEnergy ?? 0,
      };
    }
    if (report.type === "outbound-rtp") found.sent[report.kind] += report.packetsSent;
  }
  return found;
}
"""

GLANCE = assets.web() / "static" / "room" / "glance.js"
READING = re.compile(r"(READING = )[\d_]+")


async def read_at_once(context: BrowserContext) -> None:
    """Whoever has pages in here presses for what has just come, too: no second and a half between two presses."""
    quick, found = READING.subn(r"\g<1>0", GLANCE.read_text(encoding="utf-8"))
    assert found == 1
    served = {"body": quick, "content_type": "text/javascript"}
    await context.route(f"**/{GLANCE.name}", lambda route: route.fulfill(**served))


NOTHING = {"packets": 0, "lost": 0, "frames": 0, "freezes": 0, "energy": 0.0}


async def until(condition: Callable[[], Awaitable[bool]], within: float = PATIENCE) -> None:
    """Ask again and again; seconds."""
    async with asyncio.timeout(within):
        while not await condition():
            await asyncio.sleep(0.1)


@dataclass(frozen=True)
class Received:
    """What came in from one slot since the counters were last reset."""

    packets: int
    frames: int
    energy: float
    lost: int
    freezes: int


class Person:
    """One invited person and their browser."""

    def __init__(self, name: str, standing: str, link: str, context: BrowserContext, page: Page) -> None:
        self.name = name
        self.standing = standing
        self.link = link
        self.context = context
        self.page = page
        self.room = page.locator("main#room")
        self.trouble: list[str] = []
        self.requests: list[str] = []
        self._before: dict[str, Any] = {}
        page.on("pageerror", lambda error: self.trouble.append(str(error)))
        page.on("console", lambda line: self.trouble.append(line.text) if line.type == "error" else None)
        page.on("request", lambda request: self.requests.append(request.url))

    async def join(self) -> None:
        """Open the link, agree, and knock."""
        await self.page.goto(self.link)
        await self.page.get_by_role("checkbox", name="I agree").check()
        await self.page.get_by_role("button", name="Join the room").click()
        await expect(self.room).to_have_attribute("data-link", "connected")

    async def hang_up(self) -> None:
        """Their line is lost, without a word."""
        await self.page.goto("about:blank")

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    async def press(self, name: str) -> None:
        await self.button(name).click()

    async def act_on(self, person: str, action: str) -> None:
        """Choose something from the menu on somebody's chair."""
        await self.button(f"Actions for {person}").click()
        await self.page.get_by_role("menuitem", name=action).click()

    def chair(self, name: str) -> Locator:
        return self.page.locator(f'balint-chair[data-name="{name}"]')

    async def sees_phase(self, phase: str, timeout: float = 1000 * PATIENCE) -> None:
        await expect(self.room).to_have_attribute("data-phase", phase, timeout=timeout)

    async def sees_waiting(self, name: str) -> None:
        await expect(self.button(f"Admit {name}")).to_be_visible()

    async def sees_chairs(self, count: int) -> None:
        await expect(self.page.locator("balint-chair")).to_have_count(count)

    async def sees_standing(self, name: str, standing: str) -> None:
        await expect(self.chair(name)).to_have_attribute("data-standing", standing)

    async def sees_state(self, name: str, state: str) -> None:
        await expect(self.chair(name)).to_have_attribute("data-state", state)

    async def phases_seen(self) -> list[str]:
        """Every phase that the page has shown, in order, where `NOTE_PHASES` is among its scripts."""
        seen: list[str] = await self.page.evaluate("window.phases")
        return seen

    async def phase(self) -> str | None:
        return await self.room.get_attribute("data-phase")

    async def moves_on(self) -> None:
        """Press “Next phase”, and see it."""
        before = await self.room.get_attribute("data-version")
        await self.press("Next phase")
        await expect(self.room).not_to_have_attribute("data-version", before or "")

    async def chairs(self) -> list[tuple[int, str]]:
        """Seat and name, as they stand in the page."""
        told = await self.page.locator("balint-chair").evaluate_all(
            "(all) => all.map((one) => [one.dataset.seat, one.dataset.name])"
        )
        return [(int(seat), name) for seat, name in told]

    async def seat_of(self, name: str) -> int:
        seat = await self.chair(name).get_attribute("data-seat")
        assert seat is not None
        return int(seat)

    async def counters(self) -> dict[str, Any]:
        """What the browser itself counts, by slot and kind."""
        found: dict[str, Any] = await self.page.evaluate(READ_COUNTERS)
        return found

    async def reset(self) -> None:
        """Count from now on."""
        self._before = await self.counters()

    async def count(self) -> None:
        """Count anew, for half a second: that nothing comes shows in time alone."""
        await self.reset()
        await self.page.wait_for_timeout(COUNTED_MS)

    async def received(self) -> dict[tuple[int, str], Received]:
        """What has come in since `reset`, by (slot, kind)."""
        now = await self.counters()
        result = {}
        for slot, kinds in now["slots"].items():
            for kind, counts in kinds.items():
                before = self._before.get("slots", {}).get(slot, {}).get(kind, NOTHING)
                grown = {key: counts[key] - before[key] for key in NOTHING}
                result[int(slot), kind] = Received(**grown)
        return result

    async def sent(self, kind: str) -> int:
        """Packets sent since `reset`."""
        now = await self.counters()
        return int(now["sent"][kind] - self._before.get("sent", {}).get(kind, 0))
