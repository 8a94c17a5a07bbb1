"""Whether what was sent is to blame for what was lost, or for a delay."""

import pytest

from ascona.media.losses import Count, Losses
from ascona.media.trial import LONGEST_SECONDS, PATIENCE_SECONDS, Trial, Verdict

SENT = 1_000_000.0


def afterwards(lost: float, packets: int = 1000) -> Losses:
    losses = Losses()
    losses.count(1, 0, 0, 0.0)
    losses.count(1, packets, round(lost * packets), 1.0)
    losses.pass_time(0.1)
    return losses


def known(lost: float, packets: int = 1000) -> Count:
    """What has turned out of the time before a fall."""
    return Count(1.0, packets, lost * packets)


def after(trial: Trial, lost: float, part: float, queue: float = 0.0, packets: int = 1000) -> Verdict | None:
    """The verdict after this part of what was sent has been sent for a while."""
    trial.go_on(part * SENT, PATIENCE_SECONDS)
    return trial.verdict(afterwards(lost, packets), queue, 0.0, PATIENCE_SECONDS)


@pytest.fixture
def lossy() -> Trial:
    return Trial(0.0, SENT, SENT, loss=0.2, queue=0.0)


@pytest.fixture
def slow() -> Trial:
    return Trial(0.0, SENT, SENT, loss=0.0, queue=0.5)


def test_losses_that_end_when_less_is_sent_were_ours_and_those_that_stay_were_not(lossy):
    assert after(lossy, lost=0.0, part=0.7) is Verdict.OURS
    assert after(lossy, lost=0.19, part=0.7) is Verdict.NOT_OURS


def test_a_full_line_that_still_gets_too_much_loses_as_much_less_as_it_gets_less():
    flooded = Trial(0.0, SENT, SENT, loss=0.85, queue=0.0)

    assert after(flooded, lost=0.17, part=0.18) is Verdict.OURS


def test_nothing_is_concluded_before_less_is_sent_or_much_is_known(lossy):
    assert after(lossy, lost=0.2, part=1.0) is None
    lossy.begin_again(SENT)
    assert after(lossy, lost=0.2, part=0.5, packets=100) is None

    assert lossy.verdict(Losses(), 0.0, 0.0, LONGEST_SECONDS + 1) is Verdict.UNKNOWN


def test_what_became_worse_has_another_reason(lossy):
    assert after(lossy, lost=0.4, part=0.7) is Verdict.UNKNOWN


def test_a_queue_that_drains_was_ours_and_a_delay_that_stays_was_not(slow):
    assert after(slow, lost=0.0, part=0.7, queue=0.3) is Verdict.OURS
    assert after(slow, lost=0.0, part=0.7, queue=0.5) is Verdict.NOT_OURS


def test_a_queue_that_stays_full_while_packets_are_lost_is_still_ours(slow):
    assert after(slow, lost=0.1, part=0.7, queue=0.5) is Verdict.OURS


def test_a_queue_has_time_to_drain(slow):
    slow.go_on(0.5 * SENT, PATIENCE_SECONDS / 2)

    assert slow.verdict(afterwards(0.0), 0.5, 0.0, PATIENCE_SECONDS / 2) is None


def test_a_loss_that_was_not_well_known_is_corrected(lossy):
    lossy.learn(known(0.35))
    assert after(lossy, lost=0.34, part=0.7) is Verdict.NOT_OURS

    lossy.learn(known(0.7))
    assert after(lossy, lost=0.34, part=0.7) is Verdict.OURS
    assert lossy.arrived == pytest.approx(0.3 * SENT)
    assert lossy.counted == 1000


def test_a_later_fall_counts_if_surely_more_was_lost_before_it(lossy):
    lossy.begin_again(0.8 * SENT)
    lossy.learn(known(0.6, packets=10))
    lossy.learn(known(0.3, packets=30))
    assert (lossy.loss, lossy.sent) == (0.2, SENT)

    lossy.learn(known(0.6, packets=30))
    assert (lossy.loss, lossy.sent) == (0.6, 0.8 * SENT)

    lossy.begin_again(0.5 * SENT)
    lossy.learn(known(0.1))
    assert (lossy.loss, lossy.sent) == (0.6, 0.8 * SENT)
