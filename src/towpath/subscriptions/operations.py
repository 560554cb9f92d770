"""Subscribing, confirming and unsubscribing; each for a set of people at once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Uuid, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath import audiences, people
from towpath.audiences import OptInProcess, SuppressionReason
from towpath.kit import db
from towpath.people import Channel, Consent, ConsentStatus, ProfileDraft
from towpath.subscriptions.asking import ask
from towpath.subscriptions.model import (
    METHOD,
    ConfirmationOutcome,
    ConsentOfNobody,
    SmsNotConfirmable,
    Subscriber,
    SubscriptionLink,
)
from towpath.subscriptions.queries import find_request
from towpath.subscriptions.tables import subscription_request

_SUBSCRIBED: Final = ConsentStatus.SUBSCRIBED
_UNSUBSCRIBED: Final = ConsentStatus.UNSUBSCRIBED


async def subscribe(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    subscribers: Sequence[Subscriber],
    list_id: str | None = None,
    custom_source: str | None = None,
    is_historical: bool = False,
    now: datetime,
) -> None:
    """Store people's consent, end the suppressions it ends, and put them on the list.

    A list with double opt-in asks by mail first and stores nothing about consent before the
    click, except for what `is_historical`, consent that was given elsewhere (api.md §7). Doing it
    again changes nothing and mails at most once per `CONFIRMATION_INTERVAL`. An older word never
    replaces a newer one.

    Consent belongs to whoever owns the address: an email and a phone number of two different
    people subscribe both. Raises `ConsentOfNobody`, `SmsNotConfirmable`,
    `audiences.ListNotFound` and `people.ProfileNotFound`.
    """
    words = await _words(
        conn,
        account_id=account_id,
        subscribers=subscribers,
        status=_SUBSCRIBED,
        custom_source=custom_source,
        now=now,
    )
    joined = None
    if list_id is not None:
        joined = await audiences.hold_list(conn, account_id=account_id, list_id=list_id)
    must_confirm = joined is not None and joined.opt_in_process is OptInProcess.DOUBLE_OPT_IN
    if must_confirm and not is_historical:
        assert list_id is not None
        if any(word.channel is not Channel.EMAIL for word in words):
            raise SmsNotConfirmable
        await ask(
            conn,
            account_id=account_id,
            list_id=list_id,
            profile_ids=[word.profile_id for word in words],
            custom_source=custom_source,
            now=now,
        )
        return
    await _store(
        conn,
        account_id=account_id,
        words=words,
        list_id=list_id,
        custom_source=custom_source,
        now=now,
    )


async def confirm(
    conn: AsyncConnection, *, link: SubscriptionLink, now: datetime
) -> ConfirmationOutcome:
    """Subscribe whoever clicked; twice is once.

    The link counts for the address it was sent to, as long as nobody unsubscribed since.
    """
    account_id = link.account_id
    asked = await find_request(conn, account_id=account_id, request_id=link.request_id)
    if asked is None:
        return ConfirmationOutcome.SUPERSEDED
    # Merges are kept out first, as everywhere; a merge may just have moved the request.
    await people.upsert_profiles(
        conn, account_id=account_id, drafts=[ProfileDraft(id=asked.profile_id)], now=now
    )
    request = await find_request(
        conn, account_id=account_id, request_id=link.request_id, is_locked=True
    )
    if request is None:
        return ConfirmationOutcome.SUPERSEDED
    if request.is_confirmed:
        return ConfirmationOutcome.ALREADY_CONFIRMED
    profile = await people.get_profile(conn, account_id=account_id, profile_id=request.profile_id)
    if profile.email != request.email:
        return ConfirmationOutcome.SUPERSEDED
    try:
        await audiences.hold_list(conn, account_id=account_id, list_id=request.list_id)
    except audiences.ListNotFound:
        return ConfirmationOutcome.SUPERSEDED
    word = Consent(
        profile_id=profile.id,
        channel=Channel.EMAIL,
        status=_SUBSCRIBED,
        method=METHOD,
        custom_source=request.custom_source,
        is_double_opt_in=True,
        consented_at=now,
    )
    await _store(
        conn,
        account_id=account_id,
        words=[word],
        list_id=request.list_id,
        custom_source=request.custom_source,
        now=now,
    )
    await conn.execute(
        subscription_request.update()
        .where(
            subscription_request.c.account_id == account_id,
            subscription_request.c.id == request.id,
        )
        .values(confirmed_at=now)
    )
    return ConfirmationOutcome.CONFIRMED


async def unsubscribe(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    subscribers: Sequence[Subscriber],
    list_id: str | None = None,
    now: datetime,
) -> None:
    """Withdraw people's consent, void what they were asked to confirm, take them off the list.

    Consent is withdrawn for every list. Twice is once. Raises what `subscribe` raises.
    """
    words = await _words(
        conn,
        account_id=account_id,
        subscribers=subscribers,
        status=_UNSUBSCRIBED,
        custom_source=None,
        now=now,
    )
    if list_id is not None:
        await audiences.remove_from_list(
            conn,
            account_id=account_id,
            list_id=list_id,
            profile_ids=[word.profile_id for word in words],
            now=now,
        )
    await people.set_consent(conn, account_id=account_id, consents=words, now=now)
    by_email = [word.profile_id for word in words if word.channel is Channel.EMAIL]
    await audiences.suppress(
        conn,
        account_id=account_id,
        profile_ids=by_email,
        reason=SuppressionReason.UNSUBSCRIBE,
        now=now,
    )
    await _void_requests(conn, account_id=account_id, profile_ids=by_email)


async def _words(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    subscribers: Sequence[Subscriber],
    status: ConsentStatus,
    custom_source: str | None,
    now: datetime,
) -> list[Consent]:
    """Make or find the people, and return their words by the owner of each address."""
    drafts = [one.profile for one in subscribers]
    await people.upsert_profiles(conn, account_id=account_id, drafts=drafts, now=now)
    said = [(one.profile, channel, at) for one in subscribers for channel, at in one.since.items()]
    owners = await people.upsert_profiles(
        conn,
        account_id=account_id,
        drafts=[_owner_of(profile, channel) for profile, channel, _ in said],
        now=now,
    )
    return [
        Consent(
            profile_id=owner.profile_id,
            channel=channel,
            status=status,
            method=METHOD,
            custom_source=custom_source,
            consented_at=at,
        )
        for owner, (_, channel, at) in zip(owners, said, strict=True)
    ]


def _owner_of(profile: ProfileDraft, channel: Channel) -> ProfileDraft:
    """Return the draft that finds whoever owns the address of a channel."""
    if channel is Channel.EMAIL:
        address = ProfileDraft(email=profile.email)
    else:
        address = ProfileDraft(phone_number=profile.phone_number)
    if not address.has_name:
        raise ConsentOfNobody
    return address


async def _store(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    words: Sequence[Consent],
    list_id: str | None,
    custom_source: str | None,
    now: datetime,
) -> None:
    """Store consent that needs no further asking."""
    await people.set_consent(conn, account_id=account_id, consents=words, now=now)
    by_email = {
        word.profile_id: word.consented_at for word in words if word.channel is Channel.EMAIL
    }
    await audiences.lift_suppressions(conn, account_id=account_id, subscribed_at=by_email)
    if list_id is None:
        return
    await audiences.add_to_list(
        conn,
        account_id=account_id,
        list_id=list_id,
        profile_ids=[word.profile_id for word in words],
        method=METHOD,
        custom_source=custom_source,
        now=now,
    )


async def _void_requests(
    conn: AsyncConnection, *, account_id: UUID, profile_ids: Sequence[UUID]
) -> None:
    """Forget what people were asked: locked in one order, so that two who do it never deadlock."""
    which = (subscription_request.c.account_id == account_id) & db.any_of(
        subscription_request.c.profile_id, "profile_ids", Uuid()
    )
    of = subscription_request.c
    parameters = {"profile_ids": list(profile_ids)}
    await conn.execute(
        select(of.id).where(which).order_by(of.list_id, of.profile_id).with_for_update(), parameters
    )
    await conn.execute(delete(subscription_request).where(which), parameters)
