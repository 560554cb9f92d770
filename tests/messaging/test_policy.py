"""The pure rules: when to try again, when to give up, what fits under a limit."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from towpath.kit import ids
from towpath.kit.config import Settings
from towpath.messaging import LIVE_POLICY, REPLAY_POLICY, Circuit, TryLater, live_policy
from towpath.messaging.circuit import PAUSE_SECONDS_MAX, PAUSE_SECONDS_MIN
from towpath.messaging.policy import admit, jitter_of, judge_outcome, retry_seconds


def test_a_live_mail_is_tried_for_about_a_day() -> None:
    pauses = [
        retry_seconds(LIVE_POLICY, attempt=attempt, jitter=0.5)
        for attempt in range(1, LIVE_POLICY.attempts_max)
    ]

    assert 20 * 3_600 <= sum(pauses) <= 28 * 3_600
    assert pauses == sorted(pauses)


def test_a_replayed_mail_is_tried_for_some_minutes() -> None:
    pauses = [
        retry_seconds(REPLAY_POLICY, attempt=attempt, jitter=1)
        for attempt in range(1, REPLAY_POLICY.attempts_max)
    ]

    assert 60 <= sum(pauses) <= 300


@given(attempt=st.integers(1, 10_000), jitter=st.floats(0, 1))
def test_a_pause_is_never_much_over_its_limit(attempt: int, jitter: float) -> None:
    pause = retry_seconds(LIVE_POLICY, attempt=attempt, jitter=jitter)

    assert LIVE_POLICY.retry_seconds_first <= pause <= LIVE_POLICY.retry_seconds_max * 1.2


@given(after_seconds=st.floats(allow_nan=False))
def test_a_servers_wish_is_kept_within_limits(after_seconds: float) -> None:
    verdict = judge_outcome(
        TryLater(response="451", after_seconds=after_seconds),
        attempt=1,
        jitter=0,
        policy=LIVE_POLICY,
    )

    assert 0 <= verdict.retry_seconds <= LIVE_POLICY.retry_seconds_max


def test_mails_deferred_together_do_not_come_back_together() -> None:
    jitters = {jitter_of(one) for one in ids.new_ids(100)}

    assert len(jitters) > 50
    assert all(0 <= jitter <= 1 for jitter in jitters)


@given(
    mails=st.lists(st.integers(1, 5), max_size=50),
    used=st.integers(0, 60),
    mails_max=st.integers(0, 60),
)
def test_what_is_admitted_fits_and_nothing_more_would_have(
    mails: list[int], used: int, mails_max: int
) -> None:
    wanted = [(UUID(int=number), count) for number, count in enumerate(mails)]

    admitted = admit(wanted, used=used, mails_max=mails_max)

    total = used + sum(count for message_id, count in wanted if message_id in admitted)
    assert total <= max(mails_max, used)
    refused = [count for message_id, count in wanted if message_id not in admitted]
    assert all(total + count > mails_max for count in refused)


def test_a_slower_mail_server_gets_longer_leases() -> None:
    assert live_policy(Settings()) == LIVE_POLICY
    slow = live_policy(Settings(smtp_timeout_seconds=300))
    assert slow.lease_seconds > slow.send_seconds_max > 300


@pytest.mark.parametrize("failures", [1, 3, 50])
def test_each_failed_probe_doubles_the_pause_up_to_a_limit(failures: int) -> None:
    circuit = Circuit()
    now_seconds = 0.0

    for _ in range(failures):
        circuit.open(now_seconds=now_seconds, reason="away")
        pause = circuit.wait_seconds(now_seconds=now_seconds)
        now_seconds += pause

    assert pause == min(PAUSE_SECONDS_MIN * 2 ** (failures - 1), PAUSE_SECONDS_MAX)
    assert (circuit.is_closed, circuit.reason) == (False, "away")


def test_mails_that_fail_together_open_the_circuit_once() -> None:
    circuit = Circuit()

    for _ in range(8):
        circuit.open(now_seconds=0, reason="away")

    assert circuit.wait_seconds(now_seconds=0) == PAUSE_SECONDS_MIN


def test_a_success_closes_the_circuit_and_forgets_the_pauses() -> None:
    circuit = Circuit()
    circuit.open(now_seconds=0, reason="away")
    circuit.open(now_seconds=100, reason="away")

    circuit.close()

    assert (circuit.is_closed, circuit.reason, circuit.wait_seconds(now_seconds=0)) == (
        True,
        None,
        0,
    )
    circuit.open(now_seconds=0, reason="away again")
    assert circuit.wait_seconds(now_seconds=0) == PAUSE_SECONDS_MIN
