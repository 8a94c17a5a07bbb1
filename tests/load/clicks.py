"""How long after somebody's click something happens in a room of real browsers, in milliseconds.

All browsers share one machine and its clock. Nothing here knows how people got into their room, or what lies between
them and the server.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from playwright.async_api import expect

from tests.e2e.person import Person

# The moment a page's version changes, and the moment a hand comes down.
NOTE_MOMENTS = """
window.versions = {};
window.clicked = 0;
window.now = () => performance.timeOrigin + performance.now();
addEventListener("click", () => { window.clicked = window.now(); }, { capture: true });
new MutationObserver(() => {
  const version = document.querySelector("main#room")?.dataset.version;
  if (version && !(version in window.versions)) window.versions[version] = window.now();
}).observe(document, { subtree: true, attributes: true, attributeFilter: ["data-version"], childList: true });
window.line = () => (window.connections ?? []).filter((one) => one.connectionState !== "closed").at(-1);
window.receivers = (kind, slot) => {
  const all = (window.line()?.getTransceivers() ?? []).filter((one) => one.direction === "recvonly");
  return all.map((one) => one.receiver).filter((one) => one.track.kind === kind).filter((_, at) => (slot ?? at) === at);
};
window.streams = async (kind, slot) => {
  const all = slot === null ? [window.line()] : window.receivers(kind, slot);
  const reports = await Promise.all(all.filter(Boolean).map((one) => one.getStats()));
  return reports.flatMap((one) => [...one.values()]).filter((one) => one.type === "inbound-rtp" && one.kind === kind);
};
"""

# The moments when another packet of sound has come and another frame has been put on the screen, of one slot or of any;
# null: not in time. The browser itself tells of the frame: asking it for its counters each few milliseconds takes more
# of a shared machine than the room does, and it renews them only every 50 ms.
NEXT = """
async ([slot, within]) => {
  const heard = async () => (await window.streams("audio", slot)).reduce((sum, one) => sum + one.packetsReceived, 0);
  const moments = { voice: null, frame: null };
  const watched = new Set();
  const watch = (video) => {
    const track = video.srcObject?.getVideoTracks()[0];
    if (watched.has(video) || !window.receivers("video", slot).some((one) => one.track === track)) return;
    watched.add(video);
    const look = (_, frame) => {
      const old = performance.timeOrigin + frame.receiveTime < began; // the last of before may be told of late
      if (old) video.requestVideoFrameCallback(look);
      else moments.frame ??= performance.timeOrigin + frame.presentationTime;
    };
    video.requestVideoFrameCallback(look);
  };
  const began = window.now();
  const ends = began + within;
  const before = await heard();
  while (window.now() < ends && Object.values(moments).includes(null)) {
    document.querySelectorAll("video").forEach(watch);
    if (moments.voice === null && (await heard()) > before) moments.voice = window.now();
    await new Promise((done) => setTimeout(done, 25));
  }
  return moments;
}
"""

# The moment when a slot's last packet of sound has come, once none has come for a while.
LAST_PACKET = """
async ([slot, silence]) => {
  for (;;) {
    const [heard] = await window.streams("audio", slot);
    if (heard && window.now() - heard.lastPacketReceivedTimestamp > silence) return heard.lastPacketReceivedTimestamp;
    await new Promise((done) => setTimeout(done, silence / 4));
  }
}
"""

# Whether sound of a slot comes.
HEARD = """
async (slot) => {
  const [heard] = await window.streams("audio", slot);
  return Boolean(heard) && window.now() - heard.lastPacketReceivedTimestamp < 200;
}
"""

SILENCE_MS = 400  # nothing for so long: nothing more will come
UNWATCHED_SECONDS = 0.4  # asking pages whether they have changed would keep them from changing
LAST_FRAMES_SECONDS = 1.0  # frames from before the gate closed are decoded by then
COMES_WITHIN_MS = 30_000  # or counts as not having come: where a line is too narrow, pictures are paused


@dataclass(frozen=True)
class Coming:
    """When somebody was first heard and seen, in milliseconds after a click; None: not in time."""

    voice: float | None
    frame: float | None

    @classmethod
    def after(cls, click: float, moments: dict[str, Any]) -> "Coming":
        return cls(**{what: None if moment is None else moment - click for what, moment in moments.items()})


async def clicked(person: Person) -> float:
    """When somebody's hand last came down."""
    moment: float = await person.page.evaluate("window.clicked")
    return moment


async def joining(person: Person) -> Coming:
    """From “Join the room” to the first packet of anybody's voice and the first frame on the screen."""
    await person.page.goto(person.link)
    await person.page.get_by_role("checkbox", name="I agree").check()
    button = person.button("Join the room")
    await expect(button).to_be_enabled()
    coming = asyncio.create_task(person.page.evaluate(NEXT, [None, COMES_WITHIN_MS]))
    await button.click()
    moments = await coming
    return Coming.after(await clicked(person), moments)


async def seen_by_all(leader: Person, button: str, people: Sequence[Person]) -> float:
    """From a leader's click to the last of all browsers showing the new version."""
    before = int(await leader.room.get_attribute("data-version") or 0)
    await leader.press(button)
    await asyncio.sleep(UNWATCHED_SECONDS)
    for person in people:
        await expect(person.room).not_to_have_attribute("data-version", str(before))
    shown = [await one.page.evaluate("(v) => window.versions[v]", str(before + 1)) for one in people]
    return max(shown) - await clicked(leader)


async def falling_silent(leader: Person, button: str, presenter: Person, listener: Person) -> float:
    """From a leader's click to the last packet of a presenter's voice that a listener gets; 0 if it came before."""
    slot = await listener.seat_of(presenter.name)
    await listener.page.wait_for_function(HEARD, arg=slot, polling=100)
    await leader.press(button)
    last = await listener.page.evaluate(LAST_PACKET, [slot, SILENCE_MS])
    await expect(listener.chair(presenter.name)).to_have_attribute("data-state", "back")
    return max(0.0, last - await clicked(leader))


async def coming_back(presenter: Person, listener: Person) -> Coming:
    """From the presenter's “Come back” to their voice, and to a frame on the screen, at a listener."""
    slot = await listener.seat_of(presenter.name)
    await expect(listener.chair(presenter.name)).to_have_attribute("data-state", "back")
    await asyncio.sleep(LAST_FRAMES_SECONDS)
    coming = asyncio.create_task(listener.page.evaluate(NEXT, [slot, COMES_WITHIN_MS]))
    await presenter.press("Come back")
    moments = await coming
    return Coming.after(await clicked(presenter), moments)
