"""Phases that advance by themselves, and leaders who own the time all the same."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect
from tests.e2e.ahead import Ahead
from tests.e2e.evening import come_in, open_session
from tests.e2e.person import NOTE_PHASES

from ascona import assets
from ascona.core.events import PhaseStarted
from ascona.core.programme import read_programme
from ascona.storage.database import Database
from ascona.storage.journal import Journal

# The server's warnings are seen here, too: a page that is left while it asks for a file leaves Python to close it.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")

PEOPLE = ("--leader", "Ada", "--member", "Cy", "--member", "Dee", "--ring", "Eve")
PHASES = [phase.id for phase in read_programme(assets.preset("ascona-90")).phases]
BACK = {"fantasies", "ring", "answer"}
MINUTE, SOON, LATER = timedelta(minutes=1), timedelta(seconds=0.5), timedelta(seconds=2)
MINUTE_MS = 60_000


def advancing(folder: Path) -> str:
    """The Ascona evening with phases of a minute, each of which advances by itself."""
    lines = []
    for line in assets.preset("ascona-90").splitlines():
        lines.append('minutes = 1\nat_end = "advance"' if line.startswith("minutes") else line)
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


async def whole_evening_by_itself(
    people: dict[str, Any], data: Path, let_it_pass: Callable[[], Awaitable[None]]
) -> None:
    """`let_it_pass`: what is to be done, if anything, for a phase to come to its end."""
    await come_in(people)
    await open_session(people)
    for phase in PHASES[1:]:
        await let_it_pass()
        for person in people.values():
            await person.sees_phase(phase, timeout=MINUTE_MS + 20_000)
        await people["Dee"].sees_state("Cy", "back" if phase in BACK else "here")
    for person in people.values():
        assert await person.phases_seen() == ["lobby", *PHASES]
    late_ms = lateness(await started_phases(data))
    assert len(late_ms) == len(PHASES) - 1
    assert min(late_ms) >= 0
    print(f"phases began {max(late_ms)} ms after their deadline at the latest, by the server's clock")


async def test_an_evening_that_advances_by_itself_reaches_the_debrief_in_time(gather, ahead, clock, tmp_path):
    people = await gather(
        *PEOPLE, "--programme", advancing(tmp_path), at=ahead,
        simulated=("Ada", "Eve"), scripts=dict.fromkeys(("Cy", "Dee"), NOTE_PHASES),
    )  # fmt: skip

    async def it_is_nearly_over() -> None:
        clock.pass_by(seconds=(MINUTE - SOON).total_seconds())
        await people["Eve"].knock()  # the room looks at its clock; when the rest has passed it goes on by itself

    await whole_evening_by_itself(people, tmp_path, it_is_nearly_over)


@pytest.mark.long
async def test_an_evening_of_one_minute_phases_advances_by_itself(gather, alone, tmp_path):
    people = await gather(
        *PEOPLE, "--programme", advancing(tmp_path), at=alone,
        scripts=dict.fromkeys(("Ada", "Cy", "Dee", "Eve"), NOTE_PHASES),
    )  # fmt: skip

    async def nothing() -> None:
        """A real minute."""

    await whole_evening_by_itself(people, alone.data, nothing)


async def test_a_leader_who_holds_a_second_before_the_end_stops_it(gather, ahead, clock: Ahead, tmp_path):
    people = await gather(*PEOPLE, "--programme", advancing(tmp_path), at=ahead, simulated=("Cy", "Dee", "Eve"))
    await come_in(people)
    ada = people["Ada"]
    await ada.press("Open the session")
    await ada.sees_phase("arrive")
    [arrive] = await started_phases(tmp_path)
    clock.stop()

    clock.pass_by(seconds=(arrive.ends_at - clock()).total_seconds() - 1)
    await ada.press("Hold")
    await expect(ada.button("Resume")).to_be_visible()
    clock.pass_by(seconds=LATER.total_seconds())
    await people["Eve"].knock()  # the room looks at its clock, which has nothing to say
    await ada.press("Close the door")
    await expect(ada.button("Open the door")).to_be_visible()

    await expect(ada.room).to_have_attribute("data-phase", "arrive")
    clock.run()
    await ada.press("Resume")
    await ada.sees_phase("choose")
