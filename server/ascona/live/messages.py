"""Messages as they come in from browsers: read strictly, or refused."""

import re
from dataclasses import dataclass
from typing import Annotated, TypeGuard, get_args

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from ascona.core import commands as c

LINE_LIMIT = 500
"""Characters in a line among leaders."""

MOST_HEIGHTS, LARGEST_HEIGHT = 64, 16_384
"""Slots that `shows` may name, and pixels that a screen may have."""

_STRICT = ConfigDict(extra="forbid", strict=True)
_COMMANDS: dict[str, TypeAdapter[c.ByPeople]] = {kind.__name__: TypeAdapter(kind) for kind in get_args(c.ByPeople)}
_OF_KNOCK = {"name"}
"""What a message says of a knock; the rest is known of whoever sends it."""

_KEY = re.compile(r"[A-Za-z0-9-]{8,64}")


class BadMessage(ValueError):
    """A message that no page of ours sends. Counted; the sender is told no more than that."""


class Devices(BaseModel):
    """What somebody has turned on."""

    model_config = _STRICT

    microphone: bool
    camera: bool


class Arrival(BaseModel):
    """
    How somebody comes in: what they have turned on, and whether from another window of theirs.

    Attributes:
        sound: Not to sit here, but to carry the sound of somebody who sits at another device of theirs.
        agreed: “I agree” was ticked; once from any of a person's devices is enough.
    """

    model_config = _STRICT

    microphone: bool = False
    camera: bool = False
    move: bool = False
    sound: bool = False
    agreed: bool = False


class Line(BaseModel):
    """A line among leaders; kept nowhere."""

    model_config = _STRICT

    text: str = Field(min_length=1, max_length=LINE_LIMIT)


class Shows(BaseModel):
    """How high, in device pixels, the picture of each slot is on somebody's screen; 0: it is not there."""

    model_config = _STRICT

    heights: list[Annotated[int, Field(ge=0, le=LARGEST_HEIGHT)]] = Field(max_length=MOST_HEIGHTS)


class Offer(BaseModel):
    """A browser's session description."""

    model_config = _STRICT

    sdp: str


@dataclass(frozen=True, slots=True)
class Order:
    """
    A command as it came in.

    Attributes:
        seen: The version that had been read when it was pressed; None: the page does not say.
        devices, move, sound, agreed: As said when knocking.
    """

    command: c.ByPeople
    version: int
    key: str
    seen: int | None = None
    devices: tuple[bool, bool] = (False, False)
    move: bool = False
    sound: bool = False
    agreed: bool = False


def read_order(message: object) -> Order:
    """
    Read a `command` message.

    Raises:
        BadMessage: If anything about it is not as it should be.
    """
    if not isinstance(message, dict):
        raise BadMessage("not an object")
    fields = dict(message)
    do, version, key = fields.pop("do", None), fields.pop("version", None), fields.pop("key", None)
    seen = fields.pop("seen", None)
    adapter = _COMMANDS.get(do) if isinstance(do, str) else None
    if (
        adapter is None
        or not _counts(version)
        or not (seen is None or _counts(seen))
        or not isinstance(key, str)
        or not _KEY.fullmatch(key)
    ):
        raise BadMessage("no command")
    arrival = Arrival()
    try:
        if do == c.Knock.__name__:
            arrival = Arrival(**{field: fields.pop(field) for field in Arrival.model_fields.keys() & fields.keys()})
            if fields.keys() != _OF_KNOCK:
                raise BadMessage("fields")
        command = adapter.validate_python(fields)
    except ValidationError as error:
        raise BadMessage("fields") from error
    if fields.keys() - command.__dataclass_fields__.keys():
        raise BadMessage("unknown fields")
    devices = arrival.microphone, arrival.camera
    return Order(command, version, key, seen, devices, arrival.move, arrival.sound, arrival.agreed)


def _counts(version: object) -> TypeGuard[int]:
    return type(version) is int and version >= 0
