"""Writes of recipients: lock them, decide with the rules of `model`, write what changed."""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime
from typing import Any, assert_never
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, Integer, literal, or_, select, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Text, TypeEngine

from towpath import accounts
from towpath.alerts.model import (
    ADDRESSES_PER_SAVE_MAX,
    CONFIRMATION_KIND,
    BadAddress,
    ConfirmationHeldBack,
    ConfirmationLink,
    ConfirmationOutcome,
    DisabledBy,
    OptOutLink,
    Recipient,
    RecipientAlreadyConfirmed,
    RecipientNotFound,
    RecipientState,
    SavedRecipients,
    bounced,
    confirmed,
    delivered,
    disabled,
    fold,
    is_address,
    is_held_back,
    outcome_of,
    reopened,
)
from towpath.alerts.queries import as_recipient
from towpath.alerts.tables import alert_recipient
from towpath.kit import ids
from towpath.kit.db import any_of, array_rows
from towpath.messaging import Finished, Rejected, Sent, queue_mails, storable

_WRITTEN: dict[str, TypeEngine[Any]] = {
    "address": Text(),
    "state": Text(),
    "confirmation_sent_at": DateTime(timezone=True),
    "confirmed_at": DateTime(timezone=True),
    "disabled_at": DateTime(timezone=True),
    "disabled_by": Text(),
    "disablings": Integer(),
    "hard_bounces": Integer(),
    "last_bounce": Text(),
}


async def save_recipients(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    before: AbstractSet[str],
    after: Iterable[str],
    now: datetime,
) -> SavedRecipients:
    """Take note that alerts were saved with these addresses in Send to (alerts.md, Opt-in).

    New and unconfirmed addresses get a confirmation mail, at most one an hour each. A disabled
    address becomes unconfirmed, and is mailed, unless it is in `before`, the list saved
    previously. A confirmed one stays so, and removing an address changes nothing. Texts that are
    no addresses are passed over: a draft may hold them.

    Saving several alerts at once is one call, so that two saves lock addresses in one order:
    `after` is everything listed now, `before` without what any of the alerts lists newly.
    """
    listed = sorted({form for form in map(fold, after) if is_address(form)})
    assert len(listed) <= ADDRESSES_PER_SAVE_MAX
    kept = {fold(address) for address in before}
    await _insert_missing(conn, account_id=account_id, folded=listed, now=now)
    saved = [
        reopened(one) if one.state is RecipientState.DISABLED and one.address not in kept else one
        for one in await _lock(conn, account_id=account_id, folded=listed)
    ]
    waiting = [one for one in saved if one.state is RecipientState.UNCONFIRMED]
    mailed = [one for one in waiting if not is_held_back(one.confirmation_sent_at, now=now)]
    held_back = [one for one in waiting if is_held_back(one.confirmation_sent_at, now=now)]
    await _write(conn, account_id=account_id, recipients=held_back)
    await _mail(conn, account_id=account_id, recipients=mailed, now=now)
    return SavedRecipients(
        mailed=tuple(one.address for one in mailed),
        throttled={
            one.address: one.confirmation_sent_at for one in held_back if one.confirmation_sent_at
        },
        confirmed=_addresses(saved, RecipientState.CONFIRMED),
        disabled=_addresses(saved, RecipientState.DISABLED),
    )


async def resend_confirmation(
    conn: AsyncConnection, *, account_id: UUID, address: str, now: datetime
) -> Recipient:
    """Send another confirmation mail; a disabled address becomes unconfirmed by it.

    Raises `RecipientNotFound`, `RecipientAlreadyConfirmed`, or `ConfirmationHeldBack` when the
    last one went less than `CONFIRMATION_INTERVAL` ago.
    """
    recipient = await _lock_one(conn, account_id=account_id, address=address)
    if recipient.state is RecipientState.CONFIRMED:
        raise RecipientAlreadyConfirmed
    sent_at = recipient.confirmation_sent_at
    if sent_at is not None and is_held_back(sent_at, now=now):
        raise ConfirmationHeldBack(last_sent_at=sent_at)
    if recipient.state is RecipientState.DISABLED:
        recipient = reopened(recipient)
    await _mail(conn, account_id=account_id, recipients=[recipient], now=now)
    return replace(recipient, confirmation_sent_at=now)


async def confirm(
    conn: AsyncConnection, *, link: ConfirmationLink, now: datetime
) -> ConfirmationOutcome:
    """Make the address of a confirmation link confirmed; twice is once.

    A link from before the address was disabled does nothing (`SUPERSEDED`), whatever state the
    address is in by now. Raises `RecipientNotFound`.
    """
    recipient = await _lock_one(conn, account_id=link.account_id, address=link.address)
    outcome = outcome_of(link, recipient)
    if outcome is ConfirmationOutcome.CONFIRMED:
        confirmed_one = confirmed(recipient, now=now)
        await _write(conn, account_id=link.account_id, recipients=[confirmed_one])
    return outcome


async def confirm_address(
    conn: AsyncConnection, *, account_id: UUID, address: str, now: datetime
) -> None:
    """Count an address as confirmed, whatever its state, on the word of who runs the server.

    For `replay --confirmed ADDRESS`; nobody is mailed. Raises `BadAddress`.
    """
    folded = fold(address)
    if not is_address(folded):
        raise BadAddress(f"{address!r} is not an email address.")
    await _insert_missing(conn, account_id=account_id, folded=[folded], now=now)
    recipient = await _lock_one(conn, account_id=account_id, address=folded)
    if recipient.state is not RecipientState.CONFIRMED:
        recipients = [confirmed(recipient, now=now)]
        await _write(conn, account_id=account_id, recipients=recipients)


async def opt_out(conn: AsyncConnection, *, link: OptOutLink, now: datetime) -> None:
    """Disable the address of an opt-out link for every alert of the account; twice is once.

    An unconfirmed address is disabled too: its reader has said no. Marketing consent and
    suppression are not touched. Raises `RecipientNotFound`.
    """
    recipient = await _lock_one(conn, account_id=link.account_id, address=link.address)
    stopped = disabled(recipient, by=DisabledBy.OPT_OUT, now=now)
    await _write(conn, account_id=link.account_id, recipients=[stopped])


async def record_deliveries(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    finished: Sequence[Finished],
    now: datetime,
) -> None:
    """Note what became of mails, in order: so many hard bounces in a row disable an address.

    An accepted mail starts the count again; a refusal that is no bounce says nothing about the
    address. The caller reports each mail once. Addresses that are no recipients are passed over.
    """
    of = alert_recipient.c
    named = sorted({fold(one.address) for one in finished})
    refused = sorted({fold(one.address) for one in finished if isinstance(one.outcome, Rejected)})
    # Without bounces there is nothing to change: the usual batch locks no row.
    is_touched = or_(of.hard_bounces > 0, of.address.in_(refused))
    locked = await _lock(conn, account_id=account_id, folded=named, which=is_touched)
    recipients = {one.address: one for one in locked}
    for one in finished:
        recipient = recipients.get(fold(one.address))
        if recipient is not None:
            recipients[recipient.address] = _after(recipient, one.outcome, now=now)
    await _write(conn, account_id=account_id, recipients=tuple(recipients.values()))


def _after(recipient: Recipient, outcome: Sent | Rejected, *, now: datetime) -> Recipient:
    match outcome:
        case Sent():
            return delivered(recipient)
        case Rejected(is_bounce=True):
            return bounced(recipient, response=storable(outcome.response), now=now)
        case Rejected():
            return recipient
        case _:
            assert_never(outcome)


async def _insert_missing(
    conn: AsyncConnection, *, account_id: UUID, folded: Sequence[str], now: datetime
) -> None:
    given = array_rows("given", {"new_address": Text()})
    rows = select(
        literal(account_id), given.c.new_address, literal(RecipientState.UNCONFIRMED), literal(now)
    ).order_by(given.c.new_address)
    await conn.execute(
        insert(alert_recipient)
        .from_select(["account_id", "address", "state", "added_at"], rows)
        .on_conflict_do_nothing(),
        {"new_address": folded},
    )


async def _lock(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    folded: Sequence[str],
    which: ColumnElement[bool] | None = None,
) -> list[Recipient]:
    statement = (
        select(alert_recipient)
        .where(
            alert_recipient.c.account_id == account_id,
            any_of(alert_recipient.c.address, "addresses", Text()),
            true() if which is None else which,
        )
        .order_by(alert_recipient.c.address)
        .with_for_update()
    )
    rows = await conn.execute(statement, {"addresses": folded})
    return [as_recipient(row) for row in rows]


async def _lock_one(conn: AsyncConnection, *, account_id: UUID, address: str) -> Recipient:
    folded = fold(address)
    found = await _lock(conn, account_id=account_id, folded=[folded]) if is_address(folded) else []
    if not found:
        raise RecipientNotFound
    return found[0]


async def _write(
    conn: AsyncConnection, *, account_id: UUID, recipients: Sequence[Recipient]
) -> None:
    """Store what the rules made of locked recipients."""
    if not recipients:
        return
    # Parameters must not be called like the columns that are set.
    given = array_rows("given", {f"new_{name}": kind for name, kind in _WRITTEN.items()})
    await conn.execute(
        alert_recipient.update()
        .where(
            alert_recipient.c.account_id == account_id,
            alert_recipient.c.address == given.c.new_address,
        )
        .values({name: given.c[f"new_{name}"] for name in _WRITTEN if name != "address"}),
        {f"new_{name}": [getattr(one, name) for one in recipients] for name in _WRITTEN},
    )


async def _mail(
    conn: AsyncConnection, *, account_id: UUID, recipients: Sequence[Recipient], now: datetime
) -> None:
    """Queue a confirmation mail to each of these locked recipients."""
    if not recipients:
        return
    asked = [replace(recipient, confirmation_sent_at=now) for recipient in recipients]
    await _write(conn, account_id=account_id, recipients=asked)
    account = await accounts.account_of(conn, account_id=account_id)
    assert account is not None
    await queue_mails(
        conn,
        account_id=account_id,
        addresses=dict(zip(ids.new_ids(len(asked)), (one.address for one in asked), strict=True)),
        kind=CONFIRMATION_KIND,
        locale=account.locale,
        due_at=now,
    )


def _addresses(recipients: Iterable[Recipient], state: RecipientState) -> tuple[str, ...]:
    return tuple(one.address for one in recipients if one.state is state)
