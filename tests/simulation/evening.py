"""One evening by its seed: who does what when, what goes wrong, and what was seen."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from structlog.testing import capture_logs

from ascona.core.lines import DEPUTY_AFTER
from ascona.core.programme import AtEnd, Programme
from ascona.core.session import Session, SitBackStyle
from tests.simulation.book import Book
from tests.simulation.exchange import Exchange
from tests.simulation.house import House, Plan
from tests.simulation.loop import VirtualLoop
from tests.simulation.page import READING_SECONDS, Page, Thief
from tests.simulation.weather import Weather
from tests.simulation.wishes import FRAME, anything, filled, polite, taking
from tests.simulation.witness import STOLEN, Witness
from tests.support.group import invited, one_minute_programme, programme

ACTS = 90
"""What is done in an evening, mishaps included, after the beginning."""

LEADERS = ("ada", "ben")
EXPECTED_IN_LOGS = {"switchboard_failed", "journal_unavailable"}
EXPECTED_ERRORS = {"Shut", "Unavailable"}
EXPECTED_INVARIANTS = {"forwarding"}
"""What goes wrong on purpose, and what follows from it; anything else is the server's own mistake."""


@dataclass(frozen=True)
class Outcome:
    """
    Attributes:
        wrong: What must not have been; empty if all was well.
        history: All that happened, in a line each: the same for the same seed.
    """

    seed: int
    wrong: list[str]
    history: list[str]
    counts: Counter[str]


def simulate(seed: int, plan: Plan | None = None) -> Outcome:
    """An evening. The same seed and plan are the same evening."""
    draw = random.Random(seed)  # noqa: S311  # the seed is the point
    first = _invited(draw)
    loop = VirtualLoop(lambda: witness.settled())
    witness = Witness(first, loop)
    with capture_logs() as logs:
        evening = Evening(first, loop, witness, Weather(draw), plan or Plan())
        loop.run(evening.run())
        said = list(logs)
        evening.house.bury()  # whatever the dead still say
    for entry in said:
        if not _expected(entry):
            witness.say_wrong(f"the log says {entry}")
    for trouble in loop.troubles:
        witness.say_wrong(f"something was raised and not caught: {trouble}")
    return Outcome(seed, witness.wrong, witness.history, witness.counts)


def _expected(entry: Mapping[str, Any]) -> bool:
    """Whether a line of the log tells of a mishap that was made."""
    if entry["event"] == "invariant_violated":
        return set(entry["invariants"]) <= EXPECTED_INVARIANTS
    return entry["event"] in EXPECTED_IN_LOGS or entry.get("error") in EXPECTED_ERRORS


def _invited(draw: random.Random) -> Session:
    evenings: list[Programme] = [one_minute_programme(at_end) for at_end in AtEnd]
    evenings += [_quick(programme("two-cases-90")), _quick(programme("ascona-90"))]
    return invited(None, draw.choice(evenings), draw.choice(list(SitBackStyle)))


def _quick(evening: Programme) -> Programme:
    """Phases of a minute or two, each with the end that it has."""
    return replace(
        evening, phases=tuple(replace(one, minutes=one.minutes and (1 + one.minutes % 2)) for one in evening.phases)
    )


READ = READING_SECONDS + 0.5
"""Seconds after which people have read what their screens show."""


class Evening:
    """Everybody, and what chance does to them."""

    def __init__(self, first: Session, loop: VirtualLoop, witness: Witness, weather: Weather, plan: Plan) -> None:
        self._first, self._loop, self._witness, self._weather, self._plan = first, loop, witness, weather, plan
        self._draw = weather.draw
        self._people = [person.id for person in first.people]
        self._pages: list[Page] = []
        self._under_way: set[asyncio.Task[Any]] = set()
        self.house: House
        self._acts: dict[Callable[[], Awaitable[None]], int] = {
            self._somebody_presses: 40,
            self._somebody_tries_anything: 12,
            self._both_leaders_press: 8,
            self._a_leader_presses_in_a_blink: 6,
            self._a_leader_presses_at_the_deadline: 6,
            self._a_leader_extends_what_is_over: 4,
            self._the_presenter_turns: 8,
            self._somebody_presses_twice: 4,
            self._somebody_loses_the_line: 10,
            self._no_leader_is_there: 2,
            self._somebody_opens_another_window: 4,
            self._somebody_takes_the_telephone: 3,
            self._somebody_comes_from_another_device: 3,
            self._somebody_steals_a_link: 5,
            self._somebody_is_asked_about_a_device: 8,
            self._somebody_hangs_up: 2,
            self._somebody_leaves_and_comes: 3,
            self._somebody_turns_something_off: 3,
            self._the_server_dies: 4,
            self._the_server_dies_while_somebody_presses: 4,
            self._the_server_is_restarted: 2,
            self._the_journal_goes_while_somebody_presses: 5,
            self._nothing_happens: 2,
        }

    async def run(self) -> None:
        """From the first knock until everything has been quiet for a minute."""
        book = Book(self._weather, self._witness.written)
        exchange = Exchange(self._weather, self._witness.gates)
        workers = self._weather.chance(0.7)
        self._book = book
        self.house = House(self._first, book, exchange, self._weather, self._witness, self._plan, workers)
        self._witness.house, self._witness.exchange, self._exchange = self.house, exchange, exchange
        self._witness.book, self._witness.pages = book, self._pages
        await self.house.start()
        await self._begin_evening()
        for act in self._draw.choices(list(self._acts), weights=list(self._acts.values()), k=ACTS):
            await asyncio.sleep(self._draw.expovariate(1 / 4.0))
            await act()
        if self._weather.chance(0.3):
            await self._press_as("ada", "EndSession")
        await self._let_all_come_back()
        self._witness.at_rest(self._pages, all_back=True)
        for page in self._pages:
            page.close()
        self.house.crash()

    async def _begin_evening(self) -> None:
        for person in self._people:
            self._open(person)
            await asyncio.sleep(self._weather.between(0.0, 2.0))
        await asyncio.sleep(READ)
        await self._press_as("ada", "AdmitEveryone")
        await asyncio.sleep(READ)
        if self._weather.chance(0.8):
            await self._press_as("ada", "ChoosePresenter", person="pia")
            await asyncio.sleep(READ)
            await self._press_as("pia", "AgreeToPresent")
            await self._press_as("ada", "OpenSession")

    async def _let_all_come_back(self) -> None:
        self._note("calm")
        self._weather.calm = True
        await asyncio.sleep(8.0)
        if not self.house.up:
            await self.house.start()
        for page in self._pages:
            page.network = True
        await asyncio.sleep(60.0)
        await self._stillness()  # the clock may have moved something just now

    # Pages

    def _note(self, line: str) -> None:
        self._witness.note(line)

    def _count(self, what: str) -> None:
        self._witness.counts[what] += 1

    def _open(self, person: str, moves: bool = True, sound: bool = False, browser: str = "") -> None:
        kind = Thief if browser.startswith(STOLEN) else Page
        page = kind(person, f"w{len(self._pages)}", self.house, self._exchange, self._weather, sound, browser)
        self._pages.append(page)
        self._note(f"{person} opens {page.window}")
        page.open(moves)

    def _page(self, *people: str) -> Page | None:
        """One that is in use, of somebody, or of one of these."""
        known = [page for page in self._pages if not page.over and page.room and (not people or page.person in people)]
        return self._draw.choice(known) if known else None

    def _of(self, person: str) -> Page | None:
        own = (page for page in self._pages if page.person == person and not page.browser.startswith(STOLEN))
        return next((page for page in own if page.knocked and page.room), None)

    async def _press_as(self, by: str, do: str, **fields: Any) -> dict[str, str] | None:
        page = self._of(by)
        return await self._press(page, do, fields) if page else None

    async def _press(
        self, page: Page, do: str, fields: dict[str, Any], version: int | None = None, key: str = ""
    ) -> dict[str, str] | None:
        seen = page.room.get("version", 0) if version is None else version
        self._note(f"{page.person} presses {do} {json.dumps(fields)} at {seen}")
        return await page.press(do, version=seen, key=key, **fields)

    def _meanwhile(self, work: Any) -> "asyncio.Task[Any]":
        task = self._loop.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task

    # What people do

    async def _somebody_presses(self) -> None:
        page = self._page(*LEADERS) if self._weather.chance(0.6) else self._page()
        wish = polite(page.room, self._draw, self._people) if page else None
        if page and wish:
            self._meanwhile(self._press(page, *wish))

    async def _somebody_tries_anything(self) -> None:
        page = self._page()
        if page:
            do, fields = anything(self._draw, self._people)
            version = page.room["version"] - self._draw.choice((0, 0, 0, 1, 2, -1, -1000))
            self._meanwhile(self._press(page, do, fields, max(0, version)))

    async def _both_leaders_press(self) -> None:
        """Within a millisecond, on what both see."""
        ada, ben = (self._of(leader) for leader in LEADERS)
        if not (ada and ben and ada.room["version"] == ben.room["version"]):
            return
        self._count("races")
        version, keys = ada.room["version"], []
        presses = []
        for page in (ada, ben):
            do = "NextPhase" if self._weather.chance(0.6) else self._draw.choice(FRAME).__name__
            keys.append((page.person, f"race-{len(self._witness.history)}-{page.person}"))
            fields = filled(do, self._draw, self._people, {"minutes": 2})
            presses.append(self._press(page, do, fields, version, keys[-1][1]))
        await asyncio.wait([self._meanwhile(press) for press in presses])
        moved = sum(key in self._witness.chronicle.written for key in keys)
        self._count(f"races with {moved} moves")
        if moved > 1:
            self._witness.say_wrong("two leaders moved the frame from the same version")

    async def _a_leader_presses_in_a_blink(self) -> None:
        """A double click, or the other leader's same thought: both see the first step before the second is pressed."""
        pages = [page for leader in LEADERS if (page := self._of(leader))]
        if not pages:
            return
        self._count("presses in a blink")
        keys = []
        for page, wait in ((pages[0], self._weather.between(0.06, 0.1)), (pages[-1], 0.0)):
            keys.append((page.person, f"blink-{len(self._witness.history)}-{page.person}-{len(keys)}"))
            self._meanwhile(self._press(page, "NextPhase", {}, key=keys[-1][1]))
            await asyncio.sleep(wait if len(pages) == 1 or self._weather.chance(0.5) else 8 * wait)
        await asyncio.sleep(3.0)
        if sum(key in self._witness.chronicle.written for key in keys) > 1:
            self._witness.say_wrong("one thought of the leaders made two steps")

    async def _a_leader_presses_at_the_deadline(self) -> None:
        page = self._page(*LEADERS)
        clock = page.room["clock"] if page else None
        if page and clock and not clock["held"] and 0 < clock["left_ms"] < 40_000:
            await asyncio.sleep(max(0.0, clock["left_ms"] / 1000 + self._weather.between(-0.06, 0.03)))
            if page.room:
                self._count("presses at a deadline")
                do = self._draw.choice(("NextPhase", "NextPhase", "Extend", "Hold"))
                self._meanwhile(self._press(page, do, filled(do, self._draw, self._people, {"minutes": 1})))

    async def _a_leader_extends_what_is_over(self) -> None:
        page = self._page(*LEADERS)
        if page and page.room["over_time"]:
            self._count("extensions of what was over")
            self._meanwhile(self._press(page, "Extend", {"minutes": 1}))

    async def _the_presenter_turns(self) -> None:
        """Sits back, or comes back, wherever it is possible."""
        for page in self._pages:
            may = set(page.room["me"]["may"]) & {"SitBack", "ComeBack"} if page.room and page.knocked else set()
            if page.person not in LEADERS and may:
                self._meanwhile(self._press(page, min(may), {}))

    async def _somebody_takes_away(self) -> None:
        """Something that also goes while nothing can be recorded."""
        page = self._page()
        wishes = taking(page.room) if page else []
        if page and wishes:
            self._meanwhile(self._press(page, *self._draw.choice(wishes)))

    async def _somebody_presses_twice(self) -> None:
        """The same key: a page that is not sure whether it was heard."""
        page = self._page(*LEADERS)
        wish = polite(page.room, self._draw, self._people) if page else None
        if page and wish:
            key, version = f"twice-{len(self._witness.history)}", page.room["version"]
            for _ in range(2):
                self._meanwhile(self._press(page, *wish, version=version, key=key))
                await asyncio.sleep(self._weather.between(0.0, 0.05))

    async def _somebody_loses_the_line(self) -> None:
        people = self._draw.sample(self._people, self._draw.choice((1, 1, 1, 2, len(self._people))))
        seconds = self._draw.choice((0.3, 2.0, 5.0, 20.0, 60.0)) * self._weather.between(0.5, 1.2)
        for page in self._pages:
            if page.person in people and not page.over and page.network:
                self._note(f"{page.person} loses the line for {seconds:.2f} s")
                self._count("lines lost")
                page.lose(seconds, self._weather.between(0.1, 3.0), self._weather.between(0.01, 15.0))

    async def _no_leader_is_there(self) -> None:
        """For so long that a deputy may be asked; a deputy has mostly been named before."""
        member = self._draw.choice([one for one in self._people if one not in LEADERS])
        await self._press_as("ada", "NameDeputy", person=member)
        seconds = self._weather.between(100.0, 200.0)
        self._note(f"the leaders lose the line for {seconds:.2f} s")
        for page in self._pages:
            if page.person in LEADERS and not page.over and page.network:
                page.lose(seconds, self._weather.between(0.1, 3.0), self._weather.between(0.01, 15.0))
        await asyncio.sleep(DEPUTY_AFTER.total_seconds() + 20.0)
        for do in ("AskDeputy", "HoldFrame", "NextPhase"):
            await asyncio.sleep(READ)
            for page in self._pages:
                if page.room and do in page.room["me"]["may"]:
                    await self._press(page, do, {})
                    self._count(f"{do} without leaders")

    async def _somebody_opens_another_window(self) -> None:
        self._open(self._draw.choice(self._people), moves=self._weather.chance(0.8))

    async def _somebody_takes_the_telephone(self) -> None:
        page = self._page()
        if page and page.room["me"]["place"] == "inside" and not page.sound:
            self._count("telephones")
            self._open(page.person, sound=True)

    async def _somebody_comes_from_another_device(self) -> None:
        self._count("other devices")
        self._open(self._draw.choice(self._people), sound=self._weather.chance(0.4), browser=f"own{len(self._pages)}")

    async def _somebody_steals_a_link(self) -> None:
        """And asks for a place with it, or for the sound of one."""
        self._count("thieves")
        sound, moves = self._weather.chance(0.4), self._weather.chance(0.8)
        self._open(self._draw.choice(self._people), moves, sound, f"{STOLEN}{len(self._pages)}")

    async def _somebody_is_asked_about_a_device(self) -> None:
        """And knows their own."""
        for page in self._pages:
            asks = page.room and page.knocked and page.room["me"]["device_asks"]
            if asks:
                do = "RefuseDevice" if asks["browser"].startswith(STOLEN) else "AllowDevice"
                self._count(do)
                self._meanwhile(self._press(page, do, {"browser": asks["browser"]}))

    async def _somebody_hangs_up(self) -> None:
        phones = [page for page in self._pages if page.sound and not page.over]
        if phones:
            page = self._draw.choice(phones)
            self._note(f"{page.person} hangs up {page.window}")
            page.close()

    async def _somebody_leaves_and_comes(self) -> None:
        page = self._page()
        if page and page.person not in LEADERS and not page.sound:
            if self._weather.chance(0.5):
                await self._press(page, "Leave", {})
            self._note(f"{page.person} closes {page.window}")
            page.close()
            self._loop.call_later(self._weather.between(0.5, 30.0), self._open, page.person)

    async def _somebody_turns_something_off(self) -> None:
        page = self._page()
        if page:
            name = self._draw.choice(("microphone", "camera"))
            page.devices[name] = not page.devices[name]
            self._meanwhile(page.ask("devices", dict(page.devices)))

    # What goes wrong

    async def _the_server_dies(self) -> None:
        if self.house.up:
            self._count("crashes")
            self._note("the server dies")
            self.house.crash()
            self._meanwhile(self._comes_again())

    async def _the_server_dies_while_somebody_presses(self) -> None:
        """Before it is recorded, after it, before anybody is told: whatever the instant."""
        await self._somebody_presses()
        await asyncio.sleep(self._weather.between(0.0, 0.08))
        await self._the_server_dies()

    async def _the_server_is_restarted(self) -> None:
        if self.house.up:
            self._count("restarts")
            self._note("the server is asked to stop")
            await self.house.stop()
            self._meanwhile(self._comes_again())

    async def _the_journal_goes_while_somebody_presses(self) -> None:
        """Before anything is written, after it, before anybody learns of it; for long, or hardly noticed."""
        seconds = self._draw.choice((0.3, 2.0, 5.0, 20.0)) * self._weather.between(0.5, 1.2)
        hangs = self._weather.chance(0.5)
        await self._somebody_presses()
        await asyncio.sleep(self._weather.between(0.0, 0.08))
        self._count("outages")
        self._note(f"the journal {'hangs' if hangs else 'is away'} for {seconds:.2f} s")
        self._book.go_away(seconds, hangs)
        meanwhile = (self._somebody_takes_away, self._somebody_takes_away, self._the_presenter_turns)
        meanwhile += (self._somebody_presses, self._somebody_loses_the_line, self._somebody_leaves_and_comes)
        for _ in range(self._draw.choice((0, 1, 2, 3))):
            await asyncio.sleep(self._weather.between(0.0, 0.5 * seconds))
            await self._draw.choice(meanwhile)()

    async def _comes_again(self) -> None:
        await asyncio.sleep(self._weather.between(0.3, 6.0))
        while not self.house.up:
            await self.house.start()
        self._note("the server is there")

    async def _nothing_happens(self) -> None:
        """Long enough for everything that is under way to end."""
        self._weather.calm = True
        await asyncio.sleep(6.0)
        await self._stillness()
        self._witness.at_rest(self._pages, all_back=False)
        self._weather.calm = False

    async def _stillness(self) -> None:
        """A line that was lost before may be missed only now: what is on its way to screens arrives."""
        before = None
        while before != (now := (self.house.room and self.house.room.session, self._witness.counts["shown"])):
            before = now
            await asyncio.sleep(1.0)
