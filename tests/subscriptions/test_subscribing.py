"""Subscribing and unsubscribing: what is stored, what it ends, and that twice is once."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.conftest import NOW
from tests.subscriptions.people_of import (
    ADA,
    BOB,
    email_consent,
    made_list,
    members,
    person,
    reasons,
    subscribe,
    unsubscribe,
)
from towpath import audiences, people, subscriptions
from towpath.audiences import SuppressionReason
from towpath.kit import ids
from towpath.people import Channel, ConsentStatus, ProfileDraft
from towpath.subscriptions import Subscriber, SuppressionJobKind

DAY = timedelta(days=1)
SUBSCRIBED, UNSUBSCRIBED = ConsentStatus.SUBSCRIBED, ConsentStatus.UNSUBSCRIBED


async def test_subscribing_makes_people_with_consent_on_the_list_and_twice_is_once(
    conn: AsyncConnection, account_id: UUID
) -> None:
    newsletter = await made_list(conn, account_id)

    await subscribe(conn, account_id, ADA, BOB, ADA, list_id=newsletter.id)
    await subscribe(conn, account_id, BOB, ADA, list_id=newsletter.id, now=NOW + DAY)

    joined = await members(conn, account_id, newsletter.id)
    assert [moment for _, moment in joined] == [NOW, NOW]
    for profile_id, _ in joined:
        assert await email_consent(conn, account_id, profile_id) is SUBSCRIBED


async def test_subscribing_ends_what_consent_ends_and_no_bounce(
    conn: AsyncConnection, account_id: UUID
) -> None:
    ada = await person(conn, account_id)
    for reason in SuppressionReason:
        await audiences.suppress(
            conn, account_id=account_id, profile_ids=[ada], reason=reason, now=NOW
        )

    await subscribe(conn, account_id, ADA, now=NOW + DAY)

    assert await reasons(conn, account_id, ada) == ["HARD_BOUNCE", "INVALID_EMAIL"]


async def test_unsubscribing_withdraws_consent_suppresses_and_leaves_the_list(
    conn: AsyncConnection, account_id: UUID
) -> None:
    newsletter = await made_list(conn, account_id)
    await subscribe(conn, account_id, ADA, list_id=newsletter.id)
    ada = await person(conn, account_id)

    for _ in range(2):
        await unsubscribe(conn, account_id, ADA, list_id=newsletter.id, now=NOW + DAY)

    assert await email_consent(conn, account_id, ada) is UNSUBSCRIBED
    assert await reasons(conn, account_id, ada) == ["UNSUBSCRIBE"]
    assert await members(conn, account_id, newsletter.id) == []


async def test_older_consent_neither_replaces_a_newer_word_nor_ends_its_suppression(
    conn: AsyncConnection, account_id: UUID
) -> None:
    await unsubscribe(conn, account_id, ADA, now=NOW)
    ada = await person(conn, account_id)

    await subscribe(conn, account_id, ADA, now=NOW + DAY, since=NOW - DAY)

    assert await email_consent(conn, account_id, ada) is UNSUBSCRIBED
    assert await reasons(conn, account_id, ada) == ["UNSUBSCRIBE"]


async def test_consent_belongs_to_whoever_owns_the_address(
    conn: AsyncConnection, account_id: UUID
) -> None:
    ada = await person(conn, account_id)
    bob = await person(conn, account_id, BOB, phone="+15005550006")
    both = Subscriber(
        profile=ProfileDraft(email=ADA, phone_number="+15005550006"),
        since={Channel.EMAIL: NOW, Channel.SMS_MARKETING: NOW},
    )

    await subscriptions.subscribe(conn, account_id=account_id, subscribers=[both], now=NOW)

    said = await people.consents_of(conn, account_id=account_id, profile_ids=[ada, bob])
    assert list(said[ada]) == [Channel.EMAIL]
    assert list(said[bob]) == [Channel.SMS_MARKETING]


async def test_sms_cannot_be_subscribed_to_where_it_would_have_to_be_confirmed(
    conn: AsyncConnection, account_id: UUID
) -> None:
    double = await made_list(conn, account_id, audiences.OptInProcess.DOUBLE_OPT_IN)
    by_phone = Subscriber(
        profile=ProfileDraft(phone_number="+15005550006"), since={Channel.SMS_MARKETING: NOW}
    )

    with pytest.raises(subscriptions.SmsNotConfirmable):
        await subscriptions.subscribe(
            conn, account_id=account_id, subscribers=[by_phone], list_id=double.id, now=NOW
        )


async def test_jobs_suppress_addresses_and_lists_and_end_only_what_they_began(
    conn: AsyncConnection, account_id: UUID
) -> None:
    newsletter = await made_list(conn, account_id)
    await unsubscribe(conn, account_id, ADA)
    await subscribe(conn, account_id, BOB, list_id=newsletter.id)
    ada, bob = await person(conn, account_id), await person(conn, account_id, BOB)

    async def by_email(kind: SuppressionJobKind, *emails: str) -> tuple[int, int, int]:
        job = await subscriptions.suppress_emails(
            conn, account_id=account_id, kind=kind, emails=emails, job_id=ids.new_id(), now=NOW
        )
        return job.total_count, job.completed_count, job.skipped_count

    async def by_list(kind: SuppressionJobKind) -> tuple[int, int, int]:
        job = await subscriptions.suppress_list(
            conn,
            account_id=account_id,
            kind=kind,
            list_id=newsletter.id,
            job_id=ids.new_id(),
            now=NOW,
        )
        return job.total_count, job.completed_count, job.skipped_count

    suppress, unsuppress = SuppressionJobKind.SUPPRESS, SuppressionJobKind.UNSUPPRESS
    assert await by_email(suppress, ADA, "new@mail.example") == (2, 2, 0)
    assert await by_email(suppress, ADA) == (1, 0, 1)
    assert await by_list(suppress) == (1, 1, 0)
    assert await by_list(suppress) == (1, 0, 1)
    assert await reasons(conn, account_id, bob) == ["USER_SUPPRESSED"]
    assert await reasons(conn, account_id, ada) == ["UNSUBSCRIBE", "USER_SUPPRESSED"]
    assert await by_email(unsuppress, ADA, "nobody@mail.example") == (2, 1, 1)
    assert await by_list(unsuppress) == (1, 1, 0)
    assert await by_list(unsuppress) == (1, 0, 1)
    assert await reasons(conn, account_id, ada) == ["UNSUBSCRIBE"]
    assert await reasons(conn, account_id, bob) == []
