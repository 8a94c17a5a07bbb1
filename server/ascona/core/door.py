"""Who comes in, and who goes: knocking, admitting, removing."""

from datetime import datetime

from ascona.core import commands as c
from ascona.core import events as e
from ascona.core.browsers import Asking, goes_straight_in, is_another, stands_behind
from ascona.core.likeness import alike
from ascona.core.lines import place_lapsed
from ascona.core.people import CIRCLE, LEADERS, OUTSIDE, RENAMES_LIMIT, Browser, Person, Place, clean_name
from ascona.core.rights import Refused
from ascona.core.session import Session


def knock(s: Session, by: Person, knock: c.Knock, now: datetime) -> tuple[e.Event, ...]:
    """
    At the door for most; straight in for leaders, and for whoever was admitted before: from a browser of theirs that
    was let in. Another one waits, and changes nothing meanwhile, not even the name: see `Session.asking`.

    A locked door is knocked at like an open one: leaders, and only they, are told, and decide. A lost line is no late
    arrival: also after a long absence somebody comes to the door, where a leader sees that they were here.

    Whether a person has agreed is recorded with their first knock, and so before they stand anywhere.

    Raises:
        Refused: `bad_name`, `removed`, `not_agreed`, and of the name `name_taken` or `name_settled`.
    """
    try:
        shown = clean_name(knock.name)
    except ValueError as error:
        raise Refused("bad_name") from error
    if by.place is Place.REMOVED:
        raise Refused("removed")
    if not (by.agreed or knock.agreed):
        raise Refused("not_agreed")
    return (*(() if by.agreed else (e.Agreed(by.id),)), *_come(s, by, shown, knock, now))


def _come(s: Session, by: Person, shown: str, knock: c.Knock, now: datetime) -> tuple[e.Event, ...]:
    browser, straight = knock.browser, goes_straight_in(by, knock.browser, now)
    if by.place is Place.INSIDE:
        return _knock_inside(s, by, browser, shown, now) if straight else _ask(s, by, knock)
    if stands_behind(by, browser, s.present):
        return () if is_another(by) else (e.KnockedToo(by.id, browser),)
    named = _named(s, by, shown)
    if by.role in LEADERS and straight:
        return (*named, e.Admitted(by.id, browser))
    if by.place is Place.DOOR and by.knocks is not None and by.knocks.id == browser.id:
        return named
    return (*named, e.Knocked(by.id, by.kept, browser))


def _knock_inside(s: Session, by: Person, browser: Browser, shown: str, now: datetime) -> tuple[e.Event, ...]:
    """
    A browser that the place belongs to comes back. Where several share it the name that is there stays: two devices do
    not rename a person to and fro, and none stays out because of what is written in it.
    """
    shared = len({one.id for one in by.let_in} | {browser.id}) > 1
    named = () if shared else _named(s, by, shown)
    if place_lapsed(s, by, now):
        return (*named, *_word_and_question(s, by), e.Knocked(by.id, kept=True, browser=browser))
    return named if browser in by.let_in else (*named, e.BrowserLetIn(by.id, browser))


def _ask(s: Session, by: Person, knock: c.Knock) -> tuple[e.Event, ...]:
    """
    Another browser of a person who is inside asks to come in; it does so once, and one at a time.

    Raises:
        Refused: `another_waits` while the question about another browser stands.
    """
    asks = s.asks(by.id)
    if asks is not None and asks.browser.id != knock.browser.id:
        raise Refused("another_waits")
    same = asks is not None and asks.sound == knock.sound
    return () if same else (e.BrowserAsked(by.id, knock.browser),)


def admit(s: Session, id: str, browser: str, read: int) -> e.Event:
    """
    The browser that waits for this person at the door: their first, or another one while they are inside.

    Args:
        read: The version that had been read when it was pressed.

    Raises:
        Refused: `stale_version` where another browser waits by now than the one that was looked at, or one that had
            not been read.
    """
    person, asks = s.person(id), s.asks(id)
    if person is not None and person.place is Place.DOOR:
        _check_same(browser, person.knocks)
        return e.Admitted(id, person.knocks)
    if asks is None:
        raise Refused("nobody_there")
    _check_same(browser, asks.browser)
    _check_read(asks, read)
    return e.BrowserLetIn(id, asks.browser)


def allow_device(s: Session, by: Person, browser: str, read: int) -> e.Event:
    """
    Raises:
        Refused: `nobody_there`; `stale_version` where the question came after what had been read.
    """
    asks = _asking(s, by, browser)
    _check_read(asks, read)
    return e.BrowserLetIn(by.id, asks.browser)


def refuse_device(s: Session, by: Person, browser: str) -> e.Event:
    return e.BrowserRefused(by.id, _asking(s, by, browser).browser.id)


def _asking(s: Session, by: Person, browser: str) -> Asking:
    asks = s.asks(by.id)
    if asks is None or asks.browser.id != browser:
        raise Refused("nobody_there")
    return asks


def _check_read(asks: Asking, read: int) -> None:
    if read < asks.came:
        raise Refused("stale_version")


def _check_same(looked_at: str, waits: Browser | None) -> None:
    if looked_at and waits is not None and waits.id != looked_at:
        raise Refused("stale_version")


def _named(s: Session, by: Person, shown: str) -> tuple[e.Event, ...]:
    """
    A name that nobody else has, or was invited under, or could be taken for; the one on the link is always right.

    Raises:
        Refused: `name_taken`, `name_settled`.
    """
    if shown == by.name:
        return ()
    if by.renamed >= RENAMES_LIMIT:
        raise Refused("name_settled")
    others = (name for other in s.people if other.id != by.id for name in other.names)
    if shown != by.invited and any(alike(shown, name) for name in others):
        raise Refused("name_taken")
    return (e.Named(by.id, shown),)


def at(place: Place, s: Session, id: str) -> Person:
    person = s.person(id)
    if person is None or person.place is not place:
        raise Refused("nobody_there")
    return person


def admit_everyone(s: Session, seen: int | None) -> tuple[e.Event, ...]:
    """
    Let in those at the door whom the leader had read there; who came after that stays, and so does anybody who waits
    there from another browser than before: they are let in one by one.

    Args:
        seen: The version that had been read; None: the page does not say, and everybody comes in.

    Raises:
        Refused: `stale_version` if all of them came after that.
    """
    waiting = [person for person in s.waiting() if not is_another(person)]
    read = [person for person in waiting if seen is None or person.moved.version <= seen]
    if waiting and not read:
        raise Refused("stale_version")
    return tuple(e.Admitted(person.id, person.knocks) for person in read)


def leave(s: Session, by: Person) -> tuple[e.Event, ...]:
    """Nothing where there is nothing to leave any more: nothing follows the end of a session."""
    return gone(s, by, e.Departed(by.id)) if by.place in {Place.DOOR, Place.INSIDE} and not s.ended else ()


def turn_away(s: Session, id: str) -> tuple[e.Event, ...]:
    person, asks = s.person(id), s.asks(id)
    if person is not None and asks is not None and person.place is Place.INSIDE:
        return (e.BrowserRefused(id, asks.browser.id),)
    return gone(s, at(Place.DOOR, s, id), e.TurnedAway(id))


def remove(s: Session, id: str) -> tuple[e.Event, ...]:
    person = s.person(id)
    if person is None or person.place not in {Place.DOOR, Place.INSIDE}:
        raise Refused("nobody_there")
    if person.role in LEADERS:
        raise Refused("leaders_stay")
    return gone(s, person, e.Removed(id))


def gone(s: Session, person: Person, event: e.Event) -> tuple[e.Event, ...]:
    """
    Whoever goes takes nothing along: the case, the word and a question put to them end with it.

    A guest of the circle is what they came as when they come again, and leaves the chair to others.
    """
    events: list[e.Event] = []
    if person.id == s.presenter:
        events.append(e.PresenterReleased(person.id))
    events += _word_and_question(s, person)
    if person.id == s.deputy:
        events.append(e.DeputyReleased(person.id))
    if person.role in CIRCLE and person.came_as in OUTSIDE:
        events.append(e.MovedToRing(person.id, s.seat_behind(), person.came_as))
    return (*events, event)


def _word_and_question(s: Session, person: Person) -> list[e.Event]:
    events: list[e.Event] = []
    if person.id == s.asked:
        events.append(e.PresenterDeclined(person.id))
    if person.id in s.floor:
        events.append(e.WordPassed(person.id))
    return events
