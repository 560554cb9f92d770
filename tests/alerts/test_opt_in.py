"""The state diagram of alerts.md, Recipient opt-in, arrow by arrow."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from tests.alerts.recipients import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    confirm,
    link_of,
    opt_out,
    queued_confirmations,
    recipient_of,
    save,
    state_of,
)
from towpath import accounts, alerts, messaging
from towpath.kit import ids

OPS = "ops@shop.example"
LEAD = "lead@shop.example"
BOUNCED = messaging.Rejected(response="550 no such user", is_bounce=True)
REFUSED = messaging.Rejected(response="554 looks like spam")
SENT = messaging.Sent(response="250 ok")


async def test_a_new_address_is_unconfirmed_and_mailed(
    conn: AsyncConnection, account_id: UUID
) -> None:
    saved = await save(conn, account_id, OPS, LEAD)

    assert saved.mailed == (LEAD, OPS)
    assert await queued_confirmations(conn, account_id) == [LEAD, OPS]
    assert await state_of(conn, account_id, OPS) == "unconfirmed"
    assert (await recipient_of(conn, account_id, OPS)).confirmation_sent_at == NOW


async def test_spellings_of_one_address_count_once(conn: AsyncConnection, account_id: UUID) -> None:
    saved = await save(conn, account_id, "Ops@Shop.Example", " ops@shop.example ", OPS)

    assert saved.mailed == (OPS,)
    assert await queued_confirmations(conn, account_id) == [OPS]


async def test_what_is_no_address_is_passed_over(conn: AsyncConnection, account_id: UUID) -> None:
    saved = await save(
        conn, account_id, "", "ops", "a@b@c", "a\r\nBcc: x@y.example@shop.example", "\x00@x.example"
    )

    assert saved == alerts.SavedRecipients(mailed=(), throttled={}, confirmed=(), disabled=())
    assert await queued_confirmations(conn, account_id) == []


async def test_every_save_mails_an_unconfirmed_address_again_but_once_an_hour(
    conn: AsyncConnection, account_id: UUID
) -> None:
    await save(conn, account_id, OPS)
    early = await save(conn, account_id, OPS, before=[OPS], now=NOW + HOUR - MINUTE)
    late = await save(conn, account_id, OPS, before=[OPS], now=NOW + HOUR)

    assert early.mailed == ()
    assert early.throttled == {OPS: NOW}
    assert late.mailed == (OPS,)
    assert await queued_confirmations(conn, account_id) == [OPS, OPS]


async def test_removing_and_adding_again_within_the_hour_does_not_mail_twice(
    conn: AsyncConnection, account_id: UUID
) -> None:
    await save(conn, account_id, OPS)
    await save(conn, account_id, before=[OPS], now=NOW + MINUTE)
    again = await save(conn, account_id, OPS, now=NOW + 2 * MINUTE)

    assert again.throttled == {OPS: NOW}
    assert await queued_confirmations(conn, account_id) == [OPS]


async def test_confirming_serves_every_later_save_of_the_account(
    conn: AsyncConnection, account_id: UUID
) -> None:
    await save(conn, account_id, OPS)
    outcome = await confirm(conn, account_id, OPS)
    saved = await save(conn, account_id, OPS, now=NOW + DAY)

    assert outcome is alerts.ConfirmationOutcome.CONFIRMED
    assert saved.confirmed == (OPS,)
    assert saved.mailed == ()
    assert await queued_confirmations(conn, account_id) == [OPS]


async def test_confirming_twice_keeps_the_first_time(
    conn: AsyncConnection, account_id: UUID
) -> None:
    await save(conn, account_id, OPS)
    await confirm(conn, account_id, OPS)
    outcome = await confirm(conn, account_id, OPS, now=NOW + DAY)

    assert outcome is alerts.ConfirmationOutcome.ALREADY_CONFIRMED
    assert (await recipient_of(conn, account_id, OPS)).confirmed_at == NOW


async def test_an_account_knows_nothing_of_another_accounts_confirmation(
    conn: AsyncConnection, account_id: UUID
) -> None:
    other = ids.new_id()
    await accounts.create_account(conn, account_id=other, name="Two", timezone="UTC", now=NOW)
    await save(conn, account_id, OPS)
    await confirm(conn, account_id, OPS)
    saved = await save(conn, other, OPS)

    assert saved.mailed == (OPS,)
    assert await state_of(conn, other, OPS) == "unconfirmed"


async def test_removing_an_address_changes_nothing(conn: AsyncConnection, account_id: UUID) -> None:
    await save(conn, account_id, OPS)
    await confirm(conn, account_id, OPS)
    await save(conn, account_id, before=[OPS])
    await save(conn, account_id, LEAD, before=[OPS])

    assert await state_of(conn, account_id, OPS) == "confirmed"


async def test_opting_out_disables_and_twice_keeps_the_first_time(
    conn: AsyncConnection, account_id: UUID
) -> None:
    await save(conn, account_id, OPS)
    await confirm(conn, account_id, OPS)
    await opt_out(conn, account_id, OPS, now=NOW + HOUR)
    await opt_out(conn, account_id, OPS, now=NOW + DAY)
    recipient = await recipient_of(conn, account_id, OPS)

    assert recipient.state is alerts.RecipientState.DISABLED
    assert recipient.disabled_by == "opt_out"
    assert recipient.disabled_at == NOW + HOUR
    assert recipient.disablings == 1


async def test_an_unconfirmed_address_can_opt_out(conn: AsyncConnection, account_id: UUID) -> None:
    await save(conn, account_id, OPS)
    await opt_out(conn, account_id, OPS)

    assert await state_of(conn, account_id, OPS) == "disabled"


async def test_a_disabled_address_that_stays_in_the_list_stays_disabled(
    conn: AsyncConnection, account_id: UUID
) -> None:
    await save(conn, account_id, OPS)
    await opt_out(conn, account_id, OPS)
    saved = await save(conn, account_id, OPS, LEAD, before=["OPS@shop.example"], now=NOW + DAY)

    assert saved.disabled == (OPS,)
    assert saved.mailed == (LEAD,)
    assert await state_of(conn, account_id, OPS) == "disabled"


async def test_a_disabled_address_that_is_added_again_is_asked_again(
    conn: AsyncConnection, account_id: UUID
) -> None:
    await save(conn, account_id, OPS)
    await opt_out(conn, account_id, OPS)
    saved = await save(conn, account_id, OPS, now=NOW + DAY)

    assert saved.mailed == (OPS,)
    assert await state_of(conn, account_id, OPS) == "unconfirmed"


async def test_an_address_added_again_within_the_hour_waits_unconfirmed_for_its_mail(
    conn: AsyncConnection, account_id: UUID
) -> None:
    await save(conn, account_id, OPS)
    await confirm(conn, account_id, OPS)
    await opt_out(conn, account_id, OPS)
    saved = await save(conn, account_id, OPS, now=NOW + MINUTE)

    assert saved.throttled == {OPS: NOW}
    assert await state_of(conn, account_id, OPS) == "unconfirmed"
    assert await queued_confirmations(conn, account_id) == [OPS]


async def test_a_link_from_before_the_opt_out_never_brings_the_alerts_back(
    conn: AsyncConnection, account_id: UUID
) -> None:
    await save(conn, account_id, OPS)
    old = await link_of(conn, account_id, OPS)
    await opt_out(conn, account_id, OPS)
    while_disabled = await alerts.confirm(conn, link=old, now=NOW)
    await save(conn, account_id, OPS, now=NOW + MINUTE)
    while_asked_again = await alerts.confirm(conn, link=old, now=NOW)

    assert while_disabled is alerts.ConfirmationOutcome.SUPERSEDED
    assert while_asked_again is alerts.ConfirmationOutcome.SUPERSEDED
    assert await state_of(conn, account_id, OPS) == "unconfirmed"


async def test_every_link_sent_since_works_also_the_older_of_two(
    conn: AsyncConnection, account_id: UUID
) -> None:
    await save(conn, account_id, OPS)
    first = await link_of(conn, account_id, OPS)
    await save(conn, account_id, OPS, before=[OPS], now=NOW + DAY)

    assert await alerts.confirm(conn, link=first, now=NOW) is alerts.ConfirmationOutcome.CONFIRMED


async def test_a_link_of_an_unknown_recipient_is_refused(
    conn: AsyncConnection, account_id: UUID
) -> None:
    link = alerts.ConfirmationLink(account_id=account_id, address=OPS, disablings=0)

    with pytest.raises(alerts.RecipientNotFound):
        await alerts.confirm(conn, link=link, now=NOW)
    with pytest.raises(alerts.RecipientNotFound):
        await opt_out(conn, account_id, OPS)


async def test_resend_mails_once_an_hour_and_says_when_the_last_one_went(
    conn: AsyncConnection, account_id: UUID
) -> None:
    await save(conn, account_id, OPS)
    with pytest.raises(alerts.ConfirmationHeldBack) as held_back:
        await alerts.resend_confirmation(
            conn, account_id=account_id, address=OPS, now=NOW + HOUR - MINUTE
        )
    await alerts.resend_confirmation(conn, account_id=account_id, address=OPS, now=NOW + HOUR)

    assert held_back.value.meta == {
        "last_sent_at": NOW.isoformat(),
        "retry_at": (NOW + HOUR).isoformat(),
    }
    assert await queued_confirmations(conn, account_id) == [OPS, OPS]


async def test_resend_asks_a_disabled_address_again(
    conn: AsyncConnection, account_id: UUID
) -> None:
    await save(conn, account_id, OPS)
    await opt_out(conn, account_id, OPS)
    recipient = await alerts.resend_confirmation(
        conn, account_id=account_id, address="OPS@shop.example", now=NOW + HOUR
    )

    assert recipient.state is alerts.RecipientState.UNCONFIRMED
    assert await recipient_of(conn, account_id, OPS) == recipient
    assert await queued_confirmations(conn, account_id) == [OPS, OPS]


async def test_resend_to_a_confirmed_or_unknown_address_is_refused(
    conn: AsyncConnection, account_id: UUID
) -> None:
    await alerts.confirm_address(conn, account_id=account_id, address=OPS, now=NOW)

    with pytest.raises(alerts.RecipientAlreadyConfirmed):
        await alerts.resend_confirmation(conn, account_id=account_id, address=OPS, now=NOW)
    for unknown in (LEAD, "", "\x00", "\ud800@x.example"):
        with pytest.raises(alerts.RecipientNotFound):
            await alerts.resend_confirmation(conn, account_id=account_id, address=unknown, now=NOW)


async def test_an_address_named_as_confirmed_is_confirmed_without_mail(
    conn: AsyncConnection, account_id: UUID
) -> None:
    await alerts.confirm_address(conn, account_id=account_id, address="Ops@shop.example", now=NOW)
    await alerts.confirm_address(conn, account_id=account_id, address=OPS, now=NOW + DAY)
    saved = await save(conn, account_id, OPS)

    assert saved.confirmed == (OPS,)
    assert (await recipient_of(conn, account_id, OPS)).confirmed_at == NOW
    assert await queued_confirmations(conn, account_id) == []
    with pytest.raises(alerts.BadAddress):
        await alerts.confirm_address(conn, account_id=account_id, address="ops", now=NOW)


async def test_two_saves_at_once_send_one_mail(engine: AsyncEngine, account_id: UUID) -> None:
    async def save_alone(*addresses: str) -> alerts.SavedRecipients:
        async with engine.begin() as conn:
            return await save(conn, account_id, *addresses)

    first, second = await asyncio.gather(save_alone(OPS, LEAD), save_alone(LEAD, OPS))
    async with engine.connect() as conn:
        mails = await queued_confirmations(conn, account_id)

    assert sorted(mails) == [LEAD, OPS]
    assert sorted([*first.mailed, *second.mailed]) == [LEAD, OPS]
    assert {**first.throttled, **second.throttled} == {LEAD: NOW, OPS: NOW}


async def test_two_presses_at_once_confirm_once(engine: AsyncEngine, account_id: UUID) -> None:
    async with engine.begin() as conn:
        await save(conn, account_id, OPS)

    async def press() -> alerts.ConfirmationOutcome:
        async with engine.begin() as conn:
            return await confirm(conn, account_id, OPS)

    outcomes = await asyncio.gather(press(), press(), press())

    assert sorted(outcomes) == ["already_confirmed", "already_confirmed", "confirmed"]


async def test_a_press_and_an_opt_out_at_once_end_disabled_or_confirmed_never_between(
    engine: AsyncEngine, account_id: UUID
) -> None:
    async with engine.begin() as conn:
        await save(conn, account_id, OPS)
        link = await link_of(conn, account_id, OPS)

    async def press() -> alerts.ConfirmationOutcome:
        async with engine.begin() as conn:
            return await alerts.confirm(conn, link=link, now=NOW)

    async def leave() -> None:
        async with engine.begin() as conn:
            await opt_out(conn, account_id, OPS)

    await asyncio.gather(press(), leave())
    async with engine.connect() as conn:
        recipient = await recipient_of(conn, account_id, OPS)

    assert recipient.state is alerts.RecipientState.DISABLED


async def test_pages_of_recipients_are_in_order_and_complete(
    conn: AsyncConnection, account_id: UUID
) -> None:
    await save(conn, account_id, OPS, LEAD, "a@shop.example")
    await confirm(conn, account_id, OPS)
    first = await alerts.list_recipients(conn, account_id=account_id, limit=2)
    second = await alerts.list_recipients(
        conn, account_id=account_id, after=first.next_after, limit=2
    )
    confirmed = await alerts.list_recipients(
        conn, account_id=account_id, states=[alerts.RecipientState.CONFIRMED]
    )

    assert [one.address for one in first.items] == ["a@shop.example", LEAD]
    assert [one.address for one in second.items] == [OPS]
    assert second.next_after is None
    assert [one.address for one in confirmed.items] == [OPS]


async def test_states_are_found_by_the_spelling_they_were_asked_with(
    conn: AsyncConnection, account_id: UUID
) -> None:
    await save(conn, account_id, OPS)
    found = await alerts.recipients_by_address(
        conn, account_id=account_id, addresses=["OPS@shop.example", LEAD, "\x00", ""]
    )

    assert list(found) == ["OPS@shop.example"]
