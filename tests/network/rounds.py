"""What is done with a profile: listen, cut the line, change the address; and what is noted of it."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from tests.e2e.evening import go_to
from tests.network.evening import ROOM, Evening, presenting
from tests.network.link import Conditions
from tests.network.profiles import Profile

SETTLE_SECONDS = 5.0
"""Until estimates and jitter buffers know a new line."""

PATIENCE_SECONDS = 60.0
"""For voices that should be heard again; a run that takes longer has failed, and the next one begins."""

CLICK_SECONDS = 60.0
"""For all that people click together."""

_BETWEEN_SECONDS = 4.0  # address changes: everything has come to rest by then

Figures = dict[str, Any]


async def listen(evening: Evening, profile: Profile) -> Figures:
    """Voices and pictures over this line, for as long as the profile says."""
    home = evening.ground.lines["home"]
    await home.set(profile.line)
    await home.fit(profile.line.mtu)
    await _hears_all(evening)
    await asyncio.sleep(SETTLE_SECONDS)
    await _reset(evening)
    before, own = await home.set(profile.line), await evening.far.evaluate(OWN)
    await asyncio.sleep(profile.lasts)
    sent = await evening.far.evaluate(OWN)
    here, there = await asyncio.gather(evening.far.evaluate("ear"), evening.near.evaluate("ear"))
    after = await home.set(profile.line)
    assert len(here["voices"]) == evening.voices, "a voice is missing"
    assert all(one["concealed"] < one["total"] for one in here["voices"].values()), "a voice is gone"
    return {
        "far": _summary(here, profile.lasts),
        "near": _summary(there, profile.lasts),
        "down": _way(before["down"], after["down"], profile.lasts),
        "up": _way(before["up"], after["up"], profile.lasts),
        "own": {
            "picture_kbit": round((sent["bytes"] - own["bytes"]) * 8 / profile.lasts / 1000),
            "available_kbit": round(sent["available"] / 1000),
            "told_lost": sent["told_lost"],
            "frames": sent["frames"] - own["frames"],
            "frames_at_ada": there["pictures"].get(str(evening.seat), {}).get("frames", 0),
        },
        "ways": await evening.far.evaluate(WAYS),
    }


async def cut(evening: Evening, profile: Profile) -> Figures:
    """Nothing passes for a while; seconds from the line's return until the voices are heard, and Cy's is by Ada."""
    home = evening.ground.lines["home"]
    await home.set(profile.line)
    await home.fit(profile.line.mtu)
    await _hears_all(evening)
    runs = []
    for _ in range(profile.times):
        await asyncio.sleep(_BETWEEN_SECONDS)
        await home.set(Conditions(cut=True))
        await asyncio.sleep(profile.cut_seconds)
        await _reset(evening)
        await home.set(profile.line)
        runs.append(await _run(evening, time.time()))
    return {"runs": runs, "within": profile.heard_within}


async def change_address(evening: Evening, profile: Profile) -> Figures:
    """Home line to mobile and back; seconds from the loss of the old line."""
    ground = evening.ground
    for line in ground.lines.values():
        await line.set(profile.line)
    await _hears_all(evening)
    runs = []
    for number in range(profile.times):
        await asyncio.sleep(_BETWEEN_SECONDS)
        old, new = ("home", "mobile") if number % 2 == 0 else ("mobile", "home")
        began = time.time()
        await ground.lines[old].unplug()
        await _reset(evening)
        await ground.lines[new].plug()
        runs.append(await _run(evening, began))
    if profile.times % 2:
        await ground.lines["mobile"].unplug()
        await ground.lines["home"].plug()
        await _run(evening, time.time())
    return {"runs": runs, "within": profile.heard_within}


async def sit_back(evening: Evening, profile: Profile) -> Figures:
    """Cy, who never stops sending, presents and sits back; the line is cut meanwhile; Ada counts what comes from Cy."""
    home, ada = evening.ground.lines["home"], evening.ada
    await home.set(profile.line)
    await _hears_all(evening)
    async with asyncio.timeout(CLICK_SECONDS):
        await presenting(evening)
        await go_to({"Ada": ada}, "fantasies")
    await evening.far.until(f"{ROOM}.phase === 'fantasies'")
    await asyncio.sleep(1)  # what was on its way has arrived
    await _reset(evening)
    await asyncio.sleep(_BETWEEN_SECONDS)
    assert await evening.far.evaluate("ear.sent") > 0, "whoever never stops sending has sent nothing"
    await home.set(Conditions(cut=True))
    await asyncio.sleep(profile.cut_seconds)
    await evening.far.evaluate("ear.reset()")
    await home.set(profile.line)
    began = time.time()
    first, _ = await _first_and_last(evening, began)
    await asyncio.sleep(_BETWEEN_SECONDS)
    sent = await evening.far.evaluate("ear.sent")
    assert sent > 0, "whoever never stops sending has sent nothing on coming back"
    there = await evening.near.evaluate("ear")
    leaked = sum(there[kind].get(str(evening.seat), {}).get("packets", 0) for kind in ("voices", "pictures"))
    others = sum(one["packets"] for one in there["voices"].values())
    assert leaked == 0, f"{leaked} packets of somebody who sits back"
    assert others > 0, "nothing was counted at all"
    return {"leaked": leaked, "sent": sent, "from_others": others, "first": first}


ROUNDS: dict[str, Callable[[Evening, Profile], Awaitable[Figures]]] = {
    "nothing": listen,
    "cut": cut,
    "address": change_address,
    "sits_back": sit_back,
}

# By which protocol Cy's packets go now.
WAYS = """(async () => {
  const found = new Set();
  for (const one of connections.filter((one) => one.connectionState === "connected")) {
    const reports = await one.getStats();
    for (const report of reports.values())
      if (report.type === "candidate-pair" && report.state === "succeeded" && (report.nominated || report.selected))
        found.add(reports.get(report.localCandidateId)?.protocol);
  }
  return [...found];
})()"""

# What Cy's camera sends, what Chromium believes it could, and the part of the voice that it is told does not arrive.
OWN = """(async () => {
  const own = { bytes: 0, frames: 0, available: 0, told_lost: 0 };
  for (const one of connections.slice(-1))
    for (const report of (await one.getStats()).values()) {
      if (report.type === "outbound-rtp" && report.kind === "video") {
        own.bytes += report.bytesSent;
        own.frames = Math.max(own.frames, report.framesSent ?? report.framesEncoded);
      }
      const available = report.type === "candidate-pair" ? report.availableOutgoingBitrate : 0;
      own.available = Math.max(own.available, available ?? 0);
      if (report.type === "remote-inbound-rtp" && report.kind === "audio") own.told_lost = report.fractionLost;
    }
  return own;
})()"""


async def _reset(evening: Evening) -> None:
    await asyncio.gather(evening.far.evaluate("ear.reset()"), evening.near.evaluate("ear.reset()"))


async def _hears_all(evening: Evening) -> None:
    """Wait until all voices are heard at both ends."""
    await _reset(evening)
    for listener in (evening.far, evening.near):
        await listener.until(f"Object.keys(ear.again).length >= {evening.voices}", PATIENCE_SECONDS)


async def _first_and_last(evening: Evening, began: float) -> tuple[float, float]:
    await evening.far.until(f"Object.keys(ear.again).length >= {evening.voices}", PATIENCE_SECONDS)
    heard = (await evening.far.evaluate("ear.again")).values()
    return round(min(heard) / 1000 - began, 2), round(max(heard) / 1000 - began, 2)


async def _run(evening: Evening, began: float) -> Figures:
    """One return, or how it failed; with what the page went through."""
    try:
        figures: Figures = dict(await _again(evening, began))
    except AssertionError as late:
        figures = {"failed": str(late)}
    story = await evening.far.evaluate("ear.story")
    figures["story"] = [f"{at / 1000 - began:.2f} {what}" for at, what in story if at / 1000 > began - 15]
    evening.tell(figures)
    return figures


async def _again(evening: Evening, began: float) -> dict[str, float]:
    first, last = await _first_and_last(evening, began)
    seat = evening.seat
    await evening.near.until(f"ear.again[{seat}]", PATIENCE_SECONDS)
    own = await evening.near.evaluate(f"ear.again[{seat}]")
    lines = await evening.far.evaluate("ear.lines")
    return {"first": first, "last": last, "own": round(own / 1000 - began, 2), "lines": lines}


def _summary(ear: dict[str, Any], seconds: float) -> Figures:
    voices, pictures = ear["voices"].values(), ear["pictures"].values()
    total = sum(one["total"] for one in voices) or 1
    return {
        "voices": len(voices),
        "lost": sum(one["lost"] for one in voices),
        "of": sum(one["packets"] + one["lost"] for one in voices),
        "lost_at": dict(sorted((int(second), count) for second, count in ear["lostAt"].items())),
        "concealed_percent": round(100 * sum(one["concealed"] for one in voices) / total, 2),
        "runs": sum(one["runs"] for one in voices),
        "repaired": sum(one["fec"] for one in voices),
        "longest_ms": round(max((one["longest"] for one in voices), default=0) / 48),
        "spoken_seconds": round(sum(one["spoken"] for one in voices) / 48_000),
        "longest_spoken_ms": round(max((one["longestSpoken"] for one in voices), default=0) / 48),
        "longest_each_ms": sorted(round(one["longest"] / 48) for one in voices),
        "delay_ms": round(sum(one["delay"] for one in voices) / max(1, len(voices))),
        "pictures": sum(1 for one in pictures if one["frames"] > 0),
        "freezes_a_minute": round(sum(one["freezes"] for one in pictures) * 60 / seconds, 1),
        "most_freezes": max((one["freezes"] for one in pictures), default=0),
        "frozen_seconds": round(sum(one["frozen"] for one in pictures), 1),
        "weak_percent": round(100 * ear["weak"] / max(1, ear["looks"])),
        "new_lines": ear["lines"],
    }


def _way(before: dict[str, int], after: dict[str, int], seconds: float) -> Figures:
    """What went one way over the line, and why the rest did not."""
    grown = {name: after[name] - before.get(name, 0) for name in after}
    kbit = round(grown.pop("bytes", 0) * 8 / seconds / 1000)
    return {"kbit": kbit, **{name: count for name, count in grown.items() if count}}
