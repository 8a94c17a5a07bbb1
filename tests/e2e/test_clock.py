"""Phases that advance by themselves, and leaders who own the time all the same."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.async_api import expect
from tests.e2e.evening import come_in, open_session
from tests.e2e.person import Person

from ascona import assets
from ascona.core.events import PhaseStarted
from ascona.core.programme import read_programme
from ascona.storage.database import Database
from ascona.storage.journal import Journal

PEOPLE = ("--leader", "Ada", "--member", "Cy", "--member", "Dee", "--ring", "Eve")
PHASES = [phase.id for phase in read_programme(assets.preset("ascona-90")).phases]
BACK = {"fantasies", "ring", "answer"}

# Notes every phase that the page has shown.
NOTE_PHASES = """
window.phases = [];
new MutationObserver(() => {
  const phase = document.querySelector("main#room")?.dataset.phase;
  if (phase && phase !== window.phases.at(-1)) window.phases.push(phase);
}).observe(document, { subtree: true, attributes: true, attributeFilter: ["data-phase"], childList: true });
"""


def advancing(folder: Path, minutes: float) -> str:
    """The Ascona evening with every phase this short, each of which advances by itself."""
    lines = []
    for line in assets.preset("ascona-90").splitlines():
        lines.append(f'minutes = {minutes}\nat_end = "advance"' if line.startswith("minutes") else line)
    file = folder / "short.toml"
    file.write_text("\n".join(lines), encoding="utf-8")
    return str(file)


async def started_phases(data: Path) -> list[PhaseStarted]:
    """Every phase that has begun, as the journal has it."""
    database = await Database.opened(f"sqlite:///{data / 'ascona.db'}")
    journal = Journal(database)
    [session] = await journal.running()
    history = await journal.history(session)
    await database.close()
    return [record.event for record in history if isinstance(record.event, PhaseStarted)]


def lateness(phases: list[PhaseStarted]) -> list[int]:
    """How long after its predecessor's deadline each phase began, in milliseconds of the server's clock."""
    return [round((later.at - sooner.ends_at) / timedelta(milliseconds=1)) for sooner, later in pairwise(phases)]


async def whole_evening_by_itself(gather, server, tmp_path: Path, minutes: float) -> None:
    names = ("Ada", "Cy", "Dee", "Eve")
    people = await gather(
        *PEOPLE, "--programme", advancing(tmp_path, minutes), scripts=dict.fromkeys(names, NOTE_PHASES)
    )
    await come_in(people)
    await open_session(people)
    length_ms = minutes * 60_000
    for phase in PHASES[1:]:
        for person in people.values():
            await person.sees_phase(phase, timeout=length_ms + 10_000)
        state = "back" if phase in BACK else "here"
        await expect(people["Dee"].chair("Cy")).to_have_attribute("data-state", state)
    for person in people.values():
        assert await person.page.evaluate("window.phases") == ["lobby", *PHASES]
    late_ms = lateness(await started_phases(server.data))
    assert len(late_ms) == len(PHASES) - 1
    print(f"phases began {max(late_ms)} ms after their deadline at the latest, by the server's clock")


async def test_an_evening_that_advances_by_itself_reaches_the_debrief_in_time(gather, server, tmp_path):
    await whole_evening_by_itself(gather, server, tmp_path, minutes=0.06)


@pytest.mark.long
async def test_an_evening_of_one_minute_phases_advances_by_itself(gather, server, tmp_path):
    await whole_evening_by_itself(gather, server, tmp_path, minutes=1)


async def test_a_leader_who_holds_a_second_before_the_end_stops_it(gather, server, tmp_path):
    people: dict[str, Person] = await gather(*PEOPLE, "--programme", advancing(tmp_path, 0.1))
    await come_in(people)
    ada = people["Ada"]
    await ada.press("Open the session")
    await ada.sees_phase("arrive")
    [arrive] = await started_phases(server.data)

    await moment(arrive.ends_at - timedelta(seconds=1))
    await ada.press("Hold")
    await expect(ada.button("Resume")).to_be_visible()
    await moment(arrive.ends_at + timedelta(seconds=1))

    await expect(ada.room).to_have_attribute("data-phase", "arrive")
    await ada.press("Resume")
    await ada.sees_phase("choose")


async def moment(at: datetime) -> None:
    """Returns at this moment: a deadline has to be waited for."""
    await asyncio.sleep(max(0.0, (at - datetime.now(UTC)).total_seconds()))
