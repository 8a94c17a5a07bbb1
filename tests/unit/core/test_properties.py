"""Whatever anybody tries, in whatever order, with lines lost and a crash in between."""

from dataclasses import fields, replace
from datetime import timedelta
from typing import get_args

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.support.group import NOON, PEOPLE, evening, invited, one_minute_programme, programme
from tests.support.invariants import assert_safe

from ascona.core import commands as c
from ascona.core.clock import _to_say, due
from ascona.core.decide import decide
from ascona.core.evolve import evolve
from ascona.core.lines import DEPUTY_AFTER, noted, place_lapsed
from ascona.core.people import Browser
from ascona.core.programme import AtEnd
from ascona.core.rights import Refused
from ascona.core.session import Session, SitBackStyle

IDS = st.sampled_from([*PEOPLE, "nobody"])
PROGRAMMES = st.sampled_from([one_minute_programme(), programme(), programme("two-cases-90")])
VALUES = {
    "person": IDS,
    "name": st.sampled_from(["Ada", "Zoë", "<i>x</i>", "", "x" * 65]),
    "step": st.integers(-1, 13),
    "minutes": st.integers(0, 61),
    "at_end": st.sampled_from(AtEnd),
    "whole_evening": st.booleans(),
    "on": st.booleans(),
    "browser": st.sampled_from(["", "phone", "thief"]),
    "sound": st.booleans(),
    "agreed": st.booleans(),
}
BROWSERS = st.sampled_from([Browser(), Browser(), Browser("phone"), Browser("thief")])
BY_PEOPLE = [
    st.builds(kind, **{f.name: BROWSERS if f.type is Browser else VALUES[f.name] for f in fields(kind)})
    for kind in get_args(c.ByPeople)
]
ENDING = {c.EndSession, c.Leave, c.Remove}
GENTLE = [one for one, kind in zip(BY_PEOPLE, get_args(c.ByPeople), strict=True) if kind not in ENDING]
FRAME = st.sampled_from([c.NextPhase(), c.PreviousPhase(), c.Hold(), c.Resume(), c.Extend(1)])
LEADERS = st.sampled_from(["ada", "ben"])


class AnEvening(RuleBasedStateMachine):
    """Commands by anybody, the clock on time, early, late and stale, lines, time, crashes."""

    invited: Session
    session: Session

    @initialize(style=st.sampled_from(SitBackStyle), evening_of=PROGRAMMES, opened=st.booleans(), refuses=IDS)
    def people_arrive(self, style, evening_of, opened, refuses):
        self.invited = self.session = invited(None, evening_of, style)
        self.now, self.journal, self.spoken = NOON, [], []
        for id in PEOPLE:
            self.session = replace(self.session, present=self.session.present | {id})
            self.obey(id, c.Knock(id.title(), agreed=id != refuses))
        if opened:
            self.obey("ada", c.AdmitEveryone())
            self.obey("ada", c.ChoosePresenter("pia"))
            self.obey("pia", c.AgreeToPresent())
            self.obey("ada", c.OpenSession())

    def obey(self, by, command, behind=0):
        """Decide, record, evolve, as a room does; a refusal changes nothing."""
        before = self.session
        try:
            events = decide(before, command, by, self.now, before.version - behind)
        except Refused:
            return
        for event in events:
            self.journal.append((event, by))
            self.session = evolve(self.session, event, by)
        self.look()

        assert self.session.version == before.version + len(events)
        assert self.session.present == before.present
        assert {p.id for p in self.session.people} == {p.id for p in before.people}

    def look(self):
        """Who is missing, and since when, as a room knows it."""
        self.session = noted(self.session, self.now)

    @rule(by=IDS, command=st.one_of(GENTLE), behind=st.integers(-1, 2))
    def anybody_tries_anything(self, by, command, behind):
        self.obey(by, command, behind)

    @rule(by=LEADERS, command=st.one_of(GENTLE) | FRAME)
    def a_leader_leads(self, by, command):
        self.obey(by, command)

    @rule(by=IDS, command=st.one_of(BY_PEOPLE))
    def somebody_may_end_it(self, by, command):
        self.obey(by, command)

    @rule(person=st.sampled_from([*PEOPLE]), answer=st.sampled_from([c.AgreeToPresent(), c.DeclineToPresent()]))
    def somebody_asked_answers(self, person, answer):
        self.obey(self.session.asked or person, answer)

    @rule(command=st.sampled_from([c.SitBack(), c.ComeBack(), c.Signal(), c.Leave()]))
    def the_presenter_acts(self, command):
        self.obey(self.session.presenter, command)

    @rule(command=FRAME)
    def both_leaders_press_at_once(self, command):
        seen, step = self.session.version, self.session.step or 0
        self.obey("ada", command)
        moved = self.session.version - seen
        self.obey("ben", command, behind=moved)

        assert self.session.version == seen + moved or moved == 0
        assert abs((self.session.step or 0) - step) <= 1

    @rule()
    def the_clock_speaks(self):
        if spoken := due(self.session):
            self.now = max(self.now, spoken[0])
            self.spoken.append(spoken[1])
            before = self.session
            self.obey(None, spoken[1])

            assert self.session.version > before.version
            assert before.leader_present or self.session.step == before.step
            assert due(self.session) != spoken

    @rule(which=st.integers(0, 40))
    def the_clock_says_something_old(self, which):
        if self.spoken:
            word = self.spoken[which % len(self.spoken)]
            before = self.session
            self.obey(None, word)

            assert before == self.session or word in {said for _, said in _to_say(before)}

    @rule(seconds=st.sampled_from([0, 1, 30, 59, 60, 61, 600]))
    def time_passes(self, seconds):
        self.now += timedelta(seconds=seconds)

    @rule(person=st.sampled_from([*PEOPLE]))
    def a_line_is_lost(self, person):
        self.session = replace(self.session, present=self.session.present - {person})
        self.look()

    @rule()
    def no_leader_is_connected(self):
        self.session = replace(self.session, present=self.session.present - {"ada", "ben"})
        self.look()

    @rule(deputy=st.sampled_from(["max", "pia", "zoe"]), yes=st.booleans(), by=st.sampled_from([*PEOPLE]))
    def a_deputy_is_asked(self, deputy, yes, by):
        self.obey("ada", c.NameDeputy(deputy))
        self.no_leader_is_connected()
        self.now += DEPUTY_AFTER
        self.obey(by, c.AskDeputy())
        self.obey(deputy, c.HoldFrame() if yes else c.DeclineFrame())
        self.obey(deputy, c.NextPhase())

    @rule(person=st.sampled_from([*PEOPLE]))
    def a_line_comes_back(self, person):
        before = self.session
        self.obey(person, c.Knock(self.session.person(person).name))
        self.session = replace(self.session, present=self.session.present | {person})
        self.look()

        if before.person(person) in before.inside() and not place_lapsed(before, before.person(person), self.now):
            assert recorded(self.session) == recorded(before)

    @rule()
    def the_server_crashes_and_reads_its_journal(self):
        rebuilt = self.invited
        for event, by in self.journal:
            rebuilt = evolve(rebuilt, event, by)

        assert recorded(rebuilt) == recorded(self.session)
        self.session = replace(rebuilt, present=self.session.present)
        self.look()

    @invariant()
    def nobody_is_heard_or_listens_who_should_not(self):
        if hasattr(self, "session"):
            assert_safe(self.session)


def recorded(session: Session) -> Session:
    """What the journal knows: lines are no events."""
    return replace(session, present=frozenset(), lost=(), leaderless_since=None)


AnEvening.TestCase.settings = settings(max_examples=200, stateful_step_count=50)
TestAnEvening = AnEvening.TestCase


def test_a_refused_command_leaves_the_very_same_session():
    group = evening("fantasies")
    before = group.session
    for by in (*PEOPLE, "nobody", None):
        for command in (c.NextPhase(), c.AgreeToPresent(), c.TakeWord(), c.OpenSession(), c.TimeIsUp(NOON)):
            if group.refused(by, command):
                assert group.session is before
