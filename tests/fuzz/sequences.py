"""Anything sent to a room, by anybody, in any order: bytes say who sends what when, and after each step all is well."""

import asyncio
import json
import random
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from functools import reduce
from typing import Any

import socketio
from structlog.testing import capture_logs

from ascona import app, assets
from ascona.core.evolve import evolve
from ascona.core.invariants import Wiring, forwarding, places, receivers, version
from ascona.core.media_plan import media_plan
from ascona.core.session import LIVE
from ascona.live.namespace import RoomNamespace
from ascona.live.room import SCREENS_PAUSE_SECONDS, Room
from ascona.live.rooms import Rooms
from ascona.live.watch import Watch
from ascona.live.websocket import MESSAGES
from ascona.storage.invitations import Guest
from tests.simulation.book import Book
from tests.simulation.exchange import Exchange
from tests.simulation.loop import VirtualLoop
from tests.simulation.weather import Weather
from tests.simulation.wishes import COMMANDS, anything, filled, polite
from tests.support.group import NOON, PEOPLE, invited
from tests.support.guests import guest
from tests.support.invariants import assert_safe

MOST_STEPS = 60
STEP_SECONDS = 0.3
"""Between two steps: all that one leads to has happened, and nobody is too fast."""

COOKIES = [*PEOPLE, "ada/thief", "pia/thief", "max/thief"]
"""Everybody's own browser, and those of whoever holds a used link."""

NONSENSE: tuple[Any, ...] = (
    None, True, -1, 2**63, 1e308, float("nan"), "", "x" * 5000, "\ud800", "\0", [], {}, [[]], {"do": "Knock"}, b"\0",
)  # fmt: skip
"""What JSON may bring, and what Socket.IO may bring beside it."""

REFUSALS = json.loads((assets.web() / "i18n" / "en.json").read_text(encoding="utf-8"))["refusals"]


class Tape(random.Random):
    """Draws what some bytes say, and the least of everything when they are over."""

    def __init__(self, said: bytes) -> None:
        super().__init__(0)
        self._said = said
        self._at = 0

    @property
    def over(self) -> bool:
        return self._at >= len(self._said)

    def getrandbits(self, k: int) -> int:
        size = -(-k // 8)
        part = self._said[self._at : self._at + size].ljust(size, b"\0")
        self._at += size
        return int.from_bytes(part) >> (8 * size - k)

    def random(self) -> float:
        return self.getrandbits(16) / 65536


class Ground:
    """One room with the real wire, rules and watch; journal, gates and sockets are in memory and never fail."""

    def __init__(self, tape: Tape, loop: asyncio.AbstractEventLoop) -> None:
        weather = Weather(random.Random(1), calm=True)  # noqa: S311  # how long things take
        self._tape, self._loop = tape, loop
        self._first = invited()
        self._book = Book(weather, lambda _records: None)
        self._exchange = Exchange(weather, lambda: None)
        self._rooms = Rooms(self._load, self._exchange.close_room)
        self._wire = RoomNamespace(self._rooms, self._identify, self._exchange, loop.time)
        self._wire._set_server(self)
        self.watch = Watch(self._rooms, self._exchange, self._wire, self._book.version)
        self._sockets: dict[str, str] = {}
        self._screens: dict[str, dict[str, Any]] = {}
        self._sent: list[tuple[str, Any]] = []
        self.answers: Counter[str] = Counter()
        self._goodbyes: set[asyncio.Task[None]] = set()
        self._numbers = 0

    async def play(self) -> None:
        """An evening begins as evenings do; from then on the tape says what happens."""
        self.watch.start()
        await self._begin()
        ways = (
            self._do_as_offered, self._do_as_offered, self._do_anything, self._do_anything, self._send_mutated,
            self._send_mutated, self._send_something_else, self._send_something_else, self._send_again,
            self._come_from_a_window, self._lose_a_line, self._let_time_pass,
        )  # fmt: skip
        for _ in range(MOST_STEPS):
            if self._tape.over:
                break
            await self._tape.choice(ways)()
            await asyncio.sleep(STEP_SECONDS)
            self._look()
        await self._wire.close()
        await self.watch.close()
        await self._rooms.close()
        await asyncio.gather(*self._goodbyes)

    async def _begin(self) -> None:
        sids = {person: await self._connect(person, "first") for person in PEOPLE}
        for sid in sids.values():
            await self._knock(sid)
        ada, pia = sids["ada"], sids["pia"]
        told: list[tuple[str, str, dict[str, Any]]] = [(ada, "AdmitEveryone", {}), (ada, "OpenSession", {})]
        told += [(ada, "ChoosePresenter", {"person": "pia"}), (pia, "AgreeToPresent", {})]
        told += [(ada, "GoToPhase", {"step": self._tape.choice((0, 2, 4, 5))})]
        for sid, do, fields in told[: self._tape.choice((5, 5, 5, 2, 1, 0))]:
            await self._send(sid, "command", self._order(sid, do, fields))
        await asyncio.sleep(STEP_SECONDS)

    # What happens

    async def _do_as_offered(self) -> None:
        sid = self._anybody()
        room = self._screens.get(sid)
        wish = polite(room, self._tape, [*PEOPLE]) if room else None
        if wish:
            await self._send(sid, "command", self._order(sid, *wish))

    async def _do_anything(self) -> None:
        sid = self._anybody()
        order = self._order(sid, *anything(self._tape, [*PEOPLE]))
        order["version"] = max(0, order["version"] - self._tape.choice((0, 0, 0, 1, 2, -1, 1000)))
        await self._send(sid, "command", order)

    async def _send_mutated(self) -> None:
        sid = self._anybody()
        do = self._tape.choice(sorted(COMMANDS))
        await self._send(sid, "command", self._mutated(self._order(sid, do, filled(do, self._tape, [*PEOPLE]))))

    async def _send_something_else(self) -> None:
        tape, sid = self._tape, self._anybody()
        event, message = tape.choice(
            (
                ("offer", {"sdp": sid}),
                ("devices", {"microphone": tape.random() < 0.5, "camera": tape.random() < 0.5}),
                ("shows", {"heights": [90 * tape.choice(range(9)) for _ in range(tape.choice((0, 1, 10)))]}),
                ("line", {"text": tape.choice(("north", "<b>x</b>", " ", "x" * 501))}),
            )
        )
        await self._send(sid, event, self._mutated(message) if tape.random() < 0.3 else message)

    async def _send_again(self) -> None:
        if self._sent:
            event, message = self._tape.choice(self._sent)
            await self._send(self._anybody(), event, message)

    async def _come_from_a_window(self) -> None:
        sid = await self._connect(self._tape.choice(COOKIES), self._tape.choice(("first", "second", "")))
        if self._tape.random() < 0.8:
            how = self._tape.choice(({}, {"move": True}, {"move": True}, {"sound": True}))
            await self._knock(sid, **how)

    async def _lose_a_line(self) -> None:
        sid = self._anybody()
        if self._sockets.pop(sid, None):
            await self._wire.on_disconnect(sid)

    async def _let_time_pass(self) -> None:
        await asyncio.sleep(self._tape.choice((1.0, 3.0, 31.0, 95.0, 600.0)))

    # Messages

    def _anybody(self) -> str:
        return self._tape.choice(sorted(self._sockets) or ["nobody"])

    def _order(self, sid: str, do: str, fields: dict[str, Any]) -> dict[str, Any]:
        self._numbers += 1
        seen = self._screens.get(sid, {}).get("version", 0)
        return {"do": do, "version": seen, "key": f"order-{self._numbers:04}", **fields}

    def _mutated(self, message: dict[str, Any]) -> Any:
        if self._tape.random() < 0.1:
            return self._tape.choice(NONSENSE)
        key = self._tape.choice([*sorted(message), "other"])
        changed = {name: value for name, value in message.items() if name != key}
        return changed if self._tape.random() < 0.2 else changed | {key: self._tape.choice(NONSENSE)}

    async def _knock(self, sid: str, **how: bool) -> None:
        name = self._sockets.get(sid, "").title() or "Zoë"
        fields = {"name": name, "agreed": True, "microphone": True, "camera": True, **how}
        await self._send(sid, "command", self._order(sid, "Knock", fields))

    async def _connect(self, person: str, window: str) -> str:
        self._numbers += 1
        sid = f"socket {self._numbers}"
        self._sockets[sid] = person
        try:
            await self._wire.on_connect(sid, {"HTTP_COOKIE": person}, {"room": self._first.id, "window": window})
        except socketio.exceptions.ConnectionRefusedError:
            del self._sockets[sid]
        return sid

    async def _send(self, sid: str, event: str, message: Any) -> None:
        assert event in MESSAGES
        self._sent.append((event, message))
        answer = await getattr(self._wire, f"on_{event}")(sid, message)
        if event == "shows":
            assert answer is None
            return
        assert isinstance(answer, dict), (event, answer)
        self.answers[next(iter(answer.values()), "done") if "sdp" not in answer else "sdp"] += 1
        if "sdp" in answer:
            self._exchange.come_up(self._wire._attendance.connections[sid].line, message["sdp"])
            return
        assert set(answer) <= {"refused", "by", "error"}, answer
        assert answer.get("error", "bad_message") == "bad_message", (event, message)
        assert answer.get("refused", "bad_message") in REFUSALS, answer

    # What must hold

    def _look(self) -> None:
        room = next(iter(self._rooms), None)
        if room is None:
            return
        session = room.session
        assert_safe(session)
        assert room.plan.routes == media_plan(session).routes, "the room plans more or less than the rules"
        assert room.lines.routes == self._exchange.plan.routes, "gates are not the plan's"
        up = [one for one in self._exchange.plan.routes if {one.sender, one.receiver} <= self._exchange.lines.keys()]
        slots = self._exchange.plan.slots
        wiring = Wiring(dict.fromkeys(self._exchange.lines, 64), frozenset((one, slots[one.sender]) for one in up))
        found = forwarding(room.lines, wiring) + receivers(session, room.shown, wiring)
        found += places(session, self._wire.sitting(room)) + version(room.recorded, len(self._book.records))
        assert found == []
        replayed = reduce(lambda one, record: evolve(one, record.event, record.by), self._book.records, self._first)
        assert replace(replayed, **{name: getattr(session, name) for name in LIVE}) == session, "not what is recorded"

    # What the namespace asks for

    def _now(self) -> datetime:
        return NOON + timedelta(milliseconds=int(1000 * self._loop.time()))

    async def _load(self, _id: str) -> Room:
        history = await self._book.since(self._first.id, 0)
        session = reduce(lambda one, record: evolve(one, record.event, record.by), history, self._first)
        session = replace(session, present=app.still_here(session, await self._exchange.wiring(session.id)))
        wiring = (self._book, self._exchange, self._wire, self._now, history, self.watch.look)
        return Room(session, "", *wiring, pause=SCREENS_PAUSE_SECONDS)

    async def _identify(self, cookie: str, room: str) -> Guest:
        return guest(cookie, room)

    async def emit(self, event: str, data: Any = None, to: str = "", **_more: Any) -> None:
        json.dumps(data, allow_nan=False)
        if event == "room" and to in self._sockets:
            self._screens[to] = data

    async def disconnect(self, sid: str, *_more: object, **_other: object) -> None:
        """As the library does: the end is told, too."""
        if self._sockets.pop(sid, None):
            goodbye = asyncio.get_running_loop().create_task(self._wire.on_disconnect(sid))
            self._goodbyes.add(goodbye)
            goodbye.add_done_callback(self._goodbyes.discard)


def read_sequence(data: bytes) -> None:
    """Play what these bytes say; raises if anything is not as it must be, or anything is logged."""
    play(data)


def play(data: bytes) -> Counter[str]:
    """The same; how often what was answered."""
    loop = VirtualLoop(lambda: None)
    with capture_logs() as logs:
        ground = Ground(Tape(data), loop)
        loop.run(ground.play())
    assert logs == []
    assert loop.troubles == []
    assert (ground.watch.violations.total(), ground.watch.failed) == (0, 0)
    return ground.answers
