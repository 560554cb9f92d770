"""Asking people by mail whether they want to be on a list."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, Uuid, bindparam, case, null, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Text

from towpath import accounts, audiences, messaging, people
from towpath.kit import db, ids
from towpath.kit.texts import texts
from towpath.people import Channel, ConsentStatus, Profile
from towpath.subscriptions.model import CONFIRMATION_INTERVAL, CONFIRMATION_KIND
from towpath.subscriptions.tables import subscription_request

_ASKED = db.array_rows(
    "asked",
    {
        "new_id": Uuid(),
        "new_profile_id": Uuid(),
        "new_email": Text(),
        "new_message_id": Uuid(),
    },
)
_NOW = bindparam("now", type_=DateTime(timezone=True))
_INSERT = insert(subscription_request).from_select(
    [
        "account_id",
        "list_id",
        "custom_source",
        "mailed_at",
        "id",
        "profile_id",
        "email",
        "message_id",
    ],
    select(
        bindparam("account", type_=Uuid()),
        bindparam("list", type_=Text()),
        bindparam("source", type_=Text()),
        _NOW,
        *_ASKED.c,
    ),
)
_stored, _new = subscription_request.c, _INSERT.excluded
_is_another = or_(_stored.confirmed_at.is_not(None), _stored.email != _new.email)
_ASK = _INSERT.on_conflict_do_update(
    index_elements=["account_id", "list_id", "profile_id"],
    set_={
        # A repeated mail has the same link; older links end when the address is another one.
        "id": case((_is_another, _new.id), else_=_stored.id),
        "email": _new.email,
        "custom_source": _new.custom_source,
        "message_id": _new.message_id,
        "mailed_at": _new.mailed_at,
        "confirmed_at": null(),
    },
    where=or_(_is_another, _stored.mailed_at <= bindparam("before", type_=DateTime(timezone=True))),
).returning(subscription_request.c.message_id)


async def ask(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    list_id: str,
    profile_ids: Sequence[UUID],
    custom_source: str | None,
    now: datetime,
) -> None:
    """Send a confirmation mail to each of these people who is not on the list with consent.

    At most one per person and list in `CONFIRMATION_INTERVAL`.
    """
    profiles = await _still_to_ask(
        conn, account_id=account_id, list_id=list_id, profile_ids=sorted(set(profile_ids))
    )
    if not profiles:
        return
    message_ids = ids.new_ids(len(profiles))
    rows = await conn.execute(
        _ASK,
        {
            "account": account_id,
            "list": list_id,
            "source": custom_source,
            "now": now,
            "before": now - CONFIRMATION_INTERVAL,
            "new_id": ids.new_ids(len(profiles)),
            "new_profile_id": [one.id for one in profiles],
            "new_email": [one.email for one in profiles],
            "new_message_id": message_ids,
        },
    )
    mailed = set(rows.scalars())
    await _queue(
        conn,
        account_id=account_id,
        profiles={
            message_id: one
            for message_id, one in zip(message_ids, profiles, strict=True)
            if message_id in mailed
        },
        now=now,
    )


async def _still_to_ask(
    conn: AsyncConnection, *, account_id: UUID, list_id: str, profile_ids: Sequence[UUID]
) -> list[Profile]:
    """Return those with an email address, in order, who are not on the list with consent."""
    profiles = await people.read_profiles(conn, account_id=account_id, profile_ids=profile_ids)
    said = await people.consents_of(conn, account_id=account_id, profile_ids=profile_ids)
    listed = await audiences.members_among(
        conn, account_id=account_id, list_id=list_id, profile_ids=profile_ids
    )
    suppressed = await audiences.suppressions_of(
        conn, account_id=account_id, profile_ids=profile_ids
    )
    subscribed = {
        profile_id
        for profile_id in listed
        if not suppressed[profile_id]
        and (word := said[profile_id].get(Channel.EMAIL)) is not None
        and word.status is ConsentStatus.SUBSCRIBED
    }
    return [
        profiles[profile_id]
        for profile_id in profile_ids
        if profile_id in profiles
        and profiles[profile_id].email is not None
        and profile_id not in subscribed
    ]


async def _queue(
    conn: AsyncConnection, *, account_id: UUID, profiles: Mapping[UUID, Profile], now: datetime
) -> None:
    """Queue the mails, given by message, each in the language of its reader."""
    if not profiles:
        return
    account = await accounts.account_of(conn, account_id=account_id)
    assert account is not None
    by_locale: defaultdict[str, dict[UUID, str]] = defaultdict(dict)
    for message_id, profile in profiles.items():
        assert profile.email is not None
        by_locale[texts(profile.locale or account.locale).locale][message_id] = profile.email
    for locale, addresses in by_locale.items():  # at most as many as there are languages
        await messaging.queue_mails(
            conn,
            account_id=account_id,
            addresses=addresses,
            kind=CONFIRMATION_KIND,
            locale=locale,
            due_at=now,
        )
