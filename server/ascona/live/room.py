"""A room in session: commands take their turn, are recorded, move sound and picture, and are shown."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

import structlog

from ascona.core import commands as c
from ascona.core.browsers import Asking, shut_out, stands_behind
from ascona.core.clock import ANYTHING
from ascona.core.decide import decide
from ascona.core.events import Event, Recorded
from ascona.core.evolve import evolve
from ascona.core.lines import noted
from ascona.core.media_plan import MediaPlan, Route, media_plan, ways
from ascona.core.people import LEADERS, Browser
from ascona.core.rights import TAKES_AWAY, Refused
from ascona.core.session import Session
from ascona.core.sound_line import apart, sound_line
from ascona.live.alarms import Alarms
from ascona.live.ledger import JOURNAL_RETRY_SECONDS, Journal, Ledger
from ascona.live.outage import Order
from ascona.live.turn import Turn

SCREENS_PAUSE_SECONDS = 0.1
"""How often the screens of one room are shown at most, the last state winning: whatever happens, and how often, a
group's pages cost no more than that. What is said, shut or recorded does not wait."""

KEYS_LIMIT = 512
"""Commands a room remembers, so that one sent twice is carried out once."""

log = structlog.get_logger()


class Switchboard(Protocol):
    """What forwards sound and picture. Closes before it opens, and closes everything when it fails."""

    async def follow(self, room: str, plan: MediaPlan) -> None: ...

    async def leave(self, room: str, person: str) -> None: ...


class Audience(Protocol):
    """Whoever is connected, each shown the room as they may see it."""

    async def show(self, room: "Room", events: Sequence[Event] = (), by: str | None = None) -> None: ...

    async def announce(self, room: "Room", before: Session, events: Sequence[Event], by: str | None) -> None:
        """Say what has happened before it is shown, where screens were shown a moment ago."""
        ...

    async def tell(self, room: "Room", key: str) -> None:
        """Say something to everybody inside: `notices.<key>` in the language files."""
        ...


class Room:
    """
    One session and everything that happens to it.

    Attributes:
        session: As it stands. Replaced, never changed.
        devices: (microphone, camera) as each person has turned them on; nobody's
            rights, only what their chair shows.
        by_phone: People whose sound another device of theirs carries, wherever they are, and whether its microphone is
            on. Like lines, it is in no history: that device comes back by itself.
        shown: Whom every screen shows as here. Nothing is forwarded to anybody else; so whoever comes is shown first
            and hears after that, whatever happens between. At the start it is whoever is still here: they were shown.
    """

    def __init__(
        self,
        session: Session,
        title: str,
        journal: Journal,
        switchboard: Switchboard,
        audience: Audience,
        clock: Callable[[], datetime],
        history: Iterable[Recorded] = (),
        changed: Callable[["Room"], None] = lambda room: None,
        pause: float = 0.0,
    ) -> None:
        """
        Args:
            changed: Called after everything that has happened.
            pause: Between two times that all screens are shown, in seconds.
        """
        self.session = noted(session, clock())
        self.title = title
        self.devices: dict[str, tuple[bool, bool]] = {}
        self.by_phone: dict[str, bool] = {}
        self.shown = session.here
        self._ledger = Ledger(journal)
        self._switchboard = switchboard
        self._audience = audience
        self._clock = clock
        self._turn = Turn()
        self._carried_out: OrderedDict[tuple[str | None, str], None] = OrderedDict()
        for record in history:
            self._remember(record.by, record.key)
        self._changed = changed
        self._sealed = False  # nobody is forwarded to anybody
        self._afterwards: frozenset[Route] | None = None  # routes once what is being recorded is
        self._version = session.version  # the highest that was ever shown or forwarded by
        self._mending: asyncio.Task[None] | None = None
        self._pause = pause
        self._shown_at = float("-inf")  # by the loop's clock
        self._to_show: asyncio.Task[None] | None = None  # shows the screens once the pause is over
        self._alarms = Alarms(clock, self._say, self._look)

    async def open(self) -> None:
        """Start where the session stands: nothing is forwarded before this, and the clock does not run."""
        async with self._turn:
            await self._switchboard.follow(self.session.id, self.lines)
            self._set_alarms()

    async def close(self) -> None:
        """Finish what is under way and stop the clock. The session stays as it stands."""
        await self._turn.finished()
        waiting = self._alarms.stop()
        if self._to_show:
            self._to_show.cancel()
            waiting.append(self._to_show)
        if self._mending:
            self._mending.cancel()
            waiting.append(self._mending)
            self._mending = None
        await asyncio.gather(*waiting, return_exceptions=True)
        if self._ledger.outage:
            with suppress(Refused):  # what is still owed then, a crash would lose as well
                await self.catch_up()

    async def settled(self) -> None:
        """Wait until nothing that has taken effect is unrecorded."""
        while self._mending:
            await asyncio.wait({self._mending})

    def now(self) -> datetime:
        return self._clock()

    @property
    def plan(self) -> MediaPlan:
        """Who is heard and seen by whom; nobody in a room that was sealed, and by no way that is not recorded."""
        plan = media_plan(self.session)
        routes: frozenset[Route] = frozenset() if self._sealed else plan.routes
        if self._ledger.outage:
            routes &= ways(self._ledger.outage.recorded)
        if self._afterwards is not None:
            routes &= self._afterwards
        return replace(plan, version=self._version, routes=routes)

    @property
    def lines(self) -> MediaPlan:
        """The plan as it is forwarded: over which line of each, and to nobody whom screens do not show yet."""
        plan = self.plan
        seen = frozenset(route for route in plan.routes if route.receiver in self.shown)
        return apart(replace(plan, routes=seen), self.by_phone)

    @property
    def unseen(self) -> frozenset[str]:
        """Whoever is here, and could not be shown to everybody."""
        return self.session.here - self.shown

    @property
    def turned_on(self) -> dict[str, tuple[bool, bool]]:
        """(microphone, camera) of everybody, whichever device has them."""
        known = {one: (voice, False) for one, voice in self.by_phone.items()} | self.devices
        return {one: (self.by_phone.get(one, voice), picture) for one, (voice, picture) in known.items()}

    @property
    def recorded(self) -> int:
        """The version the journal is known to have."""
        return self._ledger.recorded(self.session).version

    @property
    def behind(self) -> bool:
        """Whether the journal did not answer, so that nobody knows all it has; the room catches up by itself."""
        return self._ledger.outage is not None

    def seal(self) -> None:
        """From the next plan on nothing is forwarded, until a leader does something."""
        self._sealed = True

    async def obey(self, command: c.Command, by: str | None, version: int, key: str, seen: int | None = None) -> None:
        """
        Carry out a command: record it, then sound and picture, then screens; whoever is new there receives after that.
        What it shuts is shut already while it is being recorded.

        Commands wait for their turn, so a session has one history. A key that was
        carried out before is acknowledged again, and nothing happens twice.

        While the journal cannot write, what takes rights away is carried out all the same and recorded
        when it can; everything else is refused, also what seems to change nothing; pages knock all the same.

        Args:
            seen: The version that had been read when it was pressed; None: the page does not say.

        Raises:
            Refused: If the rules say no, or the journal cannot write; nothing has changed then, and what it
                would have shut is open again. What turns out to have been written after all is caught up with
                when it answers again.
        """
        await self.in_turn(self._obey(command, by, version, key, seen))
        await self._shown()

    async def come(self, person: str, knock: c.Knock, devices: tuple[bool, bool], key: str) -> None:
        """
        Somebody knocks, and their line is up from then on: for the first time, or after a loss. Where they are inside,
        and this browser of theirs was not let in, it asks for that and nothing else.

        Raises:
            Refused: As for any command; their line is then as it was.
        """
        await self.in_turn(self._come(person, knock, devices, key))
        await self._shown()

    async def line_lost(self, person: str) -> None:
        """Somebody's line is lost; their seat, role and case are not."""
        await self.in_turn(self._line_lost(person))

    async def turned(self, person: str, devices: tuple[bool, bool]) -> None:
        """Somebody turned their microphone or camera on or off."""
        await self.in_turn(self._turned(person, devices))

    async def carry_sound(self, person: str, microphone: bool | None) -> None:
        """From now on another device carries somebody's sound, its microphone on or off; None: no longer."""
        await self.in_turn(self._carry_sound(person, microphone))

    async def show(self) -> None:
        """Show everybody the room as it stands, after sound and picture have followed: whoever looks in too late."""
        await self.in_turn(self._show_soon(self.session))
        await self._shown()

    async def asks_no_more(self, person: str, browser: Browser) -> None:
        """Another browser of somebody who is inside has gone from the door."""
        await self.in_turn(self._asks_no_more(person, browser))

    async def in_turn(self, work: Coroutine[Any, Any, None]) -> None:
        """One after another, and each to its end, also when whoever asked is gone."""
        await self._turn.give(work)

    async def _obey(self, command: c.Command, by: str | None, version: int, key: str, seen: int | None) -> None:
        if (by, key) in self._carried_out:
            return
        events = await self._decided(command, by, version, key, seen)
        opens = self._sealed and self._opens_again(command, by)
        self._sealed = self._sealed and not opens
        if events or opens:
            await self._act(events, by)

    async def _come(self, person: str, knock: c.Knock, devices: tuple[bool, bool], key: str) -> None:
        events: Sequence[Event] = ()
        known = self.session.person(person)
        asks = known is not None and shut_out(known, knock.browser)
        if asks or (person, key) not in self._carried_out:  # who asks again may have been answered meanwhile
            events = await self._decided(knock, person, self.session.version, key)
        after = _after(self.session, events, person)
        comer = after.person(person)
        if comer is not None and shut_out(comer, knock.browser):
            return await self._act(events, person, self._asked(person, knock, after.version if events else None))
        if comer is not None and stands_behind(comer, knock.browser, self.session.present):
            await self._act(events, person)
            raise Refused("another_waits")
        self.devices[person] = devices
        return await self._act(events, person, replace(self.session, present=self.session.present | {person}))

    def _asked(self, person: str, knock: c.Knock, since: int | None) -> Session:
        """The session, before what is recorded now, where this browser asks; `since`: this version, None: as before."""
        asks = self.session.asks(person)
        came = since if since is not None else asks.came if asks is not None else self.session.version
        return self.session.with_asking(person, Asking(person, knock.browser, knock.sound, came))

    async def _decided(
        self, command: c.Command, by: str | None, version: int, key: str, seen: int | None = None
    ) -> Sequence[Event]:
        """What a command leads to, recorded and not yet true."""
        now = self._clock()
        events = decide(self.session, command, by, now, version, seen)
        records = [
            Recorded(self.session.version + number, now, by, key, event) for number, event in enumerate(events, start=1)
        ]
        if records or (self.behind and not isinstance(command, c.Knock)):  # nobody knows then what changes nothing
            async with self._shut(_after(self.session, events, by)):
                await self._record(records, Order(command, by, key, now), takes=type(command) in TAKES_AWAY)
        self._remember(by, key)
        return events

    @asynccontextmanager
    async def _shut(self, after: Session) -> AsyncIterator[None]:
        """
        Until it is so, shut what will be shut then: a slow disk lets nobody be overheard. What comes to nothing is
        opened again; while the journal is known to be away, nothing is begun that it may refuse.

        A server that dies in between leaves workers with too little open, not too much: see `still_here` in `app.py`.
        """
        now, afterwards = self.plan.routes, media_plan(after).routes
        if now <= afterwards or self.behind:
            yield
            return
        self._afterwards = afterwards
        shutting = asyncio.create_task(self._follow(self.session))
        try:
            yield
        except Exception:
            self._afterwards = None
            await shutting
            await self._follow(self.session)
            self._changed(self)
            raise
        finally:
            self._afterwards = None
        await shutting  # plans have an order

    def _opens_again(self, command: c.Command, by: str | None) -> bool:
        """Whether a leader has done something; pages knock by themselves."""
        person = self.session.person(by) if by else None
        return person is not None and person.role in LEADERS and not isinstance(command, c.Knock)

    async def _line_lost(self, person: str) -> None:
        self.devices.pop(person, None)
        if person in self.session.present:
            await self._become(replace(self.session, present=self.session.present - {person}))

    async def _asks_no_more(self, person: str, browser: Browser) -> None:
        asks = self.session.asks(person)
        if asks is not None and asks.browser.id == browser.id:
            await self._become(self.session.with_asking(person, None))

    async def _carry_sound(self, person: str, microphone: bool | None) -> None:
        if self.by_phone.get(person) == microphone:
            return
        if microphone is None:
            del self.by_phone[person]
        else:
            self.by_phone[person] = microphone
        await self._follow(self.session)
        await self._show_soon(self.session)
        self._changed(self)

    async def _turned(self, person: str, devices: tuple[bool, bool]) -> None:
        if person in self.session.present and self.devices.get(person) != devices:
            self.devices[person] = devices
            if any(one.id == person for one in self.session.seated()):  # who waits at the door is on nobody's screen
                await self._show_soon(self.session)

    async def _act(self, events: Sequence[Event], by: str | None, live: Session | None = None) -> None:
        """
        Let what is recorded be true: in the session, in sound and picture, on screens.

        Args:
            live: The session before these events, where what is in no history has changed as well.
        """
        await self._become(_after(live or self.session, events, by), events, by)

    async def _become(self, after: Session, events: Sequence[Event] = (), by: str | None = None) -> None:
        before, self.session = self.session, noted(after, self._clock())
        self._version = max(self._version, after.version)
        self.shown &= after.here  # whoever goes is to be shown anew, also if these screens fail
        if after.ended:
            self.title = ""
        await self._follow(before)
        self._set_alarms()
        await self._show_soon(before, events, by)
        self._changed(self)

    async def _record(self, records: list[Recorded], order: Order, takes: bool) -> None:
        try:
            await self._ledger.write(self.session, records, order, takes)
        finally:
            if self._ledger.outage and not self._mending:
                self._mending = asyncio.create_task(self._mend())
                self._set_alarms()

    async def _mend(self) -> None:
        """Ask until the journal answers, beside everybody's turn: whoever takes rights away does not wait for it."""
        told = False
        while self._ledger.outage:
            if await self._ledger.answers(self.session):
                with suppress(Refused):
                    async with self._turn:
                        await self.catch_up()
            elif not told:
                told = True
                await self._tell("journal_away")
            if self._ledger.outage:
                await asyncio.sleep(JOURNAL_RETRY_SECONDS)
        self._mending = None
        if told:
            await self._tell("journal_back")

    async def catch_up(self) -> None:
        """
        Agree with the journal. For whoever has the turn.

        Raises:
            Refused: If it does not answer.
        """
        waited = self.behind  # ways that were to be recorded first
        after, found = await self._ledger.agree(self.session)
        for record in found:
            self._remember(record.by, record.key)
        if waited or after != self.session:
            await self._become(after, [record.event for record in found], found[-1].by if found else None)
        else:
            self._set_alarms()

    async def _follow(self, before: Session) -> None:
        """
        Make the forwarding follow the session. Whoever is no longer inside loses their line as well.

        A switchboard that fails has shut every gate; the session itself goes on,
        and the next change tries again.
        """
        stays = set() if self.session.ended else {person.id for person in self.session.inside()}
        gone = [person.id for person in before.inside() if person.id not in stays]
        try:
            try:
                await self._switchboard.follow(self.session.id, self.lines)
            finally:
                for person in gone:
                    for line in (person, sound_line(person)):  # a telephone may be lost to us, and its line still up
                        await self._switchboard.leave(self.session.id, line)
        except Exception as error:
            log.error("switchboard_failed", session=self.session.id, error=type(error).__name__)

    async def _show_soon(self, before: Session, events: Sequence[Event] = (), by: str | None = None) -> None:
        """The same, once a pause; what has happened is said at once. For whoever has the turn."""
        wait = self._shown_at + self._pause - asyncio.get_running_loop().time()
        if wait <= 0:
            return await self.show_now(events, by)
        if events:
            await self._announce(before, events, by)
        self._to_show = self._to_show or asyncio.create_task(self._show_later(wait))
        return None

    async def _show_later(self, wait: float) -> None:
        await asyncio.sleep(wait)
        await self.in_turn(self._show_what_waits(asyncio.current_task()))

    async def _show_what_waits(self, waited: asyncio.Task[None] | None) -> None:
        if self._to_show is waited:  # nobody else has shown it meanwhile
            await self.show_now()

    async def _shown(self) -> None:
        """Until screens show what has been done: an answer does not come before what it is about."""
        if self._to_show:
            await asyncio.wait({self._to_show})

    async def show_now(self, events: Sequence[Event] = (), by: str | None = None) -> None:
        """
        Show everybody the room as it stands, and let whoever is shown for the first time receive. For whoever has
        the turn.

        Screens that fail are ours to mend; the session goes on, and the next change, or the watch, shows all of it.
        """
        self._shown_at = asyncio.get_running_loop().time()
        try:
            await self._audience.show(self, events, by)
        except Exception as error:
            log.error("audience_failed", session=self.session.id, error=type(error).__name__)
            return
        finally:
            self._to_show = None
        new, self.shown = self.unseen, self.session.here
        if new:
            await self._follow(self.session)

    async def _announce(self, before: Session, events: Sequence[Event], by: str | None) -> None:
        try:
            await self._audience.announce(self, before, events, by)
        except Exception as error:
            log.error("audience_failed", session=self.session.id, error=type(error).__name__)

    async def _tell(self, key: str) -> None:
        try:
            await self._audience.tell(self, key)
        except Exception as error:
            log.error("audience_failed", session=self.session.id, error=type(error).__name__)

    def _remember(self, by: str | None, key: str) -> None:
        self._carried_out[by, key] = None
        while len(self._carried_out) > KEYS_LIMIT:
            self._carried_out.popitem(last=False)

    def _set_alarms(self) -> None:
        self._alarms.set(self.session, TAKES_AWAY if self._ledger.outage else ANYTHING)

    async def _say(self, command: c.ByClock, at: datetime) -> None:
        version = self.session.version
        await self.obey(command, None, version, f"clock {type(command).__name__} {at.isoformat()} {version}")

    async def _look(self) -> None:
        await self.in_turn(self._look_again())

    async def _look_again(self) -> None:
        self._set_alarms()
        await self._show_soon(self.session)


def _after(session: Session, events: Sequence[Event], by: str | None) -> Session:
    for event in events:
        session = evolve(session, event, by)
    return session
