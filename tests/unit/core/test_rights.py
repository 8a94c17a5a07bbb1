"""Every right, granted and denied, against a table written by hand."""

from collections.abc import Callable
from dataclasses import replace
from typing import get_args

import pytest
from tests.support.group import PEOPLE, Evening, evening, invited

from ascona.core import commands as c
from ascona.core.browsers import Asking
from ascona.core.people import Browser, Place, Role
from ascona.core.programme import AtEnd
from ascona.core.rights import RIGHTS, Refused, check

WHO = {"L": "ada", "C": "ben", "P": "pia", "M": "max", "R": "eve", "O": "flo", "S": "sol"}
ALL = "LCPMROS"

# Who may ask: in the lobby, in a phase, after the end, at the door; and what anybody else is told.
# L leader, C co-leader, P presenter, M member, R ring, O observer, S supervisor.
TABLE = {
    c.Knock:            (ALL,  ALL,     "",  ALL, ""),
    c.Leave:            (ALL,  ALL,     ALL, ALL, ""),
    c.Admit:            ("LC", "LC",    "",  "",  "leaders_only"),
    c.AdmitEveryone:    ("LC", "LC",    "",  "",  "leaders_only"),
    c.TurnAway:         ("LC", "LC",    "",  "",  "leaders_only"),
    c.Remove:           ("LC", "LC",    "",  "",  "leaders_only"),
    c.AllowDevice:      (ALL,  ALL,     "",  "",  ""),
    c.RefuseDevice:     (ALL,  ALL,     "",  "",  ""),
    c.Lock:             ("LC", "LC",    "",  "",  "leaders_only"),
    c.Unlock:           ("LC", "LC",    "",  "",  "leaders_only"),
    c.OpenSession:      ("LC", "LC",    "",  "",  "leaders_only"),
    c.NextPhase:        ("",   "LC",    "",  "",  "leaders_only"),
    c.PreviousPhase:    ("",   "LC",    "",  "",  "leaders_only"),
    c.GoToPhase:        ("",   "LC",    "",  "",  "leaders_only"),
    c.Extend:           ("",   "LC",    "",  "",  "leaders_only"),
    c.Hold:             ("",   "LC",    "",  "",  "leaders_only"),
    c.Resume:           ("",   "LC",    "",  "",  "leaders_only"),
    c.SetAtEnd:         ("LC", "LC",    "",  "",  "leaders_only"),
    c.ShowClock:        ("LC", "LC",    "",  "",  "leaders_only"),
    c.EndSession:       ("LC", "LC",    "",  "",  "leaders_only"),
    c.ChoosePresenter:  ("LC", "LC",    "",  "",  "leaders_only"),
    c.AgreeToPresent:   ("PM", "PM",    "",  "",  "not_in_circle"),
    c.DeclineToPresent: ("PM", "PM",    "",  "",  "not_in_circle"),
    c.SitBack:          ("",   "LCP",   "",  "",  "presenter_only"),
    c.ComeBack:         ("",   "LCP",   "",  "",  "presenter_only"),
    c.Signal:           ("",   "P",     "",  "",  "presenter_only"),
    c.Protect:          ("",   "LC",    "",  "",  "leaders_only"),
    c.GoOnWaiting:      ("",   "LC",    "",  "",  "leaders_only"),
    c.ChooseAnother:    ("",   "LC",    "",  "",  "leaders_only"),
    c.NameDeputy:       ("LC", "LC",    "",  "",  "leaders_only"),
    c.ReleaseDeputy:    ("LC", "LC",    "",  "",  "leaders_only"),
    c.AskDeputy:        ("",   "PM",    "",  "",  "not_in_circle"),
    c.HoldFrame:        ("",   "PM",    "",  "",  "not_in_circle"),
    c.DeclineFrame:     ("",   "PM",    "",  "",  "not_in_circle"),
    c.OpenRing:         ("",   "LC",    "",  "",  "leaders_only"),
    c.CloseRing:        ("",   "LC",    "",  "",  "leaders_only"),
    c.GiveWord:         ("",   "LC",    "",  "",  "leaders_only"),
    c.TakeWord:         ("",   "R",     "",  "",  "ring_closed"),
    c.PassWord:         ("",   "LCROS", "",  "",  "leaders_only"),
    c.MoveToRing:       ("LC", "LC",    "",  "",  "leaders_only"),
    c.InviteToCircle:   ("LC", "LC",    "",  "",  "leaders_only"),
}  # fmt: skip

EXAMPLES = {
    c.Knock: c.Knock("A name"),
    c.GoToPhase: c.GoToPhase(3),
    c.Extend: c.Extend(2),
    c.SetAtEnd: c.SetAtEnd(AtEnd.ADVANCE, whole_evening=True),
    c.ShowClock: c.ShowClock(True),
    c.Protect: c.Protect(True),
    c.AllowDevice: c.AllowDevice("phone"),
    c.RefuseDevice: c.RefuseDevice("phone"),
}
ABOUT_ZOE = (c.Admit, c.TurnAway, c.Remove, c.ChoosePresenter, c.MoveToRing, c.NameDeputy)
EXAMPLES |= {kind: kind("zoe") for kind in ABOUT_ZOE}
EXAMPLES |= {c.GiveWord: c.GiveWord("flo"), c.PassWord: c.PassWord("eve"), c.InviteToCircle: c.InviteToCircle("rio")}
EXAMPLES |= {kind: kind() for kind in TABLE if kind not in EXAMPLES}


def group_of(phase: str = "arrive") -> Evening:
    return evening(phase, people=PEOPLE | {"zoe": Role.MEMBER})


def lobby() -> Evening:
    group = Evening(invited(PEOPLE | {"zoe": Role.MEMBER}))
    group.arrive(*(person.id for person in group.session.people))
    group.do("ada", c.ChoosePresenter("pia"))
    group.do("pia", c.AgreeToPresent())
    return group


def at_the_door(letter: str) -> Evening:
    group = group_of()
    group.session = group.session.placed(WHO[letter], Place.DOOR)
    return group


def ended() -> Evening:
    group = group_of()
    group.do("ada", c.EndSession())
    return group


def answer(group: Evening, letter: str, command: c.ByPeople) -> str | None:
    person = group.session.person(WHO[letter])
    try:
        check(group.session, command, person, group.session.version)
    except Refused as refusal:
        return refusal.reason
    return None


def test_every_command_has_a_right_and_a_row_here():
    assert set(get_args(c.ByPeople)) == set(RIGHTS) == set(TABLE) == set(EXAMPLES)


def test_every_right_is_granted_and_denied_as_the_table_says(say):
    tried = 0
    for kind, (in_lobby, in_phase, after_the_end, outside, otherwise) in TABLE.items():
        command = EXAMPLES[kind]
        for letter in ALL:
            wrong = otherwise if letter not in in_phase else "not_now"
            expected = {
                "lobby": None if letter in in_lobby else wrong,
                "phase": None if letter in in_phase else wrong,
                "ended": None if letter in after_the_end else "already_ended",
                "door": None if letter in outside else "not_inside",
            }
            groups = {"lobby": LOBBY, "phase": PHASE, "ended": ENDED, "door": DOORS[letter]}
            given = {situation: answer(group, letter, command) for situation, group in groups.items()}
            tried += len(given)

            assert given == expected, f"{kind.__name__} by {WHO[letter]}"

    say(f"rights: {tried} cases, {len(TABLE)} commands x {len(ALL)} standings x lobby, phase, ended, door")


LOBBY, PHASE, ENDED = lobby(), group_of("fantasies"), ended()
DOORS = {letter: at_the_door(letter) for letter in ALL}


# A scene in which each command can be carried out, so that a right granted is more than a word.


def after(phase: str, *steps: tuple[str, c.Command]) -> Callable[[str], Evening]:
    def scene(_who: str) -> Evening:
        group = group_of(phase)
        for by, command in steps:
            group.do(by, command)
        return group

    return scene


def zoe_at_the_door(_who: str) -> Evening:
    return after("arrive", ("zoe", c.Leave()), ("zoe", c.Knock("Zoe")))(_who)


def asked(who: str) -> Evening:
    group = group_of("choose")
    group.session = replace(group.session, asked=who, asked_by="ada")
    return group


def has_the_word(who: str) -> Evening:
    group = group_of("close")
    group.session = replace(
        group.session, word=(who if PEOPLE[who] in {Role.OBSERVER, Role.SUPERVISOR} else "eve", None)
    )
    return group


def waited_in_vain(_who: str) -> Evening:
    group = group_of("account")
    group.lose("pia")
    group.let_pass(200)
    return group


def without_leaders(_who: str) -> Evening:
    group = after("questions", ("ada", c.NameDeputy("zoe")))(_who)
    group.lose("ada")
    group.lose("ben")
    group.wait(90)
    return group


def asked_to_hold(who: str) -> Evening:
    group = without_leaders(who)
    group.session = replace(group.session, deputy=who, deputy_asked_by="zoe")
    return group


def with_a_telephone(who: str) -> Evening:
    group = after("arrive")(who)
    group.session = group.session.with_asking(who, Asking(who, Browser("phone")))
    return group


SCENES = {
    c.AllowDevice: with_a_telephone,
    c.RefuseDevice: with_a_telephone,
    c.Admit: zoe_at_the_door,
    c.AdmitEveryone: zoe_at_the_door,
    c.TurnAway: zoe_at_the_door,
    c.Unlock: after("arrive", ("ada", c.Lock())),
    c.OpenSession: lambda _who: lobby(),
    c.PreviousPhase: after("choose"),
    c.Resume: after("arrive", ("ada", c.Hold())),
    c.ChoosePresenter: after("choose"),
    c.AgreeToPresent: asked,
    c.DeclineToPresent: asked,
    c.SitBack: after("account"),
    c.ComeBack: after("fantasies"),
    c.Signal: after("fantasies"),
    c.Protect: after("account"),
    c.GoOnWaiting: waited_in_vain,
    c.ChooseAnother: waited_in_vain,
    c.ReleaseDeputy: after("arrive", ("ada", c.NameDeputy("zoe"))),
    c.AskDeputy: without_leaders,
    c.HoldFrame: asked_to_hold,
    c.DeclineFrame: asked_to_hold,
    c.OpenRing: after("close"),
    c.CloseRing: after("ring"),
    c.GiveWord: after("close"),
    c.TakeWord: after("ring", ("eve", c.PassWord("eve"))),
    c.PassWord: has_the_word,
}


@pytest.mark.parametrize("kind", TABLE, ids=lambda kind: kind.__name__)
def test_a_right_granted_can_be_used_and_a_right_denied_changes_nothing(kind):
    _, in_phase, _, _, otherwise = TABLE[kind]
    scene = SCENES.get(kind, after("arrive"))
    for letter, who in WHO.items():
        group = scene(who)
        own = kind is c.PassWord and letter in "OS"
        command = c.PassWord(who) if own else EXAMPLES[kind]
        before = group.session
        if letter in in_phase:
            group.do(who, command)

            assert group.session.version > before.version, f"{kind.__name__} by {who}"
        else:
            assert group.refused(who, command) == otherwise, f"{kind.__name__} by {who}"


def test_the_word_of_somebody_else_is_passed_by_leaders_only():
    group = evening("close")
    group.do("ada", c.GiveWord("eve"))

    assert [group.refused(who, c.PassWord("eve")) for who in ("rio", "flo", "max", "ben", "eve")] == [
        "leaders_only", "leaders_only", "leaders_only", None, None,
    ]  # fmt: skip


def test_a_leader_who_presses_twice_is_not_told_that_somebody_was_faster():
    group = evening()
    seen = group.session.version
    group.do("ada", c.NextPhase(), seen)

    with pytest.raises(Refused, match="stale_version") as own:
        group.do("ada", c.NextPhase(), seen)
    with pytest.raises(Refused, match="stale_version") as other:
        group.do("ben", c.NextPhase(), seen)
    assert (own.value.by, other.value.by) == (None, "Ada")


def test_no_answer_at_the_door_tells_how_much_has_happened_inside():
    group = at_the_door("M")

    answers = {group.refused("max", c.Leave(), version) for version in (0, group.session.version, 10_000)}

    assert answers == {None}


def test_a_stranger_and_the_clock_have_no_rights_of_people():
    group = evening()

    assert group.refused("mallory", c.NextPhase()) == "not_inside"
    assert group.refused(None, c.NextPhase()) == "not_inside"


def test_nobody_speaks_for_the_clock():
    group = evening()
    group.wait(60 * 5)

    assert group.refused("ada", c.TimeIsUp(group.session.ends_at)) == "not_now"
