"""Reads of recipients."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Text

from towpath.alerts.model import DisabledBy, Recipient, RecipientState, fold, is_address
from towpath.alerts.tables import alert_recipient
from towpath.kit.db import any_of

PAGE_SIZE_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientPage:
    """Some recipients in order of address, and the address to go on after."""

    items: tuple[Recipient, ...]
    next_after: str | None


async def list_recipients(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    after: str | None = None,
    limit: int = PAGE_SIZE_MAX,
    states: Iterable[RecipientState] = tuple(RecipientState),
) -> RecipientPage:
    """Return recipients of an account, also of addresses that no alert names any more."""
    assert 0 < limit <= PAGE_SIZE_MAX
    statement = (
        select(alert_recipient)
        .where(
            alert_recipient.c.account_id == account_id,
            alert_recipient.c.address > (after or ""),
            alert_recipient.c.state.in_(list(states)),
        )
        .order_by(alert_recipient.c.address)
        .limit(limit + 1)
    )
    rows = (await conn.execute(statement)).all()
    found = tuple(as_recipient(row) for row in rows[:limit])
    return RecipientPage(items=found, next_after=found[-1].address if len(rows) > limit else None)


async def find_recipient(
    conn: AsyncConnection, *, account_id: UUID, address: str
) -> Recipient | None:
    """Return one recipient in any spelling of its address."""
    found = await recipients_by_address(conn, account_id=account_id, addresses=[address])
    return found.get(address)


async def recipients_by_address(
    conn: AsyncConnection, *, account_id: UUID, addresses: Sequence[str]
) -> dict[str, Recipient]:
    """Return the known ones among `addresses`, by the spelling they were asked with."""
    statement = select(alert_recipient).where(
        alert_recipient.c.account_id == account_id,
        any_of(alert_recipient.c.address, "addresses", Text()),
    )
    folded = {address: fold(address) for address in addresses if is_address(fold(address))}
    rows = await conn.execute(statement, {"addresses": sorted(set(folded.values()))})
    known = {row.address: as_recipient(row) for row in rows}
    return {address: known[form] for address, form in folded.items() if form in known}


async def confirmed_addresses(
    conn: AsyncConnection, *, account_id: UUID, folded: Iterable[str]
) -> frozenset[str]:
    """Return those of `folded` addresses that get alerts now."""
    statement = select(alert_recipient.c.address).where(
        alert_recipient.c.account_id == account_id,
        alert_recipient.c.state == RecipientState.CONFIRMED,
        any_of(alert_recipient.c.address, "addresses", Text()),
    )
    rows = await conn.execute(statement, {"addresses": sorted(set(folded))})
    return frozenset(rows.scalars())


def as_recipient(row: Row[tuple[object, ...]]) -> Recipient:
    """Make the dataclass of a row of `alert_recipient`."""
    return Recipient(
        address=row.address,
        state=RecipientState(row.state),
        added_at=row.added_at,
        confirmation_sent_at=row.confirmation_sent_at,
        confirmed_at=row.confirmed_at,
        disabled_at=row.disabled_at,
        disabled_by=DisabledBy(row.disabled_by) if row.disabled_by else None,
        disablings=row.disablings,
        hard_bounces=row.hard_bounces,
        last_bounce=row.last_bounce,
    )
