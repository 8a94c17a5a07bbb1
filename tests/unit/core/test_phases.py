"""What each phase of an evening allows, and how a session goes from one to the next."""

import pytest
from tests.support.group import evening, invited, programme

from ascona import assets
from ascona.core import commands as c
from ascona.core.media_plan import Kind
from ascona.core.people import Place, Role
from ascona.core.programme import read_programme
from ascona.core.rights import Refused
from ascona.core.session import SitBackStyle

LEADERS = {"ada", "ben"}
CIRCLE = LEADERS | {"pia", "max"}
EVERYONE = CIRCLE | {"eve", "rio", "flo", "sol"}

# The table of rights for the Ascona evening: phase, who is heard, who is seen, who receives.
ASCONA = [
    ("arrive", CIRCLE, CIRCLE, EVERYONE),
    ("choose", CIRCLE, CIRCLE, EVERYONE),
    ("account", CIRCLE, CIRCLE, EVERYONE),
    ("questions", CIRCLE, CIRCLE, EVERYONE),
    ("fantasies", CIRCLE - {"pia"}, CIRCLE - {"pia"}, EVERYONE),
    ("ring", LEADERS | {"eve", "rio"}, CIRCLE - {"pia"} | {"eve", "rio"}, EVERYONE),
    ("answer", CIRCLE - {"pia"}, CIRCLE - {"pia"}, EVERYONE),
    ("re_entry", CIRCLE, CIRCLE, EVERYONE),
    ("reflection", CIRCLE | {"sol"}, CIRCLE | {"sol"}, EVERYONE),
    ("close", CIRCLE, CIRCLE, EVERYONE),
    ("debrief", LEADERS | {"sol"}, LEADERS | {"sol"}, LEADERS | {"sol"}),
]


@pytest.mark.parametrize(("phase", "heard", "seen", "receive"), ASCONA, ids=[row[0] for row in ASCONA])
def test_each_phase_lets_the_right_people_be_heard_and_seen(phase, heard, seen, receive):
    group = evening(phase)

    assert group.senders(Kind.AUDIO) == heard
    assert group.senders(Kind.VIDEO) == seen
    assert group.receivers() == receive


def test_whoever_may_be_heard_is_heard_by_everybody_but_themselves():
    group = evening("fantasies")

    assert group.heard("max") == EVERYONE - {"max"}
    assert group.heard("pia") == group.seen("pia") == set()


def test_the_table_names_every_phase_of_the_evening():
    assert [row[0] for row in ASCONA] == [phase.id for phase in programme().phases]


@pytest.mark.parametrize("name", assets.presets())
def test_every_preset_fills_the_time_its_name_promises(name):
    evening = read_programme(assets.preset(name))

    assert evening.name == name
    assert evening.minutes == int(name.rsplit("-", 1)[1])


def test_the_seven_presets_are_there():
    assert set(assets.presets()) == {
        "classic-60", "classic-75", "classic-90", "two-cases-90", "ascona-90", "five-phase-90", "training-90",
    }  # fmt: skip


def test_nobody_is_heard_before_the_session_opens_or_after_it_ends():
    group = evening()
    lobby = invited()
    group.do("ben", c.EndSession())

    assert group.plan.routes == frozenset()
    assert lobby.phase_id == "lobby"
    assert group.session.phase_id == "ended"


def test_a_session_goes_forward_back_and_to_a_named_phase():
    group = evening()
    ids = [phase.id for phase in programme().phases]
    group.do("ada", c.NextPhase())
    group.do("ben", c.NextPhase())
    assert group.session.phase_id == "account"

    group.do("ada", c.GoToPhase(ids.index("ring")))
    group.do("ben", c.PreviousPhase())

    assert group.session.phase_id == "fantasies"
    assert group.session.back


def test_there_is_nothing_before_the_first_phase_or_after_the_last():
    group = evening()
    with pytest.raises(Refused, match="first_phase"):
        group.do("ada", c.PreviousPhase())
    group.go_to("debrief")
    with pytest.raises(Refused, match="last_phase"):
        group.do("ada", c.NextPhase())
    with pytest.raises(Refused, match="unknown_phase"):
        group.do("ada", c.GoToPhase(99))


def test_no_account_begins_without_a_presenter():
    group = evening()
    group.do("pia", c.Leave())

    with pytest.raises(Refused, match="no_presenter"):
        group.go_to("account")


def test_the_door_is_locked_when_the_account_begins():
    group = evening("account")
    group.do("max", c.Leave())

    assert group.session.locked
    group.do("max", c.Knock("Max"))
    assert group.session.person("max").place is Place.DOOR


def test_of_two_leaders_who_press_at_once_one_moves_and_the_other_is_told_who_did():
    group = evening()
    seen = group.session.version
    group.do("ben", c.NextPhase(), seen)

    with pytest.raises(Refused, match="stale_version") as refusal:
        group.do("ada", c.NextPhase(), seen)
    assert refusal.value.by == "Ben"
    assert group.session.phase_id == "choose"


def test_a_latecomer_at_the_door_makes_no_leader_press_twice():
    group = evening()
    group.do("max", c.Leave())
    seen = group.session.version
    group.do("max", c.Knock("Max"))

    group.do("ada", c.NextPhase(), seen)

    assert group.session.phase_id == "choose"


def test_a_version_nobody_has_seen_yet_is_refused():
    group = evening()

    with pytest.raises(Refused, match="stale_version"):
        group.do("ada", c.Lock(), group.session.version + 1)


def test_a_second_case_begins_with_a_new_choice():
    group = evening(evening=programme("two-cases-90"))
    for _ in range(5):
        group.do("ada", c.NextPhase())
    assert group.session.phase_id == "re_entry"
    assert group.session.presenter == "pia"

    group.do("ada", c.NextPhase())

    assert group.session.phase_id == "choose"
    assert group.session.presenter is None
    assert group.session.programme.case_of(group.session.step) == 2


@pytest.mark.parametrize(
    ("style", "heard", "seen"),
    [
        (SitBackStyle.GONE, False, False),
        (SitBackStyle.DIMMED, False, True),
        (SitBackStyle.STAY, False, True),
        (SitBackStyle.OFF, True, True),
    ],
)
def test_sitting_back_has_a_style(style, heard, seen):
    group = evening("fantasies", sit_back=style)

    assert ("pia" in group.senders(Kind.AUDIO), "pia" in group.senders(Kind.VIDEO)) == (heard, seen)


def test_a_ring_larger_than_the_floor_takes_the_word_in_turn():
    people = {"ada": Role.LEADER, "pia": Role.MEMBER} | {f"r{n}": Role.RING for n in range(5)}
    group = evening("ring", people=people)
    assert group.senders(Kind.AUDIO) == {"ada"}

    group.do("r0", c.TakeWord())
    group.do("r1", c.TakeWord())
    with pytest.raises(Refused, match="floor_full"):
        group.do("r2", c.TakeWord())
    group.do("r0", c.PassWord("r0"))
    group.do("r2", c.TakeWord())

    assert group.senders(Kind.AUDIO) == {"ada", "r1", "r2"}
    assert group.plan.slots["r2"] == group.session.seats


def test_protecting_the_presenter_closes_the_members_microphones_and_nothing_else():
    group = evening("account")
    group.do("ada", c.Protect(True))
    assert group.senders(Kind.AUDIO) == LEADERS | {"pia"}
    assert group.senders(Kind.VIDEO) == CIRCLE

    group.do("ada", c.Protect(False))

    assert group.senders(Kind.AUDIO) == CIRCLE
