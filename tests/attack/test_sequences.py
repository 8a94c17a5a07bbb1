"""Whatever is sent to a room, valid, invalid or mutated, by whomever, in whatever order: it stays as it must be."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ascona.core.session import Session
from ascona.live.room import Room
from tests.fuzz.sequences import play, read_sequence
from tests.fuzz.targets import TARGETS

SEQUENCES = st.binary(min_size=100, max_size=400)


@given(SEQUENCES)
@settings(max_examples=25, derandomize=True, database=None)
def test_a_room_stays_as_it_must_be_whatever_is_sent_to_it(said):
    read_sequence(said)


def test_what_is_sent_is_done_refused_and_not_understood():
    answers = sum((play(said) for said in TARGETS["sequences"].seeds), start=play(b""))

    assert min(answers["done"], answers["bad_message"], answers["leaders_only"], answers["sdp"]) > 0


class ForgetsToShut(Room):
    async def _follow(self, before: Session) -> None:
        if len(self.plan.routes) >= len(before.people):
            await super()._follow(before)


def test_a_gate_that_stays_open_is_found(monkeypatch):
    monkeypatch.setattr("tests.fuzz.sequences.Room", ForgetsToShut)

    with pytest.raises(AssertionError, match="gates are not the plan's"):
        any(read_sequence(said) for said in TARGETS["sequences"].seeds)
