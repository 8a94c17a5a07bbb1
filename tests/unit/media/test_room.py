"""Gates between people: shut unless the plan opens them, shut before others open, shut when anything fails."""

from collections import Counter
from typing import Any

import pytest
from tests.support.streams import AUDIO_TYPE, Listener, datagram
from tests.unit.media.test_offer import CHROMIUM

from ascona.core.invariants import Wiring
from ascona.core.media_plan import Kind, MediaPlan, Route
from ascona.core.pictures import Pictures
from ascona.media.answer import Sources
from ascona.media.estimate import Estimate
from ascona.media.gate import Counts
from ascona.media.offer import read_offer
from ascona.media.output import Output
from ascona.media.publisher import Publisher
from ascona.media.room import TURNS_PER_REVIEW, Room


class NotingPublisher(Publisher):
    """Notes the order in which gates move, and fails when told to."""

    def __init__(self, name: str, arrived: Counter[Kind], noted: list[str]) -> None:
        super().__init__(read_offer(CHROMIUM, 2), 1, arrived, lambda report: None, Counter())
        self.name = name
        self.noted = noted
        self.fails = False

    def admit(self, output: Output, now: float) -> None:
        self.noted.append(f"open {self.name}")
        if self.fails:
            raise RuntimeError("out of memory, say")
        super().admit(output, now)

    def dismiss(self, output: Output) -> None:
        self.noted.append(f"shut {self.name}")
        super().dismiss(output)


class Line:
    """A connection without a network: two slots, both kinds."""

    def __init__(self, name: str, arrived: Counter[Kind], noted: list[str], slots: int = 2) -> None:
        self.up = True
        self.estimate = Estimate(0.0)
        self.publisher = NotingPublisher(name, arrived, noted)
        self.ears = {slot: Listener(Kind.AUDIO, ssrc=10 * slot) for slot in range(slots)}
        self.eyes = {slot: Listener(Kind.VIDEO, ssrc=10 * slot + 5) for slot in range(slots)}
        self.outputs = {(slot, Kind.AUDIO): ear.output for slot, ear in self.ears.items()}
        self.outputs |= {(slot, Kind.VIDEO): eye.output for slot, eye in self.eyes.items()}
        self.spoken = 0

    def close(self) -> None:
        self.up = False


class Circle:
    """People in a room with two slots."""

    def __init__(self, *names: str, **slots: int) -> None:
        self.told: list[tuple[str, Pictures]] = []
        self.room = Room(
            [Sources(1, 2, 3), Sources(4, 5, 6)],
            clock=lambda: 0.0,
            told=lambda name, pictures: self.told.append((name, pictures)),
        )
        self.noted: list[str] = []
        self.lines: dict[str, Line] = {}
        for name in names:
            self.enter(name, slots.get(name, 2))

    def enter(self, name: str, slots: int = 2) -> None:
        person = self.room.person(name)
        line: Any = Line(name, person.arrived, self.noted, slots)
        person.connection = self.lines[name] = line
        self.room.settle()

    def follow(self, *routes: tuple[str, str], kind: Kind = Kind.AUDIO, **slots: int) -> None:
        named = frozenset(Route(sender, receiver, kind) for sender, receiver in routes)
        self.room.follow(MediaPlan(1, named, slots))

    def enforce(self, *routes: tuple[str, str], kind: Kind = Kind.AUDIO, **slots: int) -> None:
        named = frozenset(Route(sender, receiver, kind) for sender, receiver in routes)
        self.room.enforce(MediaPlan(1, named, slots))

    def ways(self, kind: Kind, sender: str, slot: int, *receivers: str) -> frozenset[tuple[Route, int]]:
        return frozenset((Route(sender, receiver, kind), slot) for receiver in receivers)

    def crowd(self, name: str) -> None:
        """Somebody's line turns out to be full of voices."""
        estimate = Estimate(0.0)
        estimate.crowded = True
        self.room.person(name).viewer.voices.review(1, estimate, 0.0)

    def speak(self, name: str) -> set[tuple[str, int]]:
        """Who hears one packet of this person, in which slot."""
        before = {(who, slot): len(ear.sent) for who, line in self.lines.items() for slot, ear in line.ears.items()}
        line = self.lines[name]
        line.spoken += 1
        line.publisher.receive(datagram(AUDIO_TYPE, line.spoken, 960 * line.spoken, 20, b"voice"), 0.0)
        return {
            (who, slot)
            for who, other in self.lines.items()
            for slot, ear in other.ears.items()
            if len(ear.sent) > before[who, slot]
        }


def test_without_a_plan_nobody_hears_anybody():
    circle = Circle("ada", "ben")

    assert circle.speak("ada") == set()


def test_only_whom_the_plan_names_hears():
    circle = Circle("ada", "ben", "cy")
    circle.follow(("ada", "ben"), ada=0, ben=1)

    assert circle.speak("ada") == {("ben", 0)}
    assert circle.speak("ben") == set()


def test_nobody_hears_themselves_even_if_a_plan_says_so():
    circle = Circle("ada", "ben")
    circle.follow(("ada", "ada"), ("ada", "ben"), ada=0)

    assert circle.speak("ada") == {("ben", 0)}


def test_a_person_without_a_slot_is_not_heard():
    circle = Circle("ada", "ben")
    circle.follow(("ada", "ben"))

    assert circle.speak("ada") == set()


def test_a_listener_without_that_slot_does_not_hear():
    circle = Circle("ada", "ben", "cy", cy=1)
    circle.follow(("ada", "ben"), ("ada", "cy"), ada=1)

    assert circle.speak("ada") == {("ben", 1)}


def test_an_earlier_plan_opens_gates_as_people_come():
    circle = Circle("ada")
    circle.follow(("ada", "ben"), ada=0)

    circle.enter("ben")

    assert circle.speak("ada") == {("ben", 0)}


def test_a_slot_changes_hands_and_shuts_before_it_opens():
    circle = Circle("ada", "ben", "cy")
    circle.follow(("ada", "cy"), ada=0)
    circle.noted.clear()

    circle.follow(("ben", "cy"), ben=0)

    assert circle.noted == ["shut ada", "open ben"]
    assert circle.speak("ada") == set()
    assert circle.speak("ben") == {("cy", 0)}


def test_all_that_shuts_shuts_before_anything_opens():
    circle = Circle("ada", "ben", "cy")
    circle.follow(("ada", "ben"), ("ada", "cy"), ada=0)
    circle.noted.clear()

    circle.follow(("ben", "ada"), ("cy", "ada"), ben=0, cy=1)

    assert circle.noted[:2] == ["shut ada", "shut ada"]
    assert sorted(circle.noted[2:]) == ["open ben", "open cy"]


def test_a_gate_that_stays_open_is_not_touched():
    circle = Circle("ada", "ben", "cy")
    circle.follow(("ada", "ben"), ada=0)
    circle.noted.clear()

    circle.follow(("ada", "ben"), ("ada", "cy"), ada=0)

    assert circle.noted == ["open ada"]


def test_a_plan_with_two_people_in_one_slot_shuts_everything():
    circle = Circle("ada", "ben", "cy")
    circle.follow(("ada", "ben"), ada=0)

    with pytest.raises(ValueError, match="slot"):
        circle.follow(("ada", "cy"), ("ben", "cy"), ada=0, ben=0)

    assert circle.speak("ada") == circle.speak("ben") == set()


def test_when_a_gate_fails_every_gate_is_shut_and_stays_so():
    circle = Circle("ada", "ben", "cy")
    circle.follow(("ada", "ben"), ada=0)
    circle.lines["cy"].publisher.fails = True

    with pytest.raises(RuntimeError):
        circle.follow(("ada", "ben"), ("cy", "ben"), ada=0, cy=1)
    assert circle.speak("ada") == circle.speak("cy") == set()

    circle.enter("flo")
    assert circle.speak("ada") == set()


def test_a_line_that_goes_down_is_shut_and_opens_when_it_comes_back():
    circle = Circle("ada", "ben")
    circle.follow(("ada", "ben"), ada=0)
    circle.lines["ben"].up = False
    circle.room.settle()
    assert circle.speak("ada") == set()
    assert circle.room.connected() == {"ada"}

    circle.lines["ben"].up = True
    circle.room.settle()
    assert circle.speak("ada") == {("ben", 0)}


def test_a_new_connection_of_the_sender_is_heard_again():
    circle = Circle("ada", "ben")
    circle.follow(("ada", "ben"), ada=0)
    circle.speak("ada")

    circle.lines["ada"].close()
    circle.enter("ada")

    assert circle.speak("ada") == {("ben", 0)}
    assert circle.room.counters()[Route("ada", "ben", Kind.AUDIO)] == Counts(forwarded=2, dropped=0)


def test_what_is_open_is_read_from_the_lists_themselves():
    circle = Circle("ada", "ben", "cy")
    circle.follow(("ada", "ben"), ("ada", "cy"), kind=Kind.VIDEO, ada=1)
    assert circle.room.wiring() == Wiring(
        dict.fromkeys(("ada", "ben", "cy"), 2), circle.ways(Kind.VIDEO, "ada", 1, "ben", "cy")
    )

    circle.follow(("ada", "ben"), ada=0)
    circle.speak("ada")
    circle.lines["cy"].up = False

    assert circle.room.wiring() == Wiring(dict.fromkeys(("ada", "ben"), 2), circle.ways(Kind.AUDIO, "ada", 0, "ben"))


@pytest.mark.parametrize("spoken", [False, True])
def test_a_gate_opened_behind_the_plan_is_seen_and_shut(spoken):
    circle = Circle("pia", "ben", "cy")
    circle.follow(("ben", "cy"), ben=0)
    if spoken:
        circle.speak("pia")
    circle.lines["pia"].publisher.admit(circle.lines["cy"].outputs[1, Kind.AUDIO], 0.0)
    assert (Route("pia", "cy", Kind.AUDIO), 1) in circle.room.wiring().open
    assert circle.speak("pia") == {("cy", 1)}

    circle.enforce(("ben", "cy"), ben=0)

    assert circle.room.wiring().open == circle.ways(Kind.AUDIO, "ben", 0, "cy")
    assert circle.speak("pia") == set()
    assert circle.speak("ben") == {("cy", 0)}


def test_a_listener_whose_connection_is_nobodys_is_seen_and_shut():
    circle = Circle("ada", "ben")
    hidden = Listener(Kind.AUDIO, ssrc=99)
    circle.lines["ada"].publisher.admit(hidden.output, 0.0)
    circle.speak("ada")
    assert circle.room.wiring().open == circle.ways(Kind.AUDIO, "ada", -1, "")

    circle.enforce()
    circle.speak("ada")

    assert circle.room.wiring().open == frozenset()
    assert len(hidden.sent) == 1


def test_what_could_only_be_repeated_is_seen_and_shut_too():
    circle = Circle("pia", "ben")
    circle.follow(("pia", "ben"), pia=0)
    circle.speak("pia")
    [track] = circle.lines["pia"].publisher.tracks()
    circle.follow()
    output = circle.lines["ben"].outputs[0, Kind.AUDIO]
    output.follow(track)
    assert circle.room.wiring().open == circle.ways(Kind.AUDIO, "pia", 0, "ben")

    circle.enforce()

    assert circle.room.wiring().open == frozenset()
    assert output.source is None


def test_a_gate_that_takes_itself_for_open_is_opened_where_the_plan_says_so():
    circle = Circle("ada", "ben")
    circle.follow(("ada", "ben"), ada=0)
    circle.lines["ada"].publisher.dismiss(circle.lines["ben"].outputs[0, Kind.AUDIO])
    assert circle.speak("ada") == set()

    circle.enforce(("ada", "ben"), ada=0)

    assert circle.speak("ada") == {("ben", 0)}


def test_a_plan_that_cannot_be_enforced_shuts_everything():
    circle = Circle("ada", "ben", "cy")
    circle.follow(("ada", "ben"), ada=0)

    with pytest.raises(ValueError, match="slot"):
        circle.enforce(("ada", "cy"), ("ben", "cy"), ada=0, ben=0)

    assert circle.speak("ada") == circle.speak("ben") == set()


def test_what_is_dropped_is_counted_for_each_listener():
    circle = Circle("ada", "ben", "cy")
    circle.speak("ada")
    circle.follow(("ada", "ben"), ada=0)
    circle.speak("ada")
    circle.speak("ada")
    circle.follow()
    circle.speak("ada")

    counters = circle.room.counters()
    assert counters[Route("ada", "ben", Kind.AUDIO)] == Counts(forwarded=2, dropped=2)
    assert counters[Route("ada", "cy", Kind.AUDIO)] == Counts(forwarded=0, dropped=4)


def test_who_leaves_is_forgotten():
    circle = Circle("ada", "ben")
    circle.follow(("ada", "ben"), ("ben", "ada"), ada=0, ben=1)
    circle.room.remove("ben")

    assert circle.speak("ada") == set()
    assert circle.room.connected() == {"ada"}
    assert circle.room.counters() == {}


def test_pages_are_told_what_of_their_camera_is_watched_once_and_on_change():
    circle = Circle("ada", "ben")
    circle.room.tick(0.0, 0)
    circle.room.tick(0.0, 1)
    circle.told.clear()

    circle.room.shows("ben", [720])
    circle.follow(("ada", "ben"), kind=Kind.VIDEO, ada=0)
    assert circle.told == [("ada", Pictures(("l", "h")))]
    circle.room.tick(0.0, 0)
    circle.room.shows("ben", [720, 0])
    assert len(circle.told) == 1

    circle.room.shows("ben", [0])
    circle.lines["ben"].estimate.hopeless = True
    circle.room.shows("ben", [100])
    assert circle.told[1:] == [("ben", Pictures(("l",), (0,), weak=True))]


def test_what_a_page_shows_holds_over_its_connections(logged):
    circle = Circle("ada")
    circle.room.shows("ben", [720])
    circle.enter("ben")
    circle.follow(("ada", "ben"), kind=Kind.VIDEO, ada=0)

    assert ("ada", Pictures(("l", "h"))) in circle.told
    assert not logged


def test_a_review_that_fails_silences_nobody(logged):
    circle = Circle("ada", "ben")
    circle.follow(("ada", "ben"), ada=0)
    del circle.lines["ben"].estimate
    circle.room.shows("ben", [720])

    assert [line["event"] for line in logged] == ["pictures_not_reviewed"]
    assert circle.speak("ada") == {("ben", 0)}


def test_whoever_is_heard_over_a_line_full_of_voices_is_told_to_speak_leaner_and_nobody_else():
    circle = Circle("ada", "ben", "cy")
    circle.follow(("ada", "ben"), ("cy", "ada"), ada=0, cy=1)
    circle.told.clear()

    circle.crowd("ben")
    for turn in range(TURNS_PER_REVIEW):
        circle.room.tick(0.0, turn)
    assert circle.told == [("ada", Pictures(("l",), lean=True))]

    circle.told.clear()
    circle.follow(("cy", "ada"), ada=0, cy=1)
    assert circle.told == [("ada", Pictures(("l",)))]


def test_whoever_leaves_needs_no_lean_voices_any_more():
    circle = Circle("ada", "ben")
    circle.follow(("ada", "ben"), ada=0)
    circle.crowd("ben")
    circle.room.settle()
    circle.room.remove("ben")
    circle.told.clear()
    circle.room.settle()

    assert circle.told == [("ada", Pictures(("l",)))]
