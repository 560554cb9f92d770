"""What the answers of a mail server mean."""

import pytest

from towpath.integrations.smtp.mapping import Stage, outcome_of_reply
from towpath.messaging import Reason, Rejected, TryLater


@pytest.mark.parametrize(
    ("code", "words", "stage"),
    [
        (550, "5.1.1 No such user", Stage.RECIPIENT),
        (550, "No such user here", Stage.RECIPIENT),
        (553, "5.1.3 Bad address syntax", Stage.RECIPIENT),
        (550, "5.1.10 RESOLVER.ADR.RecipientNotFound", Stage.CONTENT),
        (554, "5.2.1 Mailbox disabled", Stage.RECIPIENT),
    ],
)
def test_an_address_that_does_not_exist_is_a_bounce(code: int, words: str, stage: Stage) -> None:
    outcome = outcome_of_reply(code, words, stage=stage)

    assert outcome == Rejected(response=f"{code} {words}", is_bounce=True)


@pytest.mark.parametrize(
    ("code", "words", "stage"),
    [
        (554, "5.7.1 Relay access denied", Stage.RECIPIENT),
        (550, "5.7.1 Message looks like spam", Stage.CONTENT),
        (550, "Rejected by policy", Stage.CONTENT),
        (552, "5.2.2 Mailbox full", Stage.RECIPIENT),
        (552, "5.3.4 Message too big", Stage.CONTENT),
    ],
)
def test_other_refusals_are_final_but_nobodys_bounce(code: int, words: str, stage: Stage) -> None:
    outcome = outcome_of_reply(code, words, stage=stage)

    assert outcome == Rejected(response=f"{code} {words}", is_bounce=False)


@pytest.mark.parametrize(
    ("code", "words", "stage"),
    [
        (550, "5.1.8 Sender address rejected", Stage.RECIPIENT),
        (553, "5.7.1 Not owned by user", Stage.SENDER),
        (501, "5.1.7 Bad sender address syntax", Stage.SENDER),
    ],
)
def test_a_refused_sender_is_the_senders_fault(code: int, words: str, stage: Stage) -> None:
    outcome = outcome_of_reply(code, words, stage=stage)

    assert isinstance(outcome, Rejected)
    assert (outcome.reason, outcome.is_bounce) == (Reason.INVALID_FROM_EMAIL, False)


@pytest.mark.parametrize("stage", [Stage.SENDER, Stage.RECIPIENT, Stage.CONTENT])
def test_4xx_is_tried_later(stage: Stage) -> None:
    outcome = outcome_of_reply(451, "4.3.0 Greylisted,\ntry again", stage=stage)

    assert outcome == TryLater(response="451 4.3.0 Greylisted, try again")


@pytest.mark.parametrize(
    ("code", "stage"),
    [
        (535, Stage.CONNECTION),
        (554, Stage.CONNECTION),
        (421, Stage.CONNECTION),
        (530, Stage.SENDER),
        (538, Stage.SENDER),
    ],
)
def test_a_wrong_login_or_greeting_stops_the_transport_not_the_message(
    code: int, stage: Stage
) -> None:
    outcome = outcome_of_reply(code, "5.7.8 Nope", stage=stage)

    assert isinstance(outcome, TryLater)
    assert outcome.is_transport_down
