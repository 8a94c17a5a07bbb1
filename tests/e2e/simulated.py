"""Somebody whose eyes no test needs: present as a page is, without a browser, and seen and heard if need be."""

import asyncio
from typing import Any

from tests.support.server import Visitor

from ascona.core.people import Standing
from ascona.rehearsal.line import Line
from ascona.rehearsal.loops import loops
from ascona.rehearsal.tracks import LoopTrack
from ascona.storage.invitations import Invited

BUTTONS = {
    "Admit everyone": "AdmitEveryone",
    "Open the session": "OpenSession",
    "Next phase": "NextPhase",
    "I will present": "AgreeToPresent",
    "End the session": "EndSession",
}
MENU = {"Make presenter": "ChoosePresenter"}
"""What the words on controls ask for, as `data-do` has it."""


class Simulated:
    """One invited person, as `Person` for what a group does together."""

    def __init__(self, name: str, standing: str, link: str, number: int = 0) -> None:
        """
        Args:
            number: Of all, so that they do not all look and talk alike.
        """
        origin, _, secret = link.partition("/join#")
        self.name = name
        self.standing = standing
        self._phases: list[str] = []
        self._visitor = Visitor(origin, Invited("", name, Standing(standing), secret))
        self._number = number
        self._line: Line | None = None

    async def join(self) -> None:
        await self._visitor.sign_in()
        await self._visitor.connect()
        assert self._visitor.socket
        self._visitor.socket.on("room", self._see)
        await self.knock()

    async def knock(self) -> None:
        """Say that they are there: on a line that is up nothing comes of it, but the room looks at its clock."""
        answer = await self._visitor.do("Knock", name=self.name, agreed=True, microphone=True, camera=True)
        assert answer == {}

    async def speak(self) -> None:
        """Show themselves and talk, as far as the phase allows: the server forwards nothing else."""
        clock = asyncio.get_running_loop().time
        made = await asyncio.to_thread(loops, self.name, self._number)
        voice, picture = (LoopTrack(loop, clock, talks=lambda: True) for loop in (made.voice, made.picture))
        self._line = Line(voice, picture, lost=self._say_nothing)
        await self._line.accept((await self._visitor.send("offer", {"sdp": await self._line.offer()}))["sdp"])
        self._line.obey(may_speak=True, may_show=True)

    async def press(self, name: str) -> None:
        await self._do(BUTTONS[name])

    async def act_on(self, person: str, action: str) -> None:
        await self._do(MENU[action], person=self._chair(person)["person"])

    async def sees_waiting(self, name: str) -> None:
        await self._visitor.sees(lambda room: name in [one["name"] for one in room["door"]])

    async def sees_chairs(self, count: int) -> None:
        await self._visitor.sees(lambda room: len(room["people"]) == count)

    async def sees_standing(self, name: str, standing: str) -> None:
        await self._visitor.sees(lambda room: self._chair(name)["standing"] == standing)

    async def sees_state(self, name: str, state: str) -> None:
        await self._visitor.sees(lambda room: self._chair(name)["state"] == state)

    async def sees_phase(self, phase: str, timeout: float = 0) -> None:
        """`timeout` is for pages, which are slower."""
        await self._visitor.sees(lambda room: room["phase"] == phase)

    async def phases_seen(self) -> list[str]:
        """Every phase that was shown to them, in order."""
        return self._phases

    async def phase(self) -> str:
        return str(self._visitor.room["phase"])

    async def chairs(self) -> list[tuple[int, str]]:
        """Seat and name, as they come."""
        return [(one["seat"], one["name"]) for one in self._visitor.room["people"]]

    async def moves_on(self) -> None:
        """Press “Next phase”, and see it."""
        before = self._visitor.room["version"]
        await self.press("Next phase")
        await self._visitor.sees(lambda room: room["version"] != before)

    async def hang_up(self) -> None:
        """Their line is lost."""
        await self._visitor.hang_up()

    async def close(self) -> None:
        if self._line:
            await self._line.close()
        await self._visitor.close()

    def _chair(self, name: str) -> dict[str, Any]:
        return next(one for one in self._visitor.room["people"] if one["name"] == name)

    async def _do(self, command: str, **fields: Any) -> None:
        assert await self._visitor.do(command, **fields) == {}

    async def _see(self, room: dict[str, Any]) -> None:
        if not self._phases or self._phases[-1] != room["phase"]:
            self._phases.append(room["phase"])
        await self._visitor._see(room)

    async def _say_nothing(self) -> None:
        """Their line was lost: what comes of it is not theirs to say."""
