"""Hard bounces are shown on the recipient; three in a row disable it (alerts.md, Sending)."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from tests.alerts.recipients import (
    HOUR,
    NOW,
    bounce,
    opt_out,
    recipient_of,
    save,
    state_of,
)
from towpath import alerts, messaging

OPS = "ops@shop.example"
LEAD = "lead@shop.example"
BOUNCED = messaging.Rejected(response="550 no such user", is_bounce=True)
REFUSED = messaging.Rejected(response="554 looks like spam")
SENT = messaging.Sent(response="250 ok")


async def test_three_hard_bounces_in_a_row_disable(conn: AsyncConnection, account_id: UUID) -> None:
    await alerts.confirm_address(conn, account_id=account_id, address=OPS, now=NOW)
    await bounce(conn, account_id, (OPS, BOUNCED), (OPS, BOUNCED))
    before = await recipient_of(conn, account_id, OPS)
    await bounce(conn, account_id, (OPS, BOUNCED), now=NOW + HOUR)
    after = await recipient_of(conn, account_id, OPS)

    assert (before.state, before.hard_bounces) == ("confirmed", 2)
    assert before.last_bounce == "550 no such user"
    assert (after.state, after.disabled_by, after.disabled_at) == (
        "disabled",
        "hard_bounces",
        NOW + HOUR,
    )


async def test_an_accepted_mail_starts_the_count_again_and_a_refusal_does_not_count(
    conn: AsyncConnection, account_id: UUID
) -> None:
    await alerts.confirm_address(conn, account_id=account_id, address=OPS, now=NOW)
    await bounce(conn, account_id, (OPS, BOUNCED), (OPS, BOUNCED), (OPS, SENT), (OPS, BOUNCED))
    await bounce(conn, account_id, (OPS, REFUSED), (LEAD, BOUNCED))
    counted = await recipient_of(conn, account_id, OPS)
    await bounce(conn, account_id, (OPS, SENT))
    cleared = await recipient_of(conn, account_id, OPS)

    assert (counted.state, counted.hard_bounces) == ("confirmed", 1)
    assert (cleared.hard_bounces, cleared.last_bounce) == (0, None)
    assert await alerts.find_recipient(conn, account_id=account_id, address=LEAD) is None


async def test_bounces_count_from_the_start_after_an_address_is_asked_again(
    conn: AsyncConnection, account_id: UUID
) -> None:
    await alerts.confirm_address(conn, account_id=account_id, address=OPS, now=NOW)
    await bounce(conn, account_id, *[(OPS, BOUNCED)] * 3)
    await save(conn, account_id, OPS)
    await bounce(conn, account_id, (OPS, BOUNCED))

    assert await state_of(conn, account_id, OPS) == "unconfirmed"


async def test_whatever_a_mail_server_says_can_be_stored(
    conn: AsyncConnection, account_id: UUID
) -> None:
    await alerts.confirm_address(conn, account_id=account_id, address=OPS, now=NOW)
    words = "550 \x00no\ud800 " + "x" * 5_000
    await bounce(conn, account_id, (OPS, messaging.Rejected(response=words, is_bounce=True)))

    assert ((await recipient_of(conn, account_id, OPS)).last_bounce or "").startswith("550 no? x")


async def test_a_bounce_after_the_opt_out_keeps_its_reason(
    conn: AsyncConnection, account_id: UUID
) -> None:
    await alerts.confirm_address(conn, account_id=account_id, address=OPS, now=NOW)
    await opt_out(conn, account_id, OPS)
    await bounce(conn, account_id, *[(OPS, BOUNCED)] * 3)

    assert (await recipient_of(conn, account_id, OPS)).disabled_by == "opt_out"
