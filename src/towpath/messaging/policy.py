"""When to try again, when to give up, and what the monthly limit lets through. Pure rules."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never
from uuid import UUID
from zoneinfo import ZoneInfo

from towpath.kit.config import Settings
from towpath.messaging.model import DeliveryState, Outcome, Reason, Rejected, Sent, TryLater

RESPONSE_CHARACTERS_MAX = 1_000
JITTER_SHARE = 0.2
DOUBLINGS_MAX = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingPolicy:
    """How long one mail may take, how long a claim holds, and how often it is tried.

    A claim outlasts a send by far, so that no mail is under way when its lease ends: a sender
    starts none whose lease could end before `send_seconds_max` have passed.
    """

    send_seconds_max: float
    lease_seconds: float
    retry_seconds_first: float
    retry_seconds_max: float
    attempts_max: int

    def __post_init__(self) -> None:
        """Refuse a policy under which nothing could be sent."""
        assert 0 < self.send_seconds_max < self.lease_seconds
        assert 0 < self.retry_seconds_first <= self.retry_seconds_max
        assert self.attempts_max > 0


ANSWERS_PER_SEND = 2
SENDS_PER_LEASE = 3

LIVE = SendingPolicy(
    send_seconds_max=60,
    lease_seconds=180,
    retry_seconds_first=30,
    retry_seconds_max=3_600,
    attempts_max=30,
)
"""About a day of attempts: half a minute, then twice as long each time, at last hourly."""

REPLAY = SendingPolicy(
    send_seconds_max=60,
    lease_seconds=180,
    retry_seconds_first=0.5,
    retry_seconds_max=30,
    attempts_max=12,
)
"""About three minutes of attempts: somebody is watching the progress bar."""


def live_policy(settings: Settings) -> SendingPolicy:
    """Return the policy of a worker: a mail may take as long as two slow answers.

    With the default of 30 seconds an answer, what a crashed worker had claimed is claimed again
    after three minutes.
    """
    send_seconds_max = ANSWERS_PER_SEND * max(settings.smtp_timeout_seconds, 1)
    return replace(
        LIVE,
        send_seconds_max=send_seconds_max,
        lease_seconds=SENDS_PER_LEASE * send_seconds_max,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What an outcome means for the delivery: done, or due again after `retry_seconds`.

    `is_attempt`: whether the attempt counts.
    """

    state: DeliveryState
    response: str
    reason: Reason | None = None
    retry_seconds: float = 0.0
    is_attempt: bool = True


def judge_outcome(
    outcome: Outcome, *, attempt: int, jitter: float, policy: SendingPolicy
) -> Verdict:
    """Decide what follows from the outcome of attempt number `attempt`, counted from 1.

    `jitter` between 0 and 1 spreads retries, so that a thousand mails deferred together do not
    come back together.
    """
    response = storable(outcome.response)[:RESPONSE_CHARACTERS_MAX]
    match outcome:
        case Sent():
            return Verdict(state=DeliveryState.SENT, response=response)
        case Rejected():
            return Verdict(state=DeliveryState.FAILED, response=response, reason=outcome.reason)
        case TryLater(is_transport_down=True):
            return Verdict(
                state=DeliveryState.PENDING,
                response=response,
                retry_seconds=outcome.after_seconds or 0.0,
                is_attempt=False,
            )
        case TryLater():
            if attempt >= policy.attempts_max:
                return Verdict(
                    state=DeliveryState.FAILED,
                    response=response,
                    reason=Reason.UNABLE_TO_SEND_EMAIL,
                )
            wait_seconds = outcome.after_seconds
            if wait_seconds is None:
                wait_seconds = retry_seconds(policy, attempt=attempt, jitter=jitter)
            return Verdict(
                state=DeliveryState.PENDING,
                response=response,
                retry_seconds=min(max(wait_seconds, 0.0), policy.retry_seconds_max),
            )
        case _:
            assert_never(outcome)


def storable(text: str) -> str:
    """Return text from outside without what PostgreSQL cannot store: NUL and lone surrogates."""
    return text.replace("\x00", "").encode(errors="replace").decode()


def retry_seconds(policy: SendingPolicy, *, attempt: int, jitter: float) -> float:
    """Return the pause after attempt number `attempt`: doubling, capped, up to a fifth longer."""
    pause = min(
        policy.retry_seconds_first * 2.0 ** min(attempt - 1, DOUBLINGS_MAX),
        policy.retry_seconds_max,
    )
    return pause * (1 + JITTER_SHARE * jitter)


def jitter_of(delivery_id: UUID) -> float:
    """Return a number from 0 to 1 that differs from delivery to delivery."""
    return (delivery_id.int % 9_973) / 9_973


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """How many mails an account may send in a calendar month of its own timezone."""

    timezone: str
    mails_per_month_max: int | None


def month_of(moment: datetime, *, timezone: str) -> str:
    """Return the month `moment` falls in for an account, as YYYY-MM."""
    return moment.astimezone(ZoneInfo(timezone)).strftime("%Y-%m")


def admit(wanted: Sequence[tuple[UUID, int]], *, used: int, mails_max: int) -> frozenset[UUID]:
    """Return the messages that fit under the limit, in order of precedence.

    A message goes to all of its recipients or to none; a smaller one behind it may still fit.
    """
    admitted = []
    for message_id, mails in wanted:
        if used + mails <= mails_max:
            used += mails
            admitted.append(message_id)
    return frozenset(admitted)
