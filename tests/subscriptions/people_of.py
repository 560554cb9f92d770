"""People on lists in tests: who they are, what they agreed to, what keeps mails from them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.conftest import NOW
from towpath import audiences, people, subscriptions, wiring
from towpath.audiences import ContactList, OptInProcess
from towpath.people import Channel, ConsentStatus, ProfileDraft
from towpath.subscriptions import Subscriber

ADA = "ada@mail.example"
BOB = "bob@mail.example"


async def person(
    conn: AsyncConnection, account_id: UUID, email: str = ADA, phone: str | None = None
) -> UUID:
    [placed] = await people.upsert_profiles(
        conn, account_id=account_id, drafts=[ProfileDraft(email=email, phone_number=phone)], now=NOW
    )
    return placed.profile_id


async def made_list(
    conn: AsyncConnection,
    account_id: UUID,
    opt_in_process: OptInProcess = OptInProcess.SINGLE_OPT_IN,
    list_id: str | None = None,
) -> ContactList:
    return await audiences.create_list(
        conn,
        account_id=account_id,
        name="Newsletter",
        opt_in_process=opt_in_process,
        list_id=list_id,
        now=NOW,
    )


async def subscribe(
    conn: AsyncConnection,
    account_id: UUID,
    *emails: str,
    list_id: str | None = None,
    now: datetime = NOW,
    since: datetime | None = None,
) -> None:
    await subscriptions.subscribe(
        conn,
        account_id=account_id,
        subscribers=[by_email(email, since or now) for email in emails],
        list_id=list_id,
        is_historical=since is not None,
        now=now,
    )


async def unsubscribe(
    conn: AsyncConnection,
    account_id: UUID,
    *emails: str,
    list_id: str | None = None,
    now: datetime = NOW,
) -> None:
    await subscriptions.unsubscribe(
        conn,
        account_id=account_id,
        subscribers=[by_email(email, now) for email in emails],
        list_id=list_id,
        now=now,
    )


def by_email(email: str, since: datetime) -> Subscriber:
    return Subscriber(profile=ProfileDraft(email=email), since={Channel.EMAIL: since})


async def merge(conn: AsyncConnection, account_id: UUID, source: UUID, destination: UUID) -> None:
    await people.merge_profiles(
        conn,
        account_id=account_id,
        source_id=source,
        destination_id=destination,
        listeners=wiring.MERGE_LISTENERS,
        now=NOW,
    )


async def members(
    conn: AsyncConnection, account_id: UUID, list_id: str
) -> Sequence[tuple[UUID, datetime]]:
    of = audiences.LIST_MEMBERS.c
    rows = await conn.execute(
        select(of.id, of.joined_at)
        .where(of.account_id == account_id, of.list_id == list_id)
        .order_by(of.id)
    )
    return [(row.id, row.joined_at) for row in rows]


async def reasons(conn: AsyncConnection, account_id: UUID, profile_id: UUID) -> list[str]:
    found = await audiences.suppressions_of(conn, account_id=account_id, profile_ids=[profile_id])
    return [str(one.reason) for one in found[profile_id]]


async def email_consent(
    conn: AsyncConnection, account_id: UUID, profile_id: UUID
) -> ConsentStatus | None:
    found = await people.consents_of(conn, account_id=account_id, profile_ids=[profile_id])
    said = found[profile_id].get(Channel.EMAIL)
    return said.status if said else None
