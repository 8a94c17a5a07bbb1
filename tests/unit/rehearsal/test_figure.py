"""The manners of a simulated person."""

from ascona.rehearsal.figure import wish_in


def room(*may: str, floor: bool = False, ring_open: bool = False, asked: str | None = None) -> dict:
    me = {"person": "p1", "may": list(may), "asked_to_present": asked}
    people = [{"person": "p1", "floor": floor}, {"person": "p2", "floor": True}]
    return {"step": 7, "ring_open": ring_open, "me": me, "people": people}


def test_before_the_room_is_shown_nobody_wants_anything():
    assert wish_in(None, set()) is None


def test_most_of_the_time_a_person_just_listens():
    assert wish_in(room("Leave", "Signal"), set()) is None


def test_asked_to_present_a_person_agrees():
    assert wish_in(room("AgreeToPresent", asked="Ada"), set()) == {"do": "AgreeToPresent"}


def test_while_the_ring_is_open_a_person_of_the_ring_takes_the_word():
    assert wish_in(room("TakeWord", ring_open=True), set()) == {"do": "TakeWord"}


def test_the_word_is_taken_once_in_a_phase():
    assert wish_in(room("TakeWord", ring_open=True), {7}) is None


def test_whoever_has_the_word_gives_it_back():
    assert wish_in(room("TakeWord", floor=True, ring_open=True), set()) == {"do": "PassWord", "person": "p1"}
