"""Sees everything that leaves the server and every gate that moves, and says what must not be."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, Protocol

from ascona.core import commands as c
from ascona.core.browsers import belongs_to, seen_from, shut_out
from ascona.core.events import Admitted, BrowserLetIn, Recorded
from ascona.core.media_plan import media_plan
from ascona.core.people import Browser
from ascona.core.rights import TAKES_AWAY
from ascona.core.session import LIVE, Session
from ascona.core.sound_line import whose
from ascona.live.room import Room
from ascona.live.snapshot import View, snapshot
from tests.simulation.book import Book
from tests.simulation.chronicle import Chronicle, Order
from tests.simulation.exchange import Exchange
from tests.simulation.house import House, Line

UNSEEN_SECONDS = 1.0
"""How long a receiver may be missing from somebody's screen: the time that screens take."""

STOLEN = "thief"
"""How browsers begin that hold somebody else's link."""

MOST_WRONG = 5
"""What follows from a first mistake need not all be told."""


class Page(Protocol):
    """What is asked of a page when all is quiet."""

    person: str
    browser: str
    window: str
    sound: bool
    over: bool
    knocked: bool
    room: dict[str, Any]
    devices: dict[str, bool]


class Witness:
    """
    Attributes:
        wrong: What must not be, in words; empty after a good evening.
        history: What happened, a line each.
        told_version: The last version that anybody was shown, or had acknowledged.
    """

    def __init__(self, first: Session, loop: asyncio.AbstractEventLoop) -> None:
        self.wrong: list[str] = []
        self.history: list[str] = []
        self.counts: Counter[str] = Counter()
        self.chronicle = Chronicle(first, self.say_wrong)
        self.told_version = 0
        self.house: House
        self.exchange: Exchange
        self.book: Book
        self.pages: Sequence[Page] = ()
        self._owed: dict[tuple[str, str], Order] = {}
        self._owing: object = None
        self._loop = loop
        self._shown: Counter[str] = Counter()
        self._turns: Counter[str] = Counter()
        self._outside: dict[str, dict[str, Any]] = {}
        self._moved = False
        self._unseen_since: float | None = None

    def note(self, line: str) -> None:
        """One line more of the history."""
        self.history.append(f"{self._loop.time():10.4f} {line}")

    def say_wrong(self, what: str) -> None:
        if len(self.wrong) < MOST_WRONG:
            self.wrong.append(f"{self._loop.time():10.4f} {what}")
            self.note(f"WRONG: {what}")

    # The journal

    def written(self, records: list[Recorded]) -> None:
        """This can no longer be lost."""
        room, owed = self.house.room, self.house.owed or {}
        for (by, key), its in groupby(records, lambda record: (record.by, record.key)):
            one = list(its)
            self.chronicle.write(one, room.session if room else None, self._held_up(), owed.get((by, key)))
            self._somebody_pressed(one)
            self._owed.pop((by or "", key), None)
        for record in records:
            self.note(f"  recorded {record.version}: {record.event} by {record.by or 'the clock'}")

    def _somebody_pressed(self, records: list[Recorded]) -> None:
        """A browser that holds somebody's used link never lets itself in."""
        order = self.chronicle.orders.get((records[0].by or "", records[0].key))
        for record in records:
            browser = getattr(record.event, "browser", None)
            let_in = isinstance(record.event, Admitted | BrowserLetIn) and browser and browser.id.startswith(STOLEN)
            if let_in and (order is None or isinstance(order.command, c.Knock)):
                self.say_wrong(f"{browser.id} came in, and nobody has pressed for that")

    def _held_up(self) -> float:
        """Seconds since the server or its journal was last away."""
        return self._loop.time() - max(self.house.opened_at, self.book.troubled_at)

    # The wire

    def sent(self, line: Line, message: Any) -> None:
        """A page sends this."""
        if message.get("do") == "Knock":
            self._outside.pop(line.sid, None)
        if "do" in message:
            self.chronicle.sent(line.page.person, Browser(line.page.browser), message)

    def shown(self, line: Line, room: dict[str, Any]) -> None:
        """This is on its way to somebody's screen."""
        self.counts["shown"] += 1
        person, version = line.page.person, room["version"]
        self._turns[line.sid] += 1
        if room["turn"] != self._turns[line.sid]:
            self.say_wrong(f"{person}'s screen {self._turns[line.sid]} has the number {room['turn']}")
        if room["me"]["place"] != "inside":
            return self._shown_outside(line, room)
        self._outside.pop(line.sid, None)
        if self.house.owed is not None and self.house.room:  # what it numbers itself may get other numbers yet
            version = min(version, self.house.room.recorded)
        elif version > self.chronicle.version:
            return self.say_wrong(f"{person} is shown version {version}, recorded are {self.chronicle.version}")
        if version < self._shown[line.page.at]:
            self.say_wrong(f"{person} is shown version {version} after {self._shown[line.page.at]}")
        self._shown[line.page.at] = version
        self.told_version = max(self.told_version, version)
        if self.house.owed is None:
            self._clock(person, room)
        self.gates()
        return None

    def _shown_outside(self, line: Line, room: dict[str, Any]) -> None:
        """Whatever goes on inside, the door looks the same, and no screen comes that says what the last one said."""
        phase = room["phase"] not in {"lobby", "ended"}
        if phase or any(room[what] for what in ("version", "title", "people", "door", "clock", "locked", "leaderless")):
            self.say_wrong(f"{room['me']['person']} is at the door and is shown more than that")
        if _still(room) == self._outside.get(line.sid):
            self.say_wrong(f"{room['me']['person']} is at the door and can tell when something happens inside")
        self._outside[line.sid] = _still(room)
        self.gates()

    def _clock(self, person: str, room: dict[str, Any]) -> None:
        state, clock = self.chronicle.states[room["version"]], room["clock"]
        if clock is None:
            return
        left = state.left if state.left is not None else state.ends_at and state.ends_at - self.house.now()
        if left is None or clock["left_ms"] != round(left.total_seconds() * 1000):
            self.say_wrong(f"{person} is shown {clock['left_ms']} ms left, where {left} are")

    def answered(self, line: Line, message: Any, answer: dict[str, str]) -> None:
        """This is on its way back to whoever asked."""
        if "do" not in message:
            return
        person, key = line.page.person, message["key"]
        self.note(f"  answer to {key}: {answer}")
        self.counts["commands"] += 1
        if answer:
            self.counts[f"refused {answer.get('refused', answer.get('error'))}"] += 1
            return
        self.counts["acknowledged"] += 1
        version = self.chronicle.written.get((person, key))
        order = self.chronicle.orders.get((person, key))
        if version is not None:
            self.told_version = max(self.told_version, version)
        elif order is not None and (person, key) in (self.house.owed or {}):
            self._owe(person, key, order)
        elif message["do"] == "Leave" and _is_shut_out(line.page, self.chronicle.states[-1]):
            return  # only from the door, where nothing is recorded of it
        elif order is None or not (self.chronicle.states[-1].ended or self._changes_nothing(order)):
            self.say_wrong(f"{key} ({message['do']}) is acknowledged, and not recorded")
        self.gates()

    def _owe(self, person: str, key: str, order: Order) -> None:
        """Acknowledged without being recorded: in force from now on. A process that dies forgets it."""
        self.counts["acknowledged unrecorded"] += 1
        if type(order.command) not in TAKES_AWAY:
            self.say_wrong(f"{key} gives rights, and took effect unrecorded")
        if self._owing is not self.house.room:
            self._owed, self._owing = {}, self.house.room
        self._owed[person, key] = order

    def _changes_nothing(self, order: Order) -> bool:
        return self.chronicle.empty(order, self.house.now(), self._debts())

    def _debts(self) -> list[Order]:
        """What is in force and not recorded; with the journal back, what has nothing left to take away is settled."""
        if self._owing is None or self._owing is not self.house.room:
            return []
        if self.house.owed is None:
            now = self.house.now()
            self._owed = {key: debt for key, debt in self._owed.items() if not self.chronicle.spent(debt, now)}
        return list(self._owed.values())

    # The gates

    def gates(self) -> None:
        """Whether a gate is open that nothing recorded has opened, or that what was told has shut."""
        self._moved = True
        self._places()
        leaks = self.exchange.open - self.chronicle.allowed(self.told_version, self._debts(), self.house.now())
        if leaks:
            one = min(leaks, key=str)
            self.say_wrong(
                f"{len(leaks)} gates are open that may not be, such as {one.kind} of {one.sender} to {one.receiver}; "
                f"told: {self.told_version}, recorded: {self.chronicle.version}"
            )

    def _places(self) -> None:
        """Whether every line leads to a browser that somebody, as recorded, has let in."""
        pages = {page.window: page for page in self.pages}
        for line, window in self.exchange.lines.items():
            person = self.chronicle.states[-1].person(whose(line))
            if person is None or not belongs_to(person, Browser(pages[window].browser)):
                self.say_wrong(f"{line} leads to {pages[window].browser or 'a browser'}, which nobody has let in")

    def settled(self) -> None:
        """Everything of this moment has happened."""
        if self._moved:
            self._moved = False
            unseen = self._unseen()
            self._unseen_since = (self._unseen_since or self._loop.time()) if unseen else None
            self._who = unseen
        if self._unseen_since is not None and self._loop.time() - self._unseen_since > UNSEEN_SECONDS:
            self.say_wrong(f"{', '.join(self._who)} receive, and are not shown")
            self._unseen_since = None

    def _unseen(self) -> list[str]:
        """People who receive, and are not shown as here to somebody inside."""
        screens = [room["people"] for room in self.house.screens() if room and room["people"]]
        here = [{chair["person"] for chair in people if chair["state"] in {"here", "back"}} for people in screens]
        return sorted(one for one in self.exchange.receivers if not all(one in people for people in here))

    # Quiet

    def at_rest(self, pages: Sequence[Page], *, all_back: bool) -> None:
        """
        Nothing has happened for two seconds: everybody sees the same, and it is what the history says.

        Args:
            all_back: Whoever can be here is.
        """
        self.counts["rests"] += 1
        room = self.house.room
        if room is None:
            if all_back and not self.chronicle.states[-1].ended:
                self.say_wrong("there is no room")
            return
        live = {name: getattr(room.session, name) for name in LIVE}
        for debt in self._debts():
            self.say_wrong(f"{type(debt.command).__name__} of {debt.by} was acknowledged, and is in no journal")
        session = replace(self.chronicle.states[-1], **live)
        if session != room.session:
            self.say_wrong("the server's session is not what is recorded")
        here = [page for page in pages if page.knocked and not page.over]
        if all_back and not session.ended:
            self._all_are_where_they_are(room, here)
        if room.plan.routes != media_plan(session).routes:
            self.say_wrong("the plan is not what the history says")
        if self.exchange.plan.routes != room.lines.routes:
            self.say_wrong("what is forwarded is not the plan")
        view = View.of(session, room.title, room.turned_on, room.now(), room.plan, room.by_phone)
        for page in here:
            if page.room:
                self._same(page, view)

    def _all_are_where_they_are(self, room: Room, here: Sequence[Page]) -> None:
        inside = [page for page in here if not _is_shut_out(page, room.session)]
        sitting = {page.person for page in inside if not page.sound}
        if room.session.present != sitting:
            self.say_wrong(f"{sorted(room.session.present)} are taken for here, {sorted(sitting)} are")
        phones = {page.person: page.devices["microphone"] for page in inside if page.sound}
        if room.by_phone != phones:
            self.say_wrong(f"{room.by_phone} are taken for on the telephone, {phones} are")

    def _same(self, page: Page, view: View) -> None:
        person, asks = view.session.person(page.person), view.session.asks(page.person)
        if person is None:
            return
        viewer = seen_from(person, Browser(page.browser), asks is not None and asks.browser.id == page.browser)
        expected, seen = (_still(room) for room in (snapshot(view, viewer, page.sound), page.room))
        differs = [name for name in expected if expected[name] != seen.get(name)]
        if differs:
            name = differs[0]
            self.say_wrong(f"{viewer.id} sees another {name}: {seen.get(name)!r:.200} for {expected[name]!r:.200}")
        microphone, camera = view.devices.get(viewer.id, (None, None))
        carries = page.room["me"]["carries"]
        told = (
            microphone if carries == "picture" else page.devices["microphone"],
            camera if carries == "sound" else page.devices["camera"],
        )
        if (
            viewer is person
            and person.id in view.session.present
            and (microphone, camera) != told
            and not view.session.ended
        ):
            self.say_wrong(f"{viewer.id}'s devices are not what their page has told")


def _is_shut_out(page: Page, session: Session) -> bool:
    person = session.person(page.person)
    return person is not None and shut_out(person, Browser(page.browser))


def _still(room: dict[str, Any]) -> dict[str, Any]:
    """Without what goes on by itself."""
    clock = room["clock"] and {name: value for name, value in room["clock"].items() if name != "left_ms"}
    return {name: value for name, value in room.items() if name != "turn"} | {"clock": clock}
